import assert from "node:assert/strict";
import { type Column, primitiveSchema } from "sdk";
import type { WriteColumn, WriteMode, WriteTarget } from "../../../../../connectors/sql/dialect.ts";
import type { Command, Connection, Driver, Packet } from "../../../../../connectors/sql/mysql/driver.ts";
import type { Sender } from "../../../../../connectors/sql/mysql/raw_statement.ts";
import { MySqlRowWriter } from "../../../../../connectors/sql/mysql/row_writer.ts";
import { SqlError } from "../../../../../connectors/sql/sql_error.ts";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";

const UTC = timeZone("UTC");
const decoder = new TextDecoder();
const NO_PACKET = {} as Packet;

/** A connection that notes statements and answers when it is told to. */
class FakeServer implements Sender {
  readonly statements: string[] = [];
  /** Statements of each write to the socket. */
  readonly writes: number[] = [];
  readonly connection: Connection;
  readonly driver: Driver;
  /** Answers a statement at once; what it returns is its error. */
  answer: (sql: string) => SqlError | null = () => null;

  constructor(readonly hasAttributes = false) {
    this.connection = {
      config: { clientFlags: hasAttributes ? 1 << 27 : 0 },
      serverCapabilityFlags: -1,
      write: (bytes: Uint8Array) => this.#receive(bytes),
      _bumpSequenceId: () => {},
    } as unknown as Connection;
    this.driver = { Connection: { createQuery: () => ({}) } } as unknown as Driver;
  }

  run(command: Command, onDone: (error: SqlError | null) => void): void {
    const known = this.statements.length;
    command.start(NO_PACKET, this.connection);
    const at = this.statements.length > known ? known : this.#next;
    this.#next = at + 1;
    queueMicrotask(() => onDone(this.answer(this.statements[at] ?? "")));
  }

  #next = 0;

  #receive(bytes: Uint8Array): void {
    let count = 0;
    for (let at = 0; at < bytes.length; count++) {
      const length = (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16;
      assert.equal(bytes[at + 3], 0); // sequence
      assert.equal(bytes[at + 4], 3); // COM_QUERY
      if (this.hasAttributes) assert.deepEqual([...bytes.subarray(at + 5, at + 7)], [0, 1]);
      this.statements.push(decoder.decode(bytes.subarray(at + (this.hasAttributes ? 7 : 5), at + 4 + length)));
      at += 4 + length;
    }
    this.writes.push(count);
  }
}

const COLUMNS: readonly WriteColumn[] = [
  { name: "k", schema: primitiveSchema("INT32"), isKey: true, epochUnit: null, definition: null },
  { name: "a`b", schema: primitiveSchema("STRING"), isKey: false, epochUnit: null, definition: null },
];

function target(mode: WriteMode, columns = COLUMNS, name = "t"): WriteTarget {
  return { table: { catalog: "om", schema: null, name }, mode, columns, dateZone: UTC };
}

function writer(server: FakeServer, to: WriteTarget, limits: { maxPacketBytes?: number; namesNewRow?: boolean } = {}): MySqlRowWriter {
  const syntax = { quote: "`", hasBackslashEscapes: true, zone: UTC, isJulianBefore1582: true };
  return new MySqlRowWriter(server, to, syntax, {
    maxPacketBytes: limits.maxPacketBytes ?? 16 << 20,
    namesNewRow: limits.namesNewRow ?? false,
  });
}

function rowsOf(count: number, text = "v"): { columns: readonly Column[]; rows: Int32Array } {
  const numbers = Float64Array.from({ length: count }, (_, i) => i + 1);
  const columns: readonly Column[] = [
    { kind: "numbers", data: numbers, nulls: null },
    { kind: "values", data: Array.from({ length: count }, (_, i) => `${text}${i}`) },
  ];
  return { columns, rows: Int32Array.from({ length: count }, (_, i) => i) };
}

async function statements(
  mode: WriteMode,
  limits: Parameters<typeof writer>[2] = {},
  columns = COLUMNS,
  name = "t",
): Promise<readonly string[]> {
  const server = new FakeServer();
  const { columns: cells, rows } = rowsOf(2);
  await writer(server, target(mode, columns, name), limits).write(cells, rows, 0, 2);
  return server.statements;
}

Deno.test("MySqlRowWriter writes several rows a statement, and updates one by one in one round trip", async () => {
  const insert = "INSERT INTO `om`.`t`(`k`,`a``b`) VALUES(1,'v0'),(2,'v1')";
  assert.deepEqual(await statements("insert"), [insert]);
  assert.deepEqual(await statements("upsert"), [`${insert} ON DUPLICATE KEY UPDATE \`a\`\`b\`=values(\`a\`\`b\`)`]);
  assert.deepEqual(await statements("upsert", { namesNewRow: true }), [
    `${insert} AS new ON DUPLICATE KEY UPDATE \`a\`\`b\`=new.\`a\`\`b\``,
  ]);
  assert.deepEqual(await statements("update"), [
    "UPDATE `om`.`t` SET `a``b`='v0' WHERE `k`=1",
    "UPDATE `om`.`t` SET `a``b`='v1' WHERE `k`=2",
  ]);
  assert.deepEqual(await statements("delete"), ["DELETE FROM `om`.`t` WHERE `k` IN (1,2)"]);
});

