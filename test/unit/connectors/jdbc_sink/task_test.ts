/** What the sink leaves in a database, over SQLite. */
import assert from "node:assert/strict";
import {
  ConnectError,
  dateSchema,
  Decimal,
  decimalSchema,
  primitiveSchema,
  type Schema,
  type StringMap,
  Struct,
  structSchema,
  timestampSchema,
  type Value,
} from "sdk";
import type { Dialect, Session } from "../../../../connectors/sql/dialect.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { type Row, sinkBatch } from "../../../fakes/sink_batches.ts";
import { SinkGround } from "../../../fakes/sink_ground.ts";

const INT = primitiveSchema("INT32");
const TEXT = primitiveSchema("STRING", { optional: true });
const key = structSchema([["id", INT]]);
const value = structSchema([["id", INT], ["name", TEXT]]);

const UPSERT: StringMap = { "insert.mode": "upsert", "pk.mode": "record_key", "auto.create": "true", "delete.enabled": "true" };

function struct(schema: Schema, ...values: Value[]): Struct {
  return new Struct(schema, values);
}

/** A record of key and value. */
function put(id: number, name: string | null): Row {
  return { key: struct(key, id), value: struct(value, id, name) };
}

function tombstone(id: number): Row {
  return { key: struct(key, id) };
}

const schemas = { keySchema: key, valueSchema: value, topic: "orders" };

for (const as of ["values", "columns"] as const) {
  Deno.test(`JdbcSinkTask.put() creates the table and upserts the last value of each key, from ${as}`, async () => {
    await using ground = await SinkGround.open({ config: UPSERT });
    await ground.put(sinkBatch([put(1, "a"), put(1, "b"), put(2, null)], { ...schemas, as }));
    assert.equal(ground.ddl("orders"), 'CREATE TABLE "orders" (\n"id" INTEGER NOT NULL,\n"name" TEXT NULL,\nPRIMARY KEY("id"))');
    assert.deepEqual(ground.rows("SELECT * FROM orders ORDER BY id"), [[1, "b"], [2, null]]);
  });

  Deno.test(`JdbcSinkTask.put() leaves what inserts and deletes in their order leave, from ${as}`, async () => {
    await using ground = await SinkGround.open({ config: UPSERT });
    await ground.put(sinkBatch([put(1, "a"), tombstone(1), put(1, "again"), tombstone(2), put(3, "x"), tombstone(3)], { ...schemas, as }));
    assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "again"]]);
  });
}

Deno.test("JdbcSinkTask.put() deletes a key before it is written anew, so that other columns of the row do not stay", async () => {
  await using ground = await SinkGround.open({ config: UPSERT });
  ground.run(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, more TEXT); INSERT INTO orders VALUES (1, 'old', 'm'), (2, 'old', 'm')",
  );
  await ground.put(sinkBatch([tombstone(1), put(1, "new"), put(2, "new")], schemas));
  assert.deepEqual(ground.rows("SELECT * FROM orders ORDER BY id"), [[1, "new", null], [2, "new", "m"]]);
});

Deno.test("JdbcSinkTask.put() keeps the order of inserts and deletes in insert mode", async () => {
  await using ground = await SinkGround.open({ config: { ...UPSERT, "insert.mode": "insert" } });
  await ground.put(sinkBatch([put(1, "a"), tombstone(1), put(1, "b"), put(2, "c"), tombstone(2)], schemas));
  assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "b"]]);
});

Deno.test("JdbcSinkTask.put() takes a batch that begins with tombstones, and makes no table for tombstones alone", async () => {
  await using ground = await SinkGround.open({ config: UPSERT });
  await ground.put(sinkBatch([tombstone(1)], { keySchema: key, topic: "orders" }));
  assert.equal(ground.ddl("orders"), undefined);
  await ground.put(sinkBatch([tombstone(1), tombstone(2)], { keySchema: key, topic: "orders" }), sinkBatch([put(1, "a")], schemas));
  assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "a"]]);
});

Deno.test("JdbcSinkTask.put() changes only rows that are there in update mode", async () => {
  await using ground = await SinkGround.open({ config: { "insert.mode": "update", "pk.mode": "record_key" } });
  ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO orders VALUES (1, 'old')");
  await ground.put(sinkBatch([put(1, "x"), put(9, "absent"), put(1, "new")], schemas));
  assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "new"]]);
});

