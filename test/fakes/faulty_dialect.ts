/** A dialect whose sessions fail when told to, as networks and servers do. */
import type { Dialect, RowWriter, Session } from "../../connectors/sql/dialect.ts";
import { SqlError } from "../../connectors/sql/sql_error.ts";

/** A point at which a session can fail: before the act, or when it is done and the answer is lost. */
export type FaultPoint = "connect" | "begin" | "write" | "commit" | "committed" | "describe" | "createTable" | "addColumns";

/** Called at every point; what it gives back is thrown. */
export type Faults = (point: FaultPoint) => Error | null;

/** The connection is gone. */
export function lostConnection(): SqlError {
  return new SqlError("Connection lost", { kind: "retriable", sqlState: "08S01", isConnectionLost: true });
}

/** The server gave up the transaction, the connection lives. */
export function deadlock(): SqlError {
  return new SqlError("Deadlock found when trying to get lock; try restarting transaction", {
    kind: "retriable",
    sqlState: "40001",
    code: 1213,
  });
}

/** The dialect with faults. */
export function faultyDialect(inner: Dialect, faults: Faults): Dialect {
  const fail = (point: FaultPoint) => {
    const error = faults(point);
    if (error !== null) throw error;
  };
  return {
    ...inner,
    async connect(target, options, signal) {
      fail("connect");
      let isLost = false;
      const failing = (point: FaultPoint) => {
        // A connection that was lost stays lost.
        if (isLost) throw lostConnection();
        const error = faults(point);
        isLost = error instanceof SqlError && error.isConnectionLost;
        if (error !== null) throw error;
      };
      return faultySession(await inner.connect(target, options, signal), failing, () => isLost);
    },
  };
}

function faultySession(inner: Session, fail: (point: FaultPoint) => void, isLost: () => boolean): Session {
  const own: Partial<Session> = {
    async begin() {
      fail("begin");
      await inner.begin();
    },
    async commit() {
      fail("commit");
      await inner.commit();
      fail("committed");
    },
    async describe(id) {
      fail("describe");
      return await inner.describe(id);
    },
    async createTable(id, columns) {
      fail("createTable");
      await inner.createTable(id, columns);
    },
    async addColumns(id, columns) {
      fail("addColumns");
      await inner.addColumns(id, columns);
    },
    writer: (target) => faultyWriter(inner.writer(target), fail),
  };
  return new Proxy(inner, {
    get(session, name) {
      const replaced = own[name as keyof Session];
      if (name === "rollback" && isLost()) return () => Promise.reject(lostConnection());
      if (replaced !== undefined) return replaced;
      const member = session[name as keyof Session];
      return typeof member === "function" ? member.bind(session) : member;
    },
  });
}

/** Fails in the middle: what is written before stays written in the transaction. */
function faultyWriter(inner: RowWriter, fail: (point: FaultPoint) => void): RowWriter {
  return {
    async write(columns, rows, from, to) {
      const middle = (from + to) >> 1;
      if (middle > from) await inner.write(columns, rows, from, middle);
      fail("write");
      await inner.write(columns, rows, middle, to);
    },
  };
}
