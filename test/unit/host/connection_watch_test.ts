import assert from "node:assert/strict";
import { ConnectionWatch } from "../../../src/host/connection_watch.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeLog } from "../../fakes/fake_log.ts";
import { ScriptedSource, textBatch } from "../../fakes/scripted_source.ts";
import { OneTask } from "./one_task.ts";

const REASON = 'Cannot reach Kafka at "broker:9092"';

Deno.test("ConnectionWatch says each minute for how long Kafka has been away and how many records wait by now", async () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  const producer: { unreachable: string | undefined; outstanding: number } = { unreachable: undefined, outstanding: 0 };
  const watch = new ConnectionWatch({ producer, clock, log });
  watch.look();
  assert.deepEqual([watch.dueMs, log.lines], [Infinity, []], "nothing is wrong: nobody needs to wake up");
  producer.unreachable = REASON;
  for (let second = 0; second <= 125; second++) {
    watch.look();
    await clock.advance(1000);
    producer.outstanding += 2;
  }
  assert.deepEqual(log.lines.map(({ level, message, fields }) => [level, message, fields.waiting]), [
    ["warn", `${REASON}. Records wait and are sent when Kafka is back`, 0],
    ["warn", `Kafka has been away for 60 seconds now. ${REASON}`, 120],
    ["warn", `Kafka has been away for 120 seconds now. ${REASON}`, 240],
  ]);
  assert.equal(watch.dueMs, 54_000);
  producer.unreachable = undefined;
  watch.look();
  watch.look();
  assert.deepEqual(log.matching("info", ""), ["Kafka can be reached again after 126 seconds"]);
});

Deno.test("ConnectionWatch reminds of a lost Kafka while a task has nothing to send", async () => {
  const task = await new OneTask(new ScriptedSource(textBatch(0, ["x"]))).start();
  task.producer.unreachable = REASON;
  for (let minute = 0; minute < 4; minute++) await task.advance(60_000);
  assert.ok(task.log.matching("warn", "Kafka has been away for").length >= 2);
  assert.equal(task.producer.outstanding, 0);
  await task.stop();
});