Deno.test("JdbcSinkTask.put() writes a schema that changes and changes back, adding columns once", async () => {
  await using ground = await SinkGround.open({ config: { ...UPSERT, "auto.evolve": "true" } });
  const wider = structSchema([["id", INT], ["name", TEXT], ["n", primitiveSchema("INT64", { default: 5n })]]);
  const other = { ...schemas, valueSchema: wider };
  await ground.put(
    sinkBatch([put(1, "a")], schemas),
    sinkBatch([{ key: struct(key, 1), value: struct(wider, 1, "b", 7n) }], other),
    sinkBatch([put(1, "c"), put(2, "d")], schemas),
  );
  assert.deepEqual(ground.rows("SELECT * FROM orders ORDER BY id"), [[1, "c", 7], [2, "d", 5]]);
  assert.deepEqual(ground.log.lines.filter(({ message }) => message.startsWith("Added")).length, 1);
});

Deno.test("JdbcSinkTask.put() writes nulls as the schema's default unless told otherwise, and keys always", async () => {
  const defaults = structSchema([["id", primitiveSchema("INT32", { default: 9 })], [
    "name",
    primitiveSchema("STRING", { optional: true, default: "d" }),
  ]]);
  const rows = [{ value: struct(defaults, null, null) }];
  for (const [replace, expected] of [["true", "d"], ["false", null]] as const) {
    const config = { "pk.mode": "record_value", "pk.fields": "id", "auto.create": "true", "replace.null.with.default": replace };
    await using ground = await SinkGround.open({ config });
    await ground.put(sinkBatch(rows, { valueSchema: defaults, topic: "orders" }));
    assert.deepEqual(ground.rows("SELECT * FROM orders"), [[9, expected]]);
  }
});

Deno.test("JdbcSinkTask.put() has key columns of Kafka's, named or not, first in the table", async () => {
  for (
    const [fields, names] of [["", ["__connect_topic", "__connect_partition", "__connect_offset"]], ["tp,pt,os", [
      "tp",
      "pt",
      "os",
    ]]] as const
  ) {
    await using ground = await SinkGround.open({
      config: { "pk.mode": "kafka", "pk.fields": fields, "auto.create": "true", "insert.mode": "upsert" },
    });
    const batch = sinkBatch([put(1, "a"), put(1, "b")], { ...schemas, partition: 3, offset: 40 });
    await ground.put(batch);
    await ground.put(batch);
    const [topic, partition, offset] = names;
    assert.deepEqual(ground.rows(`SELECT ${topic}, ${partition}, ${offset}, id, name FROM orders`), [["orders", 3, 40, 1, "a"], [
      "orders",
      3,
      41,
      1,
      "b",
    ]]);
  }
});

Deno.test("JdbcSinkTask.put() writes plain strings and primitive keys to the columns the config names", async () => {
  const config = {
    "pk.mode": "record_key",
    "pk.fields": "kid",
    "auto.create": "true",
    "insert.mode": "upsert",
    "string.output.value.column.name": "text",
  };
  await using ground = await SinkGround.open({ config });
  const parts = { keySchema: primitiveSchema("STRING"), valueSchema: primitiveSchema("STRING"), topic: "orders" };
  await ground.put(sinkBatch([{ key: "k", value: "one" }, { key: "k", value: 'two "2"' }], { ...parts, as: "columns" }));
  assert.deepEqual(ground.rows("SELECT kid, text FROM orders"), [["k", 'two "2"']]);
});

Deno.test("JdbcSinkTask.put() writes only the fields of the whitelist besides the key", async () => {
  await using ground = await SinkGround.open({ config: { ...UPSERT, "fields.whitelist": "name" } });
  const wide = structSchema([["id", INT], ["name", TEXT], ["secret", TEXT]]);
  await ground.put(sinkBatch([{ key: struct(key, 1), value: struct(wide, 1, "a", "s") }], { ...schemas, valueSchema: wide }));
  assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "a"]]);
  assert.doesNotMatch(String(ground.ddl("orders")), /secret/);
});

