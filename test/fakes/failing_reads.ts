/** A dialect whose sessions fail while they read, as networks and servers do. */
import type { Cursor, Dialect, Session } from "../../connectors/sql/dialect.ts";

/** What a session was about to do. */
export type ReadPoint = "connect" | "open" | "read" | "now" | "oldestWriterMs";

/** Asked at every point; what it gives back is thrown. */
export type ReadFaults = (point: ReadPoint) => Error | null;

/** The dialect with faults. */
export function failingReads(inner: Dialect, faults: ReadFaults): Dialect {
  const fail = (point: ReadPoint) => {
    const error = faults(point);
    if (error !== null) throw error;
  };
  return {
    ...inner,
    async connect(target, options, signal) {
      fail("connect");
      return failingSession(await inner.connect(target, options, signal), fail);
    },
  };
}

function failingSession(inner: Session, fail: (point: ReadPoint) => void): Session {
  const own: Partial<Session> = {
    async open(query) {
      fail("open");
      return failingCursor(await inner.open(query), fail);
    },
    async now() {
      fail("now");
      return await inner.now();
    },
    async oldestWriterMs() {
      fail("oldestWriterMs");
      return await inner.oldestWriterMs();
    },
  };
  return new Proxy(inner, {
    get(session, name) {
      const member = own[name as keyof Session] ?? session[name as keyof Session];
      return typeof member === "function" && !Object.hasOwn(own, name) ? member.bind(session) : member;
    },
  });
}

function failingCursor(inner: Cursor, fail: (point: ReadPoint) => void): Cursor {
  return {
    fields: inner.fields,
    async read(maxRows) {
      fail("read");
      return await inner.read(maxRows);
    },
    close: () => inner.close(),
  };
}
