import assert from "node:assert/strict";
import { Service } from "../../../src/host/service.ts";
import { wireError } from "../../../src/host/trace.ts";
import type { ServiceRequest, SinkOffset } from "../../../src/link/messages.ts";
import { ConnectError } from "../../../src/sdk/errors.ts";
import { defineSink, type SinkDefinition } from "../../../src/sdk/sink.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeKafka } from "../../fakes/fake_kafka.ts";

const CLASS = "test.SinkConnector";

function serviceOf(parts: Partial<Pick<SinkDefinition, "alterOffsets">> = {}) {
  const clock = new FakeClock();
  const kafka = new FakeKafka(clock);
  const definition = defineSink({
    class: CLASS,
    taskClass: "test.SinkTask",
    version: "1",
    summary: "",
    config: {},
    split: (_config, raw) => [raw],
    start: () => ({ put: () => {} }),
    ...parts,
  });
  return { clock, kafka, service: new Service({ connectors: [definition], kafka, clock }) };
}

const owner = { connector: "c", workerConfig: { "bootstrap.servers": "b:1", "admin.retries": "3" }, connectorConfig: { "file": "x" } };

function change(offsets: readonly SinkOffset[] | null): ServiceRequest {
  return { what: "alterSinkOffsets", connectorClass: CLASS, ...owner, offsets };
}

function at(topic: string, partition: number, offset: number) {
  return { topic, partition, offset };
}

Deno.test("Service reads the offsets of a connector's group, by the admin properties of worker and connector", async () => {
  const { service, kafka } = serviceOf();
  kafka.groups.set("connect-c", [at("t", 0, 5)]);
  assert.deepEqual(await service.serve({ what: "sinkOffsets", ...owner }, 1000), [at("t", 0, 5)]);
  const [admin] = kafka.admins;
  const { "client.id": clientId, "bootstrap.servers": servers, retries } = admin?.properties ?? {};
  assert.deepEqual([clientId, servers, retries, admin?.closed], ["connector-worker-adminclient-c", "b:1", "3", true]);
  const own = { ...owner, connectorConfig: { "consumer.override.group.id": "mine" } };
  assert.deepEqual(await service.serve({ what: "sinkOffsets", ...own }, 1000), []);
  assert.deepEqual(kafka.admins[1]?.calls, ["offsets of mine"]);
});

Deno.test("Service sets and forgets offsets of a group, and asks the connector first", async () => {
  const asked: unknown[] = [];
  const { service, kafka } = serviceOf({
    alterOffsets: (config, offsets) => {
      asked.push(config, offsets);
      return true;
    },
  });
  kafka.groups.set("connect-c", [at("t", 0, 5), at("t", 1, 6)]);
  const offsets = [at("t", 0, 2), { topic: "t", partition: 1, offset: null }];
  assert.equal(await service.serve(change(offsets), 1000), true);
  assert.deepEqual(kafka.groups.get("connect-c"), [at("t", 0, 2)]);
  assert.deepEqual(asked, [owner.connectorConfig, [[{ topic: "t", partition: 0 }, 2], [{ topic: "t", partition: 1 }, null]]]);
});

Deno.test("Service forgets a whole group: the connector hears of every partition, then the group is deleted", async () => {
  const asked: unknown[] = [];
  const { service, kafka } = serviceOf({ alterOffsets: (_config, offsets) => asked.push(...offsets) > 9 });
  kafka.groups.set("connect-c", [at("t", 0, 5), at("u", 3, 6)]);
  assert.equal(await service.serve(change(null), 1000), false);
  assert.deepEqual(asked, [[{ topic: "t", partition: 0 }, null], [{ topic: "u", partition: 3 }, null]]);
  assert.deepEqual([kafka.groups.size, kafka.admins[0]?.calls], [0, ["offsets of connect-c", "delete connect-c"]]);
});

Deno.test("Service changes nothing that the connector refuses, in the connector's words", async () => {
  const { service, kafka } = serviceOf({
    alterOffsets: () => {
      throw new ConnectError("Not these");
    },
  });
  await assert.rejects(service.serve(change([at("t", 0, 2)]), 1000), { message: "Not these" });
  assert.deepEqual([kafka.groups.size, kafka.admins[0]?.closed], [0, true]);
  assert.equal(await serviceOf().service.serve(change([at("t", 0, 2)]), 1000), false, "without a hook nobody has taken care of them");
});

Deno.test("Service names Kafka's refusal as Java does, which the parent's words go by", async () => {
  const { service, kafka } = serviceOf();
  const refusal = Object.assign(new Error("the consumer group has active members"), { name: "KafkaError", code: "NON_EMPTY_GROUP" });
  kafka.adminErrors.push(refusal);
  const error = await service.serve(change([at("t", 0, 2)]), 1000).then(() => undefined, wireError);
  assert.equal(error?.javaClass, "org.apache.kafka.common.errors.GroupNotEmptyException");
});

Deno.test("Service tells what took too long, and leaves nothing open", async () => {
  const { service, clock, kafka } = serviceOf({ alterOffsets: () => new Promise(() => {}) });
  const served = service.serve(change([at("t", 0, 2)]), 1000);
  const refused = assert.rejects(served, { message: 'Cannot finish setting the offsets of connector "c" within 1000 ms' });
  await clock.advance(1000);
  await refused;
  assert.equal(kafka.groups.size, 0);
});

Deno.test("Service matches whole texts against a Java regex, and refuses one that is none", async () => {
  const { service } = serviceOf();
  const matches = (regex: string) => service.serve({ what: "fullMatch", regex, texts: ["om.a", "xom.a", "om.A"] }, 1000);
  assert.deepEqual(await matches("om\\.\\p{Lower}++"), [true, false, false]);
  await assert.rejects(matches("("), { name: "RegexSyntaxError" });
});