Deno.test("JdbcSinkTask.put() stores every type as sqlite-jdbc does", async () => {
  const types: readonly (readonly [string, Schema, Value, unknown])[] = [
    ["i8", primitiveSchema("INT8"), -128, -128],
    ["i64", primitiveSchema("INT64"), 9007199254740993n, 9007199254740993n],
    ["f", primitiveSchema("FLOAT64"), 1.5, 1.5],
    ["b", primitiveSchema("BOOLEAN"), true, 1],
    ["s", primitiveSchema("STRING"), "한글 🎉", "한글 🎉"],
    ["y", primitiveSchema("BYTES"), Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
    ["de", decimalSchema(2), new Decimal(1234n, 2), 12.34],
    ["d", dateSchema(), new Date(Date.UTC(2024, 1, 29)), Date.UTC(2024, 1, 29)],
    ["ts", timestampSchema(), new Date(1_700_000_000_123), 1_700_000_000_123],
    ["us", primitiveSchema("INT64"), 1_700_000_000_123_456n, 1_700_000_000_123],
    ["st", primitiveSchema("STRING"), "1700000000123456", 1_700_000_000_123],
  ];
  const all = structSchema(types.map(([name, schema]) => [name, schema]));
  await using ground = await SinkGround.open({ config: { "auto.create": "true", "timestamp.fields.list": "us,st" } });
  await ground.put(sinkBatch([{ value: struct(all, ...types.map(([, , given]) => given)) }], { valueSchema: all, topic: "t" }));
  const [row] = ground.rows("SELECT i8, CAST(i64 AS TEXT), f, b, s, y, de, d, ts, us, st FROM t");
  assert.deepEqual(row, types.map(([name, , , stored]) => name === "i64" ? String(stored) : stored));
  const ddl = "INTEGER NOT NULL,INTEGER NOT NULL,REAL NOT NULL,INTEGER NOT NULL,TEXT NOT NULL,BLOB NOT NULL," +
    "NUMERIC NOT NULL,".repeat(5);
  const lines = types.map(([name], i) => `"${name}" ${ddl.split(",")[i]}`);
  assert.equal(ground.ddl("t"), `CREATE TABLE "t" (\n${lines.join(",\n")})`);
});

Deno.test("JdbcSinkTask.put() spells a column as the table does when only letter case differs", async () => {
  await using ground = await SinkGround.open({ config: { ...UPSERT, "auto.create": "false" } });
  ground.run("CREATE TABLE orders (ID INTEGER PRIMARY KEY, Name TEXT)");
  await ground.put(sinkBatch([put(1, "a")], schemas));
  assert.deepEqual(ground.rows("SELECT ID, Name FROM orders"), [[1, "a"]]);
});

Deno.test("JdbcSinkTask.put() puts rows of topics that share a table into it, and dotted topics where quotes say so", async () => {
  await using ground = await SinkGround.open({ config: { ...UPSERT, "table.name.format": '"${topic}"' } });
  await ground.put(sinkBatch([put(1, "a")], { ...schemas, topic: "a.b.orders" }));
  assert.deepEqual(ground.rows('SELECT * FROM "a.b.orders"'), [[1, "a"]]);
  await using shared = await SinkGround.open({ config: { ...UPSERT, "table.name.format": "main.all_of_them" } });
  await shared.put(
    sinkBatch([put(1, "a")], { ...schemas, topic: "one" }),
    sinkBatch([put(1, "b"), put(2, "c")], { ...schemas, topic: "two" }),
  );
  assert.deepEqual(shared.rows("SELECT * FROM all_of_them ORDER BY id"), [[1, "b"], [2, "c"]]);
});

Deno.test("JdbcSinkTask.put() lets no name of topic or field out of its quotes", async () => {
  const evil = 'x"; DROP TABLE keep; --';
  const schema = structSchema([[evil, TEXT]]);
  await using ground = await SinkGround.open({ config: { "auto.create": "true", "table.name.format": `"\${topic}"` } });
  ground.run("CREATE TABLE keep (a)");
  await ground.put(sinkBatch([{ value: struct(schema, "v'\"") }], { valueSchema: schema, topic: evil.replaceAll('"', '""') }));
  assert.deepEqual(ground.rows("SELECT name FROM sqlite_master ORDER BY name"), [["keep"], [evil]]);
  assert.deepEqual(ground.rows(`SELECT * FROM "${evil.replaceAll('"', '""')}"`), [["v'\""]]);
});

Deno.test("JdbcSinkTask.put() makes a table anew that was dropped, and finds a column that was added by hand", async () => {
  await using ground = await SinkGround.open({ config: UPSERT });
  await ground.put(sinkBatch([put(1, "a")], schemas));
  ground.run("DROP TABLE orders");
  await ground.put(sinkBatch([put(2, "b")], schemas));
  assert.deepEqual(ground.rows("SELECT * FROM orders"), [[2, "b"]]);
  const wider = structSchema([["id", INT], ["name", TEXT], ["n", INT]]);
  const batch = sinkBatch([{ key: struct(key, 3), value: struct(wider, 3, "c", 4) }], { ...schemas, valueSchema: wider });
  await assert.rejects(ground.put(batch), /as the field is not optional and does not have a default value$/);
  ground.run("ALTER TABLE orders ADD n INTEGER");
  await ground.put(batch);
  assert.deepEqual(ground.rows("SELECT * FROM orders WHERE id = 3"), [[3, "c", 4]]);
});

Deno.test("JdbcSinkTask.put() keeps the order of writes and deletes of keys that only the database equates", async () => {
  const text = primitiveSchema("STRING");
  const only = structSchema([["name", TEXT]]);
  const batch = sinkBatch(
    [{ key: "A", value: struct(only, "1") }, { key: "a" }, { key: "B", value: struct(only, "2") }],
    { keySchema: text, valueSchema: only, topic: "orders" },
  );
  for (
    const ddl of [
      "CREATE TABLE orders (k TEXT COLLATE NOCASE PRIMARY KEY, name TEXT)",
      "CREATE TABLE orders (k TEXT, name TEXT); CREATE UNIQUE INDEX by_k ON orders (k)",
    ]
  ) {
    await using ground = await SinkGround.open({ config: { ...UPSERT, "pk.fields": "k" } });
    ground.run(ddl);
    await ground.put(batch);
    assert.deepEqual(ground.rows("SELECT k FROM orders ORDER BY k"), ddl.includes("NOCASE") ? [["B"]] : [["A"], ["B"]]);
  }
});

Deno.test("JdbcSinkTask.put() gathers batches of any size and form in one transaction", async () => {
  await using ground = await SinkGround.open({ config: UPSERT });
  const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => put(from + i, `n${from + i}`));
  await ground.put(
    sinkBatch(many(0, 10), { ...schemas, as: "columns" }),
    sinkBatch(many(5, 3000), { ...schemas, as: "columns", without: [0, 2999] }),
    sinkBatch(many(2900, 200), { ...schemas, as: "values" }),
    sinkBatch([put(7, "last"), tombstone(8)], { ...schemas, as: "columns" }),
  );
  assert.deepEqual(ground.rows("SELECT COUNT(*), MIN(id), MAX(id) FROM orders"), [[3099, 0, 3099]]);
  assert.deepEqual(ground.rows("SELECT name FROM orders WHERE id IN (5, 7, 3000) ORDER BY id"), [["n5"], ["last"], ["n3000"]]);
});

