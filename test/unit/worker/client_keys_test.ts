import assert from "node:assert/strict";
import { clientKeys } from "../../../src/worker/client_keys.ts";

Deno.test("clientKeys() has the settings of each Kafka client, as many as kafka-clients 4.2.0", () => {
  const counts = (["producer", "consumer", "admin"] as const).map((kind) => Object.keys(clientKeys(kind)).length);
  assert.deepEqual(counts, [113, 116, 91]);
});

Deno.test("clientKeys() tells a client's own default from another's, a required setting from one without a value", () => {
  const [producer, consumer] = [clientKeys("producer"), clientKeys("consumer")];
  assert.deepEqual([producer["receive.buffer.bytes"]?.default, consumer["receive.buffer.bytes"]?.default], [32768, 65536]);
  assert.equal(producer["key.serializer"]?.default, undefined);
  assert.equal(consumer["group.id"]?.default, null);
  assert.equal(producer["client.id"]?.default, "");
  assert.deepEqual(producer["ssl.enabled.protocols"]?.default, ["TLSv1.2", "TLSv1.3"]);
  assert.equal(producer["sasl.jaas.config"]?.type, "PASSWORD");
});
