/** PostgreSQL, and what speaks its protocol and keeps its catalog. */
import { ConfigError } from "sdk";
import type { ConnectionOptions, Dialect, Session, SessionOptions, Target } from "./dialect.ts";
import { connectTo } from "./postgres/connect.ts";
import { isolationModes, PostgresSession } from "./postgres/session.ts";
import { parseTarget, type PostgresTarget } from "./postgres/target.ts";

/** The dialect of PostgreSQL, over the driver `pg`; types and texts are those of pgjdbc 42.7. */
export const postgres: Dialect = {
  name: "PostgreSqlDatabaseDialect",
  subprotocols: ["postgresql"],
  isolationModes,

  target(options: ConnectionOptions): Target {
    return parseTarget(options);
  },

  async connect(target: Target, options: SessionOptions, signal: AbortSignal): Promise<Session> {
    if (!isPostgresTarget(target)) throw new ConfigError(`Cannot connect to ${target.shown}: it is no PostgreSQL server`);
    return new PostgresSession(await connectTo(target, target.connectTimeoutMs ?? options.connectTimeoutMs, signal), options);
  },
};

function isPostgresTarget(target: Target): target is PostgresTarget {
  return "servers" in target && "serverType" in target;
}