Deno.test("JdbcSinkTask.put() commits nothing of a put that fails", async () => {
  await using ground = await SinkGround.open({ config: UPSERT });
  ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  await assert.rejects(ground.put(sinkBatch([put(1, "a"), put(2, null)], { ...schemas, offset: 70 })), (error: Error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(
      error.message,
      "Cannot write the record of topic 'orders', partition 0, offset 71 to table \"orders\": column 'name' does not take the value null",
    );
    assert.match(
      String((error.cause as Error).message),
      /^Exception chain:\njava.sql.BatchUpdateException: .*NOT NULL constraint failed: orders.name\n/,
    );
    return true;
  });
  assert.deepEqual(ground.rows("SELECT * FROM orders"), []);
});

Deno.test("JdbcSinkTask.put() writes tables in the order they first came in and deletes the other way round, so that rows find those they refer to", async () => {
  const ref = structSchema([["id", INT], ["parent", INT]]);
  await using ground = await SinkGround.open({ config: { ...UPSERT, "auto.create": "false", "connection.foreign_keys": "true" } });
  ground.run(
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id))",
  );
  const parents = { ...schemas, topic: "parents" };
  const children = { keySchema: key, valueSchema: ref, topic: "children" };
  const child = (id: number, parent: number): Row => ({ key: struct(key, id), value: struct(ref, id, parent) });
  await ground.put(
    sinkBatch([put(1, "a")], parents),
    sinkBatch([child(10, 1)], children),
    sinkBatch([put(2, "b")], parents),
    sinkBatch([child(11, 2)], children),
  );
  assert.deepEqual(ground.rows("SELECT id, parent FROM children ORDER BY id"), [[10, 1], [11, 2]]);
  await ground.put(
    sinkBatch([tombstone(1)], { ...parents, valueSchema: null }),
    sinkBatch([tombstone(10)], { ...children, valueSchema: null }),
  );
  assert.deepEqual([...ground.rows("SELECT id FROM parents"), ...ground.rows("SELECT id FROM children")], [[2], [11]]);
});

Deno.test("JdbcSinkTask.put() has statements of at most batch.size rows where that is less than the default", async () => {
  const sizes: number[] = [];
  const counting: Dialect = {
    ...sqlite,
    async connect(...parts) {
      const session = await sqlite.connect(...parts);
      const writer: Session["writer"] = (target) => {
        const inner = session.writer(target);
        return {
          write(columns, rows, from, to) {
            sizes.push(to - from);
            return inner.write(columns, rows, from, to);
          },
        };
      };
      return new Proxy(session, {
        get(target, name) {
          const member = target[name as keyof Session];
          return name === "writer" ? writer : typeof member === "function" ? member.bind(target) : member;
        },
      });
    },
  };
  for (const [size, expected] of [["2", [2, 2, 1]], ["0", [1, 1, 1, 1, 1]], ["3000", [5]], ["9000", [5]]] as const) {
    await using ground = await SinkGround.open({ config: { ...UPSERT, "batch.size": size }, dialects: [counting] });
    await ground.put(sinkBatch([1, 2, 3, 4, 5].map((id) => put(id, "a")), schemas));
    assert.deepEqual(sizes.splice(0), expected);
  }
});
