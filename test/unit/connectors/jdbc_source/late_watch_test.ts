import assert from "node:assert/strict";
import { LateWatch } from "../../../../connectors/jdbc_source/late_watch.ts";
import { momentOfMillis } from "../../../../connectors/jdbc_source/offsets.ts";
import { timeZone } from "../../../../connectors/times/time_zone.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import type { Dialect, Session } from "../../../../connectors/sql/dialect.ts";
import { JdbcScene, type Seen } from "../../../fakes/jdbc_scene.ts";

const TIMES = { windowMs: 10_000, maxWaitMs: 600_000, zone: timeZone("UTC") };
const at = (second: number) => momentOfMillis(second * 1000);
const ids = (seen: readonly Seen[]) => seen.map(({ value }) => value["id"]);

Deno.test("LateWatch reads again from the window before the newest row, and ends when the window has passed", () => {
  const watch = new LateWatch(TIMES, {}, null, 0);
  assert.equal(watch.from, null);
  watch.beginRound(0, at(100));
  watch.reached(at(90), 0);
  watch.endRound(at(90), 0);
  assert.equal(watch.from, 80_000);
  watch.beginRound(0, at(105));
  watch.endRound(at(90), 9_999);
  assert.equal(watch.from, 80_000);
  watch.endRound(at(90), 10_000);
  assert.equal(watch.from, null);
  assert.deepEqual(watch.notes(true), {});
});

Deno.test("LateWatch reaches back to the beginning of an open transaction, and one round beyond its end", () => {
  const watch = new LateWatch(TIMES, {}, null, 0);
  watch.beginRound(60_000, at(100));
  watch.reached(at(99), 0);
  watch.endRound(at(99), 0);
  assert.equal(watch.from, 40_000);
  // The transaction has ended since: this round still reads what it brought, the next no more.
  watch.beginRound(0, at(105));
  assert.equal(watch.from, 40_000);
  watch.endRound(at(99), 5_000);
  assert.equal(watch.from, 89_000);
});

Deno.test("LateWatch waits beyond the window while an older transaction is open, up to a limit", () => {
  const watch = new LateWatch({ ...TIMES, maxWaitMs: 30_000 }, {}, null, 0);
  watch.beginRound(0, at(100));
  watch.reached(at(90), 0);
  watch.beginRound(25_000, at(120));
  watch.endRound(at(90), 20_000);
  assert.notEqual(watch.from, null);
  watch.beginRound(5_000, at(120));
  watch.endRound(at(90), 20_000);
  assert.equal(watch.from, null);
  watch.reached(at(130), 40_000);
  watch.beginRound(80_000, at(200));
  watch.endRound(at(130), 70_000);
  assert.equal(watch.from, null);
});

Deno.test("LateWatch goes on after a restart by the notes of an offset, and never re-reads what it forgot", () => {
  const first = new LateWatch(TIMES, {}, null, 0);
  first.beginRound(0, at(100));
  assert.ok(first.isNew(7, 90_000));
  first.reached(at(90), 0);
  const second = new LateWatch(TIMES, first.notes(true), at(90), 0);
  assert.equal(second.from, 80_000);
  second.beginRound(0, at(100));
  assert.ok(!second.isNew(7, 90_000));
  const third = new LateWatch(TIMES, {}, at(90), 0);
  third.beginRound(0, at(100));
  third.reached(at(91), 0);
  assert.equal(third.from, 90_000);
});

/** SQLite, with a word on how long a transaction has been open. */
function withWriter(writerMs: () => number | null): Dialect {
  return {
    ...sqlite,
    async connect(target, options, signal) {
      const session = await sqlite.connect(target, options, signal);
      const own: Partial<Session> = { oldestWriterMs: () => Promise.resolve(writerMs()) };
      return new Proxy(session, {
        get(inner, name) {
          const member = own[name as keyof Session] ?? inner[name as keyof Session];
          return typeof member === "function" && !Object.hasOwn(own, name) ? member.bind(inner) : member;
        },
      });
    },
  };
}

Deno.test("incrementing: a missing id is waited for beyond the window while its transaction may be open", async () => {
  using scene = new JdbcScene(["CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (3)"]);
  let writerMs: number | null = null;
  const config = { mode: "incrementing", "table.whitelist": "t", "incrementing.column.name": "id" };
  const task = await scene.start(config, [withWriter(() => writerMs)]);
  const since = scene.now;
  await scene.round(task);
  for (let round = 0; round < 10; round++) {
    writerMs = scene.now - since + 1000;
    assert.deepEqual(await scene.round(task), []);
  }
  scene.database.exec("INSERT INTO t VALUES (2)");
  assert.deepEqual(ids(await scene.round(task)), [2]);
  await task.stop?.();
});
