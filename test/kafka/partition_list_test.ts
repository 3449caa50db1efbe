import assert from "node:assert/strict";
import fc from "fast-check";
import { PartitionList, partitionsIn } from "../../src/kafka/partition_list.ts";

Deno.test("PartitionList.read() gives back what it was made of", () => {
  const partition = fc.record({
    topic: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => !text.includes("\0")),
    partition: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    offset: fc.integer({ min: -2, max: Number.MAX_SAFE_INTEGER }),
  });
  fc.assert(fc.property(fc.array(partition, { maxLength: 50 }), (partitions) => {
    using list = new PartitionList(partitions);
    assert.deepEqual(list.read(), partitions.map((each) => ({ ...each, error: 0 })));
  }));
});

Deno.test("PartitionList leaves an offset that is not given to librdkafka, as none", () => {
  using list = new PartitionList([{ topic: "t", partition: 3 }]);
  assert.deepEqual(list.read(), [{ topic: "t", partition: 3, offset: -1001, error: 0 }]);
});

Deno.test("partitionsIn() takes no list for an empty one", () => assert.deepEqual(partitionsIn(0n), []));