Deno.test("MySqlRowWriter names the new row apart from a table of that name", async () => {
  assert.match(
    (await statements("upsert", { namesNewRow: true }, COLUMNS, "New"))[0] ?? "",
    / AS new_row ON DUPLICATE KEY UPDATE `a``b`=new_row\./,
  );
});

Deno.test("MySqlRowWriter knows upserts of keys alone and deletes by several keys", async () => {
  const keys = COLUMNS.map((column) => ({ ...column, isKey: true }));
  assert.deepEqual(await statements("upsert", {}, keys), [
    "INSERT INTO `om`.`t`(`k`,`a``b`) VALUES(1,'v0'),(2,'v1') ON DUPLICATE KEY UPDATE `k`=values(`k`),`a``b`=values(`a``b`)",
  ]);
  assert.deepEqual(await statements("delete", {}, keys), [
    "DELETE FROM `om`.`t` WHERE (`k`=1 AND `a``b`='v0') OR (`k`=2 AND `a``b`='v1')",
  ]);
});

Deno.test("MySqlRowWriter refuses updates without keys or without anything to change, and deletes without keys", () => {
  const server = new FakeServer();
  const plain = COLUMNS.map((column) => ({ ...column, isKey: false }));
  const keys = COLUMNS.map((column) => ({ ...column, isKey: true }));
  assert.throws(() => writer(server, target("update", plain)), /there must be key columns to find rows by/);
  assert.throws(() => writer(server, target("update", keys)), /and others to change/);
  assert.throws(() => writer(server, target("delete", plain)), /Require primary keys to support delete/);
});

Deno.test("MySqlRowWriter writes the rows it is told to, in their order, each once, cut at 3,000", async () => {
  const server = new FakeServer();
  const { columns } = rowsOf(10_000);
  const rows = Int32Array.from({ length: 7_000 }, (_, i) => 9_999 - i);
  await writer(server, target("insert")).write(columns, rows, 1, 7_000);
  const keys = server.statements.flatMap((sql) => [...sql.matchAll(/\((\d+),'/g)].map(([, key]) => Number(key)));
  assert.deepEqual(keys, Array.from({ length: 6_999 }, (_, i) => 9_999 - i));
  assert.equal(server.statements.length, 3);
});

Deno.test("MySqlRowWriter keeps statements below max_allowed_packet", async () => {
  for (const hasAttributes of [false, true]) {
    const server = new FakeServer(hasAttributes);
    const { columns, rows } = rowsOf(500, "x".repeat(100));
    await writer(server, target("upsert"), { maxPacketBytes: 2_000 }).write(columns, rows, 0, 500);
    assert.ok(server.statements.every((sql) => sql.length + 3 < 2_000));
    assert.equal(server.statements.join("").match(/\(\d+,'x/g)?.length, 500);
  }
});

Deno.test("MySqlRowWriter names size and limit of a row that no statement can carry, after the rows before it", async () => {
  const server = new FakeServer();
  const columns: readonly Column[] = [
    { kind: "numbers", data: Float64Array.of(1, 2), nulls: null },
    { kind: "values", data: ["short", "x".repeat(3_000)] },
  ];
  await assert.rejects(writer(server, target("insert"), { maxPacketBytes: 2_000 }).write(columns, Int32Array.of(0, 1), 0, 2), (error) => {
    assert.ok(error instanceof SqlError);
    assert.equal(error.kind, "data");
    assert.match(error.message, /^Packet for query is too large \(3,\d\d\d > 2,000\)\. You can change this value on the server/);
    return true;
  });
  assert.equal(server.statements.length, 1);
});

Deno.test("MySqlRowWriter sends updates without waiting for each answer, and throws the first error once all are in", async () => {
  const server = new FakeServer();
  let answers = 0;
  server.answer = (sql) => {
    answers++;
    return /`k`=(3|5)$/.test(sql) ? new SqlError(`wrong: ${sql.slice(-5)}`, { kind: "data" }) : null;
  };
  const { columns, rows } = rowsOf(10);
  await assert.rejects(writer(server, target("update")).write(columns, rows, 0, 10), { message: "wrong: `k`=3" });
  assert.deepEqual(server.writes, [10]);
  assert.equal(answers, 10);
});

Deno.test("MySqlRowWriter gives an error of the server before one of a later row", async () => {
  const server = new FakeServer();
  server.answer = () => new SqlError("Duplicate entry", { kind: "data" });
  const { rows } = rowsOf(4_000);
  const columns: readonly Column[] = [
    { kind: "numbers", data: new Float64Array(4_000), nulls: null },
    { kind: "values", data: Array.from({ length: 4_000 }, (_, i) => i === 3_500 ? new Map() : "v") },
  ];
  await assert.rejects(writer(server, target("insert")).write(columns, rows, 0, 4_000), { message: "Duplicate entry" });
});
