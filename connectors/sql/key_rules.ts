/** Rules of keys that both JDBC connectors have, worded as JDBC connector 10.9 words them. */
import type { Validator } from "sdk";
import { isTimeZone } from "../times/time_zone.ts";

/** The credentials provider of the reference, which gives `connection.user` and `connection.password`: the one there is. */
export const CREDENTIALS_PROVIDER = "io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider";

/** Names `dialect.name` recommends, in the reference's order. Not all of these databases are served. */
export const DIALECT_NAMES: readonly string[] = [
  "",
  "Db2DatabaseDialect",
  "MySqlDatabaseDialect",
  "SybaseDatabaseDialect",
  "GenericDatabaseDialect",
  "OracleDatabaseDialect",
  "SqlServerDatabaseDialect",
  "PostgreSqlDatabaseDialect",
  "SqliteDatabaseDialect",
  "DerbyDatabaseDialect",
  "SapHanaDatabaseDialect",
  "VerticaDatabaseDialect",
];

/** One of these names in small letters, or all of them capital; nothing in between. No value at all is fine. */
export function enumerator(...names: readonly string[]): Validator<string> {
  return (value, key) => value === null || isEnumerator(value, names) ? [] : [invalid(value, key, "Invalid enumerator")];
}

/** A list of such names. */
export function enumerators(...names: readonly string[]): Validator<readonly string[]> {
  return (values, key) => {
    if (values === null || values.length === 0) return [invalid("[]", key, "Empty list")];
    const wrong = values.find((value) => !isEnumerator(value, names));
    return wrong === undefined ? [] : [invalid(wrong, key, "Invalid enumerator")];
  };
}

function isEnumerator(value: string, names: readonly string[]): boolean {
  return names.some((name) => value === name || value === name.toUpperCase());
}

/** A time zone Java knows. */
export function timeZoneName(): Validator<string> {
  const reason =
    "Invalid time zone. See the list of valid time zones at https://docs.oracle.com/javase/8/docs/api/java/time/ZoneId.html#shortIds";
  return (value, key) => value === null || isTimeZone(value) ? [] : [invalid(value, key, reason)];
}

/** The exact name of a dialect, or empty. */
export function dialectName(): Validator<string> {
  return (value, key) => value === null || DIALECT_NAMES.includes(value) ? [] : [invalid(value, key, "Invalid enumerator")];
}

/** The class of a credentials provider; classes cannot be loaded here, so there is only the reference's own. */
export function credentialsProvider(): Validator<string> {
  const reason = "Class must extend: interface io.confluent.connect.jdbc.util.JdbcCredentialsProvider";
  return (value, key) => value === null || value === CREDENTIALS_PROVIDER ? [] : [invalid(value, key, reason)];
}

function invalid(value: string, key: string, reason: string): string {
  return `Invalid value ${value} for configuration ${key}: ${reason}`;
}
