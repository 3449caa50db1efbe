import assert from "node:assert/strict";
import type { Dialect } from "../../../../connectors/sql/dialect.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { JdbcScene } from "../../../fakes/jdbc_scene.ts";

/** SQLite, whose pages say when they are held. */
function watched(hold: (bytes: number) => void): Dialect {
  return {
    ...sqlite,
    async connect(target, options, signal) {
      const session = await sqlite.connect(target, options, signal);
      const open = session.open.bind(session);
      session.open = async (query) => {
        const cursor = await open(query);
        const read = cursor.read.bind(cursor);
        cursor.read = async (rows) => {
          const page = await read(rows);
          if (page === null) return null;
          const { bytes } = page;
          hold(bytes);
          const release = page.release.bind(page);
          page.release = () => {
            hold(-bytes);
            release();
          };
          return page;
        };
        return cursor;
      };
      return session;
    },
  };
}

Deno.test("mode timestamp holds 32 MB of a statement at most, also in small batches, and an instant of more streams on", async () => {
  for (const second of ["i", "0"]) {
    using scene = new JdbcScene(["CREATE TABLE t (body TEXT, at TIMESTAMP NOT NULL)"]);
    scene.database.exec(
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59) " +
        `INSERT INTO t SELECT printf('%.*c', 1000000, 'x'), printf('2024-01-01 00:00:%02d', ${second}) FROM n`,
    );
    let held = 0;
    let most = 0;
    const config = { mode: "timestamp", "table.whitelist": "t", "timestamp.column.name": "at", "batch.max.rows": "1" };
    const task = await scene.start(config, [
      watched((bytes) => {
        held += bytes;
        most = Math.max(most, held);
      }),
    ]);
    assert.equal((await scene.round(task)).length, 60);
    assert.ok(most < 40e6, `${most} bytes`);
    await task.stop?.();
  }
});
