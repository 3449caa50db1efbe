import assert from "node:assert/strict";
import { field } from "../../../src/config/field.ts";
import { Service } from "../../../src/host/service.ts";
import type { ServiceRequest } from "../../../src/link/messages.ts";
import { ConnectError } from "../../../src/sdk/errors.ts";
import { defineSource, type SourceDefinition } from "../../../src/sdk/source.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeKafka } from "../../fakes/fake_kafka.ts";

const config = {
  "path": field.string({ importance: "HIGH", doc: "" }),
  "size": field.int({ importance: "LOW", default: 5, doc: "" }),
};

const CLASS = "test.Connector";

function serviceOf(parts: Partial<SourceDefinition<typeof config>>) {
  const clock = new FakeClock();
  const kafka = new FakeKafka(clock);
  const definition = defineSource({
    class: CLASS,
    taskClass: "test.Task",
    version: "1",
    summary: "",
    config,
    split: (_config, raw) => [raw],
    start: () => ({ poll: () => null }),
    ...parts,
  });
  return { clock, kafka, service: new Service({ connectors: [definition], kafka, clock }) };
}

function request<W extends "check" | "split">(what: W, raw: Record<string, string>): Extract<ServiceRequest, { what: W }> {
  const common = { connectorClass: CLASS, connector: "c", config: raw };
  return (what === "check" ? { what, ...common } : { what, ...common, maxTasks: 3 }) as Extract<ServiceRequest, { what: W }>;
}

Deno.test("Service checks a config with null for what did not parse, and gathers what the connector says", async () => {
  const seen: unknown[] = [];
  const { service } = serviceOf({
    async *check(values, context) {
      seen.push(values, context.connector);
      yield { key: "path", message: "is missing" };
      await Promise.resolve();
      yield { key: "size", message: "is odd" };
    },
  });
  const problems = await service.serve(request("check", { path: "/x", size: "many" }), 1000);
  assert.deepEqual(seen, [{ path: "/x", size: null }, "c"]);
  assert.deepEqual(problems, [{ key: "path", message: "is missing" }, { key: "size", message: "is odd" }]);
});

Deno.test("Service finds nothing wrong where a connector has no check of its own", async () => {
  assert.deepEqual(await serviceOf({}).service.serve(request("check", {}), 1000), []);
});

Deno.test("Service splits a typed config and hands the raw one along", async () => {
  const { service } = serviceOf({
    split: (typed, raw, maxTasks) => Array.from({ length: maxTasks }, (_, i) => ({ ...raw, index: `${i}/${typed.size}` })),
  });
  assert.deepEqual((await service.serve(request("split", { path: "/x" }), 1000)).map((task) => task.index), ["0/5", "1/5", "2/5"]);
});

Deno.test("Service refuses to split a config that cannot be read, with every problem", async () => {
  await assert.rejects(() => serviceOf({}).service.serve(request("split", { size: "many" }), 1000), {
    name: "ConfigException",
    message: 'Missing required configuration "path" which has no default value.\n' +
      "Invalid value many for configuration size: Not a number of type INT",
  });
});

Deno.test("Service passes on what the connector throws", async () => {
  const { service } = serviceOf({
    split: () => {
      throw new ConnectError("no such table");
    },
  });
  await assert.rejects(() => service.serve(request("split", { path: "/x" }), 1000), /no such table/);
});

Deno.test("Service ends the signal and answers at the deadline, whether the connector notices or not", async () => {
  let signal: AbortSignal | undefined;
  const { service, clock } = serviceOf({
    split: (_typed, _raw, _max, context) => {
      signal = context.signal;
      return new Promise(() => {});
    },
  });
  const answer = assert.rejects(() => service.serve(request("split", { path: "/x" }), 1000), {
    message: 'Cannot finish dividing connector "c" into tasks within 1000 ms',
  });
  await clock.advance(999);
  assert.equal(signal?.aborted, false);
  await clock.advance(1);
  await answer;
  assert.deepEqual([signal?.aborted, clock.sleeping], [true, 0]);
});

Deno.test("Service leaves no timer behind when the work is done in time", async () => {
  const { service, clock } = serviceOf({});
  await service.serve(request("split", { path: "/x" }), 60_000);
  assert.equal(clock.sleeping, 0);
});

Deno.test("Service hands offsets to the connector as maps, and answers false where it does not care", async () => {
  const raw: ServiceRequest = {
    what: "alterOffsets",
    connectorClass: CLASS,
    config: {},
    offsets: [[`{"f":"a"}`, `{"n":9007199254740993}`], [null, null]],
  };
  assert.equal(await serviceOf({}).service.serve(raw, 1000), false);
  const seen: unknown[] = [];
  const { service } = serviceOf({
    alterOffsets: (_config, offsets) => {
      seen.push(...offsets);
      return true;
    },
  });
  assert.equal(await service.serve(raw, 1000), true);
  assert.deepEqual(seen, [[{ f: "a" }, { n: 9007199254740993n }], [null, null]]);
});

Deno.test("Service asks for the cluster's id through one client, and another when the worker's settings change", async () => {
  const { service, kafka } = serviceOf({});
  const ask = (servers: string) => service.serve({ what: "clusterId", workerConfig: { "bootstrap.servers": servers } }, 1000);
  assert.equal(await ask("a:1"), "fake-cluster");
  assert.equal(await ask("a:1"), "fake-cluster");
  assert.equal(kafka.admins.length, 1);
  await ask("b:1");
  assert.deepEqual(kafka.admins.map((admin) => [admin.properties["bootstrap.servers"], admin.closed]), [["a:1", true], ["b:1", false]]);
  kafka.admins[1]?.errors.push(new Error("no broker answers"));
  await assert.rejects(() => ask("b:1"), /no broker answers/);
  service.close();
  assert.equal(kafka.admins[1]?.closed, true);
});
