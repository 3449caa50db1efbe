/** SQLite, by the library that comes with Deno. */
import type { Dialect, Session, SessionOptions, Target } from "./dialect.ts";
import { type SqliteTarget, sqliteTarget } from "./sqlite/target.ts";

/** The dialect. */
export const sqlite: Dialect = {
  name: "SqliteDatabaseDialect",
  subprotocols: ["sqlite"],
  isolationModes: ["READ_UNCOMMITTED", "SERIALIZABLE"],
  target: sqliteTarget,
  async connect(target: Target, options: SessionOptions): Promise<Session> {
    const { openSqlite } = await import("./sqlite/session.ts");
    // Targets are opaque to who hands them on: this one is of `target` above.
    return openSqlite(target as SqliteTarget, options);
  },
};
