import assert from "node:assert/strict";
import { connectError, kindOf, sqlError } from "../../../../../connectors/sql/mysql/errors.ts";

function driverError(message: string, parts: Readonly<Record<string, unknown>>): Error {
  return Object.assign(new Error(message), parts);
}

Deno.test("kindOf() tells rows, statements and circumstances apart, by number first", () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [1213, "40001", "retriable"], // deadlock
    [1205, "HY000", "retriable"], // lock wait
    [1040, "08004", "retriable"],
    [1203, "42000", "retriable"],
    [1021, "HY000", "retriable"], // disk full
    [1114, "HY000", "retriable"], // table full
    [1290, "HY000", "retriable"], // --read-only
    [1792, "25006", "retriable"], // read-only transaction
    [1836, "HY000", "retriable"], // read-only mode
    [3100, "HY000", "retriable"], // group replication
    [1062, "23000", "data"], // duplicate key
    [1406, "22001", "data"], // too long
    [1366, "HY000", "data"],
    [1264, "22003", "data"],
    [3819, "HY000", "data"], // CHECK
    [1153, "08S01", "data"], // packet
    [1045, "28000", "fatal"],
    [1146, "42S02", "fatal"],
    [1064, "42000", "fatal"],
    [1364, "HY000", "fatal"],
  ];
  for (const [code, state, kind] of cases) assert.equal(kindOf(code, state), kind, `${code} ${state}`);
});

Deno.test("sqlError() keeps what the server said and knows when the connection is gone", () => {
  const found = sqlError(driverError("Duplicate entry '1' for key 'PRIMARY'", { errno: 1062, sqlState: "23000", code: "ER_DUP_ENTRY" }));
  assert.deepEqual([found.message, found.kind, found.code, found.sqlState, found.isConnectionLost], [
    "Duplicate entry '1' for key 'PRIMARY'",
    "data",
    1062,
    "23000",
    false,
  ]);
  const killed = sqlError(driverError("Connection was killed", { errno: 1927, sqlState: "70100" }));
  assert.deepEqual([killed.kind, killed.isConnectionLost], ["retriable", true]);
  for (const code of ["ECONNRESET", "EPIPE", "PROTOCOL_CONNECTION_LOST", "ETIMEDOUT"]) {
    const lost = sqlError(driverError("x", { code }));
    assert.deepEqual([lost.kind, lost.isConnectionLost, lost.sqlState], ["retriable", true, "08S01"], code);
    assert.match(lost.message, /^Communications link failure: /);
  }
});

Deno.test("sqlError() does not try again what a certificate or a server without TLS forbids", () => {
  assert.equal(sqlError(driverError("self-signed certificate", { code: "HANDSHAKE_SSL_ERROR" })).kind, "fatal");
  assert.equal(sqlError(driverError("Server does not support secure connection", { code: "HANDSHAKE_NO_SSL_SUPPORT" })).kind, "fatal");
});

Deno.test("connectError() names the host that does not answer, and leaves the server's own words alone", () => {
  assert.equal(
    connectError(driverError("x", { code: "ECONNREFUSED", errno: -111 }), "db", 3306).message,
    "Communications link failure: nothing listens there (db:3306)",
  );
  const refused = driverError("Access denied for user 'u'@'h' (using password: YES)", { errno: 1045, sqlState: "28000", fatal: true });
  assert.equal(connectError(refused, "db", 3306).message, "Access denied for user 'u'@'h' (using password: YES)");
});
