/** Real databases for tests. `deno task test` starts one of each kind that the machine has; suites ask here where it is. */

/** Kinds of servers. SQLite needs none. */
export type DatabaseKind = "mariadb" | "mysql" | "postgres";

/** A server that runs. The user may do everything; a suite makes databases of its own and drops them. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly missing: boolean;
  /** Goes behind the names of skipped tests. */
  readonly because: string;
}

/** The server of that kind: named by `SLUICE_TEST_MARIADB`, `SLUICE_TEST_MYSQL` or `SLUICE_TEST_POSTGRES` as `user:password@host:port`. */
export function sharedServer(kind: DatabaseKind): TestServer {
  const variable = `SLUICE_TEST_${kind.toUpperCase()}`;
  const [, user = "", password = "", host = "", port = "0"] = /^([^:]*):(.*)@([^@:]+):(\d+)$/.exec(Deno.env.get(variable) ?? "") ?? [];
  const reason = Deno.env.get(`${variable}_MISSING`) ?? `${variable} names no server; deno task test starts one`;
  const missing = host === "";
  return { host, port: Number(port), user, password, missing, because: missing ? ` (skipped: ${reason})` : "" };
}
