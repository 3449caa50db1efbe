import assert from "node:assert/strict";
import fc from "fast-check";
import { SqliteOffsets } from "../../../src/store/mod.ts";
import { openStore, withStore } from "./open_store.ts";

Deno.test("SqliteOffsets.write() keeps digits beyond 2^53 and text byte for byte", () =>
  withStore((database) => {
    const offsets = new SqliteOffsets(database);
    const offset = '{"position":9223372036854775807,"ratio":1.0}';
    offsets.write(new Map([["a", [['{"file":"ä\\u0000"}', offset]]]]), false);
    assert.equal(offsets.read("a", '{"file":"ä\\u0000"}'), offset);
    assert.equal(offsets.read("b", '{"file":"ä\\u0000"}'), undefined);
  }));

Deno.test("SqliteOffsets.write() forgets a partition whose offset is null", () =>
  withStore((database) => {
    const offsets = new SqliteOffsets(database);
    offsets.write(new Map([["a", [["p", "1"], ["q", "2"]]]]), true);
    offsets.write(new Map([["a", [["p", null], ["never", null]]]]), false);
    assert.deepEqual(offsets.all("a"), [["q", "2"]]);
  }));

Deno.test("SqliteOffsets.clear() forgets one connector and no other", () =>
  withStore((database) => {
    const offsets = new SqliteOffsets(database);
    offsets.write(new Map([["a", [["p", "1"]]], ["b", [["p", "2"]]]]), false);
    offsets.clear("a");
    assert.deepEqual(offsets.all("a"), []);
    assert.deepEqual(offsets.all("b"), [["p", "2"]]);
  }));

const change = fc.record({
  connector: fc.constantFrom("a", "b"),
  partition: fc.constantFrom("p", "q", "null"),
  offset: fc.option(fc.string(), { nil: null }),
});

Deno.test("SqliteOffsets holds, after a reopening too, what a map would hold after the same writes", () => {
  const folder = Deno.makeTempDirSync();
  try {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }), (transactions) => {
        const model = new Map<string, string>();
        {
          using database = openStore(folder);
          const offsets = new SqliteOffsets(database);
          ["a", "b"].forEach((connector) => offsets.clear(connector));
          for (const changes of transactions) {
            const grouped = new Map<string, [string, string | null][]>();
            for (const { connector, partition, offset } of changes) {
              grouped.set(connector, [...(grouped.get(connector) ?? []), [partition, offset]]);
              if (offset === null) model.delete(`${connector} ${partition}`);
              else model.set(`${connector} ${partition}`, offset);
            }
            offsets.write(grouped, changes.length % 2 === 0);
          }
        }
        using database = openStore(folder);
        const offsets = new SqliteOffsets(database);
        const kept = ["a", "b"].flatMap((connector) => offsets.all(connector).map(([p, o]) => [`${connector} ${p}`, o] as const));
        assert.deepEqual(new Map(kept), model);
        for (const [key, offset] of model) {
          const [connector = "", partition = ""] = key.split(" ");
          assert.equal(offsets.read(connector, partition), offset);
        }
      }),
      { numRuns: 25 },
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
