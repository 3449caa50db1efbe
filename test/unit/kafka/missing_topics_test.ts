import assert from "node:assert/strict";
import { MissingTopics } from "../../../src/kafka/missing_topics.ts";

/** A cluster that makes a topic some looks after it was wished for, and a clock that only notes pauses. */
function ground(options: { readonly delay: number; readonly failures?: number }) {
  const topics = new Map<string, number>([["there", 0]]);
  const wishes: string[] = [];
  const pauses: number[] = [];
  let looks = 0;
  const source = {
    names() {
      if (++looks <= (options.failures ?? 0)) return Promise.reject(new Error("no broker answers"));
      return Promise.resolve([...topics].filter(([, at]) => at < looks).map(([name]) => name));
    },
    wishFor(topic: string) {
      wishes.push(topic);
      if (!topics.has(topic)) topics.set(topic, looks + options.delay);
      return Promise.resolve();
    },
  };
  const clock = {
    sleep(ms: number) {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
  return { missing: new MissingTopics(source, clock), wishes, pauses, looks: () => looks };
}

Deno.test("MissingTopics.look() wishes for what is missing until it is there", async () => {
  const { missing, wishes, pauses } = ground({ delay: 2 });
  missing.subscribe(["there", "new"]);
  await missing.look();
  assert.deepEqual(wishes, ["new", "new", "new"]);
  assert.deepEqual(pauses, [100, 200, 400]);
});

Deno.test("MissingTopics.look() asks once when nothing is missing any more", async () => {
  const { missing, wishes, looks } = ground({ delay: 0 });
  missing.subscribe(["there"]);
  await missing.look();
  assert.deepEqual([wishes, looks()], [[], 1]);
});

Deno.test("MissingTopics.look() goes on when no broker answers", async () => {
  const { missing, wishes } = ground({ delay: 0, failures: 3 });
  missing.subscribe(["new"]);
  await missing.look();
  assert.deepEqual(wishes, ["new"]);
});

Deno.test("MissingTopics.look() runs once at a time, and follows the subscription", async () => {
  const { missing, wishes, looks } = ground({ delay: 0 });
  missing.subscribe(["new"]);
  const both = [missing.look(), missing.look()];
  missing.subscribe(["there", "newer"]);
  await Promise.all(both);
  assert.deepEqual(wishes, ["newer"]);
  assert.equal(looks(), 2);
  await missing.look();
  assert.equal(looks(), 3);
});

Deno.test("MissingTopics.close() ends the search for what never comes", async () => {
  const { missing, pauses } = ground({ delay: Infinity });
  missing.subscribe(["never"]);
  const looking = missing.look();
  missing.close();
  await looking;
  assert.ok(pauses.length <= 1);
});
