/** Records and tables that do not go together: upstream's texts, and what becomes of the other rows. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ConnectError,
  primitiveSchema,
  RetriableError,
  type Schema,
  type SinkBatch,
  type StringMap,
  Struct,
  structSchema,
  type Value,
} from "sdk";
import { SqlError } from "../../../../connectors/sql/sql_error.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { deadlock, faultyDialect, lostConnection } from "../../../fakes/faulty_dialect.ts";
import { type Row, sinkBatch } from "../../../fakes/sink_batches.ts";
import { SinkGround } from "../../../fakes/sink_ground.ts";

const INT = primitiveSchema("INT32");
const TEXT = primitiveSchema("STRING", { optional: true });
const key = structSchema([["id", INT]]);
const value = structSchema([["id", INT], ["name", TEXT]]);
const schemas = { keySchema: key, valueSchema: value, topic: "orders" };
const UPSERT: StringMap = { "insert.mode": "upsert", "pk.mode": "record_key", "auto.create": "true" };

function struct(schema: Schema, ...values: Value[]): Struct {
  return new Struct(schema, values);
}

function row(id: number, name: string | null = "x"): Row {
  return { key: struct(key, id), value: struct(value, id, name) };
}

/** What a put of a task with this config fails with. */
async function refusal(config: StringMap, batch: SinkBatch, setup = ""): Promise<string> {
  await using ground = await SinkGround.open({ config });
  if (setup !== "") ground.run(setup);
  const error = await ground.put(batch).then(() => null, (error: unknown) => error);
  assert.ok(error instanceof ConnectError, "the put must fail");
  return error.message;
}

const AT = "but found record at (topic='orders',partition=0,offset=0,timestamp=1700000000000) with a";
const NEEDS_VALUE = "and therefore requires records with a non-null Struct or String value and non-null Struct or String schema,";
const NEEDS_KEY = "and therefore requires records with a non-null key and non-null Struct or primitive key schema,";

Deno.test("JdbcSinkTask.put() refuses a tombstone without deletes, a value without schema and a record without its key", async () => {
  assert.equal(
    await refusal(UPSERT, sinkBatch([{ key: struct(key, 1) }], { keySchema: key, topic: "orders" })),
    `Sink connector 'c' is configured with 'delete.enabled=false' and 'pk.mode=record_key' ${NEEDS_VALUE} ${AT} null value and null value schema.`,
  );
  assert.equal(
    await refusal({}, sinkBatch([{ value: new Map([["a", 1n]]) }], { topic: "orders" })),
    `Sink connector 'c' is configured with 'delete.enabled=false' and 'pk.mode=none' ${NEEDS_VALUE} ${AT} HashMap value and null value schema.`,
  );
  assert.equal(
    await refusal(UPSERT, sinkBatch([{ value: struct(value, 1, "a") }], { valueSchema: value, topic: "orders" })),
    `Sink connector 'c' is configured with 'delete.enabled=false' and 'pk.mode=record_key' ${NEEDS_KEY} ${AT} null key and null key schema.`,
  );
  const text = sinkBatch([{ value: "s" }], { valueSchema: primitiveSchema("STRING"), topic: "orders" });
  assert.equal(
    await refusal({ "fields.whitelist": "a", "timestamp.fields.list": "b" }, text),
    "Sink connector 'c' is configured with field-level options that are not applicable to String values: fields.whitelist, timestamp.fields.list. " +
      "Remove these options, or have the upstream producer emit Struct values instead.",
  );
  assert.match(
    await refusal({}, sinkBatch([{ value: 5 }], { valueSchema: INT, topic: "orders" })),
    /with a Integer value and int32 value schema\.$/,
  );
});

Deno.test("JdbcSinkTask.put() refuses keys that config and schemas do not agree on, in upstream's words", async () => {
  const primitive = sinkBatch([{ key: 1, value: struct(value, 1, "a") }], { ...schemas, keySchema: INT });
  const text = sinkBatch([{ key: 1, value: "s" }], { keySchema: INT, valueSchema: primitiveSchema("STRING"), topic: "orders" });
  const good = sinkBatch([row(1)], schemas);
  const one = "Need exactly one PK column defined since the key schema for records is a primitive type, defined columns are: ";
  const cases: readonly (readonly [StringMap, SinkBatch, string])[] = [
    [
      { ...UPSERT, "pk.fields": "nope" },
      good,
      "PK mode for table 'orders' is RECORD_KEY with configured PK fields [nope], but record key schema does not contain field: nope",
    ],
    [
      { ...UPSERT, "pk.mode": "record_value", "pk.fields": "id,no" },
      good,
      "PK mode for table 'orders' is RECORD_VALUE with configured PK fields [id, no], but record value schema does not contain field: no",
    ],
    [UPSERT, primitive, `${one}[]`],
    [{ ...UPSERT, "pk.fields": "a,b" }, primitive, `${one}[a, b]`],
    [
      { "pk.mode": "kafka", "pk.fields": "a" },
      good,
      "PK mode for table 'orders' is KAFKA so there should either be no field names defined for defaults [__connect_topic, __connect_partition, __connect_offset] to be applicable, or exactly 3, defined fields are: [a]",
    ],
    [{ "pk.mode": "record_value", "pk.fields": "a" }, text, "pk.mode record_value is not supported with String value schemas"],
    [
      { ...UPSERT, "pk.fields": "record_value" },
      text,
      "Configured string.output.value.column.name 'record_value' conflicts with a primary key column for table 'orders'",
    ],
    [{ "fields.whitelist": "nope" }, good, "No fields found using key and value schemas for table: orders"],
    [
      { "insert.mode": "upsert", "auto.create": "true" },
      good,
      `Write to table '"orders"' in UPSERT mode requires key field names to be known, check the primary key configuration`,
    ],
  ];
  for (const [config, batch, message] of cases) assert.equal(await refusal(config, batch), message);
});

Deno.test("JdbcSinkTask.put() refuses tables that are missing, narrow or views, in upstream's words", async () => {
  const narrow = "CREATE TABLE orders (id INTEGER PRIMARY KEY)";
  const name = "SinkRecordField{schema=Schema{STRING}, name='name', isPrimaryKey=false}";
  const batch = sinkBatch([row(1)], schemas);
  const required = structSchema([["id", INT], ["nick", primitiveSchema("STRING", { name: "a.b.Nick" })]]);
  const nick = sinkBatch([{ key: struct(key, 1), value: struct(required, 1, "n") }], { ...schemas, valueSchema: required });
  const plain = { ...UPSERT, "auto.create": "false" };
  assert.equal(await refusal(plain, batch), 'Table "orders" is missing and auto-creation is disabled');
  assert.equal(await refusal(plain, batch, narrow), `Table "orders" is missing fields ([${name}]) and auto-evolution is disabled`);
  assert.equal(
    await refusal({ ...plain, "auto.evolve": "true" }, nick, narrow),
    `Cannot ALTER TABLE "orders" to add missing field SinkRecordField{schema=Schema{a.b.Nick:STRING}, name='nick', isPrimaryKey=false}, ` +
      "as the field is not optional and does not have a default value",
  );
  assert.equal(
    await refusal(
      { ...plain, "table.types": "table,view" },
      batch,
      `CREATE TABLE base (id INTEGER); CREATE VIEW orders AS SELECT id FROM base`,
    ),
    `View "orders" is missing fields ([${name}]) and ALTER VIEW is unsupported`,
  );
  assert.match(
    await refusal(plain, batch, "CREATE TABLE orders (id INTEGER, name TEXT)"),
    /^Cannot write to table "orders" in UPSERT mode: it has neither a primary key nor a unique one/,
  );
});

Deno.test("JdbcSinkTask.put() refuses types without a column, and names that only letter case tells apart", async () => {
  const inner = structSchema([["x", INT]], { name: "in" });
  const nested = structSchema([["id", INT], ["o", inner]]);
  const batch = sinkBatch([{ value: struct(nested, 1, struct(inner, 1)) }], { valueSchema: nested, topic: "orders" });
  assert.equal(await refusal({ "auto.create": "true" }, batch), "in (STRUCT) type doesn't have a mapping to the SQL database column type");
  const twice = structSchema([["name", TEXT], ["NAME", TEXT]]);
  const both = sinkBatch([{ value: struct(twice, "a", "b") }], { valueSchema: twice, topic: "orders" });
  assert.match(
    await refusal({}, both, "CREATE TABLE orders (name TEXT)"),
    /^Cannot write fields 'name' and 'NAME' to "orders": both mean column 'name'/,
  );
});

Deno.test("JdbcSinkTask.put() refuses names of tables that cannot be read", async () => {
  const batch = sinkBatch([row(1)], schemas);
  assert.equal(
    await refusal({ "table.name.format": '"x' }, batch),
    'Failure parsing fully qualified identifier; missing trailing quote in "x',
  );
  assert.equal(
    await refusal({ "table.name.format": "${topic}." }, batch),
    "Failure parsing fully qualified identifier; ends in delimiter orders.",
  );
  const dotted = sinkBatch([row(1)], { ...schemas, topic: "a.b.orders" });
  assert.match(await refusal(UPSERT, dotted), /a\.b\.orders/);
});

Deno.test("JdbcSinkTask.put() hands to the reporter exactly the rows that do not fit, and commits the others", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 3000, size: "max" }),
      fc.constantFrom("insert", "upsert"),
      async (bad, mode) => {
        await using ground = await SinkGround.open({ config: { ...UPSERT, "insert.mode": mode }, reporter: "tolerates" });
        ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'bad'))");
        await ground.put(sinkBatch(bad.map((isBad, id) => row(id, isBad ? "bad" : "good")), schemas));
        assert.deepEqual(ground.reported.map(({ offset }) => offset), bad.flatMap((isBad, id) => isBad ? [id] : []));
        assert.deepEqual(ground.rows("SELECT id FROM orders ORDER BY id").flat(), bad.flatMap((isBad, id) => isBad ? [] : [id]));
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("JdbcSinkTask.put() keeps the last good value of a key whose last value is bad", async () => {
  await using ground = await SinkGround.open({ config: { ...UPSERT, "delete.enabled": "true" }, reporter: "tolerates" });
  ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'bad'))");
  await ground.put(sinkBatch([row(1, "good"), row(2, "gone"), row(1, "bad"), { key: struct(key, 2) }, row(2, "bad"), row(3)], schemas));
  assert.deepEqual(ground.reported.map(({ offset }) => offset), [2, 4]);
  assert.deepEqual(ground.rows("SELECT * FROM orders ORDER BY id"), [[1, "good"], [3, "x"]]);
});

Deno.test("JdbcSinkTask.put() reports upstream's exception chain, and refuses rows that fail its checks alone", async () => {
  await using ground = await SinkGround.open({ config: UPSERT, reporter: "tolerates" });
  ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  await ground.put(sinkBatch([row(1), { key: struct(key, 2) }, row(3, null), { value: struct(value, 4, "d") }], schemas));
  assert.deepEqual(ground.rows("SELECT id FROM orders"), [[1]]);
  assert.deepEqual(ground.reported.map(({ offset }) => offset), [1, 3, 2]);
  const chain = ground.reported[2]?.error;
  assert.ok(chain instanceof ConnectError && chain.javaClass === "java.sql.SQLException");
  assert.match(
    chain.message,
    /^Exception chain:\njava\.sql\.BatchUpdateException: .*\njava\.sql\.SQLException: .*NOT NULL constraint failed: orders\.name\n$/,
  );
});

Deno.test("JdbcSinkTask.put() lets the reporter refuse: then nothing is committed", async () => {
  await using ground = await SinkGround.open({ config: UPSERT, reporter: "refuses" });
  ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  await assert.rejects(
    ground.put(sinkBatch([row(1), row(2, null)], schemas)),
    /offset 1 to table "orders": column 'name' does not take the value null$/,
  );
  assert.deepEqual(ground.rows("SELECT * FROM orders"), []);
});

Deno.test("JdbcSinkTask.put() shortens values in messages, and leaves them and the database's words out when told so", async () => {
  const ddl = "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, CONSTRAINT 'name' CHECK (length(name) < 5))";
  const batch = sinkBatch([row(1, "secret".repeat(50))], schemas);
  assert.match(await refusal(UPSERT, batch, ddl), /the value 'secretsecret.{60,80}…' \(300 characters\)$|\(key id='?1'?\)$/);
  await using ground = await SinkGround.open({ config: { ...UPSERT, "trim.sensitive.log": "true" } });
  ground.run(ddl);
  const error = await ground.put(batch).then(() => null, (error: Error) => error);
  assert.ok(error instanceof ConnectError);
  assert.doesNotMatch(`${error.message}${(error.cause as Error).message}`, /secret|constraint/i);
  assert.match(
    (error.cause as Error).message,
    /^Exception chain:\n<redacted> \[class=java\.sql\.BatchUpdateException; SQLState=; errorCode=19; updateCountLength=0; firstExecuteFailedIndex=0\]\n/,
  );
});

Deno.test("JdbcSinkTask.put() tries a statement that is refused max.retries times, then fails with upstream's chain or refuses its rows", async () => {
  const refused = () => new SqlError("no such thing", { kind: "fatal", sqlState: "42000", code: 1064 });
  for (const reporter of ["none", "tolerates"] as const) {
    const dialects = [faultyDialect(sqlite, (point) => point === "write" ? refused() : null)];
    await using ground = await SinkGround.open({ config: { ...UPSERT, "max.retries": "2", "retry.backoff.ms": "7" }, dialects, reporter });
    const batch = sinkBatch([row(1), row(2)], schemas);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(ground.put(batch), (error: unknown) => error instanceof RetriableError && error.retryAfterMs === 7);
    }
    if (reporter === "tolerates") {
      await ground.put(batch);
      assert.deepEqual(ground.reported.map(({ offset }) => offset), [0, 1]);
      continue;
    }
    await assert.rejects(ground.put(batch), {
      message:
        "java.sql.SQLException: Exception chain:\njava.sql.BatchUpdateException: no such thing\njava.sql.SQLSyntaxErrorException: no such thing\n",
    });
  }
});

Deno.test("JdbcSinkTask.put() never refuses rows for an outage, and fails only when the config says so", async () => {
  const dialects = [faultyDialect(sqlite, (point) => point === "commit" ? lostConnection() : null)];
  await using ground = await SinkGround.open({
    config: { ...UPSERT, "max.retries": "0", "sluice.outage.timeout.ms": "60000" },
    dialects,
    reporter: "tolerates",
  });
  const batch = sinkBatch([row(1)], schemas);
  for (let attempt = 0; attempt < 30; attempt++) {
    await assert.rejects(ground.put(batch), (error: unknown) => error instanceof RetriableError && error.retryAfterMs === 3000);
  }
  const said = ground.log.lines.filter(({ message }) => message.startsWith("Cannot write to the database now"));
  assert.deepEqual(said.map(({ level }) => level), ["warn", ...new Array(29).fill("debug")]);
  ground.now += 60_001;
  await assert.rejects(
    ground.put(batch),
    /^ConnectException: Cannot write to the database: it has not been usable for 60001 ms, which is longer than "sluice\.outage\.timeout\.ms" allows/,
  );
  assert.deepEqual(ground.reported, []);
});

Deno.test("JdbcSinkTask.put() does not take its own rows for bad ones when only the answer to their commit was lost", async () => {
  for (const point of ["committed", "commit"] as const) {
    let isWell = false;
    const dialects = [faultyDialect(sqlite, (at) => {
      if (at !== point || isWell) return null;
      isWell = true;
      return lostConnection();
    })];
    await using ground = await SinkGround.open({ config: { ...UPSERT, "insert.mode": "insert" }, dialects });
    const batch = sinkBatch([row(1), row(2)], schemas);
    await assert.rejects(ground.put(batch), RetriableError);
    await ground.put(batch);
    assert.deepEqual(ground.rows("SELECT id FROM orders"), [[1], [2]]);
    await assert.rejects(ground.put(batch), /offset 0 to table "orders"/, "later, they are there for another reason");
  }
});

/** A dialect whose first commit with that point loses its answer. */
function losingOnce(point: "commit" | "committed") {
  let isOver = false;
  return [faultyDialect(sqlite, (at) => {
    if (at !== point || isOver) return null;
    isOver = true;
    return lostConnection();
  })];
}

Deno.test("JdbcSinkTask.put() does not take a commit that never was for done when somebody else's row has one of its keys", async () => {
  for (const reporter of ["none", "tolerates"] as const) {
    await using ground = await SinkGround.open({
      config: { ...UPSERT, "insert.mode": "insert" },
      dialects: losingOnce("commit"),
      reporter,
    });
    const batch = sinkBatch([row(1), row(2), row(3)], schemas);
    await assert.rejects(ground.put(batch), RetriableError);
    ground.run("INSERT INTO orders VALUES (2, 'theirs')");
    if (reporter === "none") {
      await assert.rejects(ground.put(batch), /offset 1 to table "orders"/);
      assert.deepEqual(ground.rows("SELECT * FROM orders"), [[2, "theirs"]]);
    } else {
      await ground.put(batch);
      assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "x"], [2, "theirs"], [3, "x"]]);
      assert.deepEqual(ground.reported.map(({ offset }) => offset), [1]);
    }
  }
});

Deno.test("JdbcSinkTask.put() looks for the table's own key where the config names none, and says so where there is none to look for", async () => {
  const config = { "insert.mode": "insert" };
  for (const [point, left] of [["committed", [[1, "x"], [2, "x"]]], ["commit", [[2, "theirs"]]]] as const) {
    await using ground = await SinkGround.open({ config, dialects: losingOnce(point) });
    ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)");
    const batch = sinkBatch([row(1), row(2)], schemas);
    await assert.rejects(ground.put(batch), RetriableError);
    if (point === "commit") ground.run("INSERT INTO orders VALUES (2, 'theirs')");
    await (point === "commit" ? assert.rejects(ground.put(batch), /offset 1 to table "orders"/) : ground.put(batch));
    assert.deepEqual(ground.rows("SELECT * FROM orders"), left);
  }
  await using ground = await SinkGround.open({ config, dialects: losingOnce("committed"), reporter: "tolerates" });
  ground.run("CREATE TABLE orders (id INTEGER, name TEXT); CREATE UNIQUE INDEX hidden ON orders (lower(id))");
  const batch = sinkBatch([row(1), row(2)], schemas);
  await assert.rejects(ground.put(batch), RetriableError);
  await assert.rejects(ground.put(batch), /^ConnectException: Cannot tell whether the last transaction was committed/);
  assert.deepEqual([ground.rows("SELECT id FROM orders"), ground.reported], [[[1], [2]], []]);
});

Deno.test("JdbcSinkTask.put() refuses only the bad rows when the answer to the commit of all others was lost", async () => {
  const ddl = "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'bad'))";
  const batch = sinkBatch([row(1), row(2), row(3, "bad"), row(2, "again"), row(4)], schemas);
  for (const point of ["committed", "commit"] as const) {
    for (const theirs of [false, true]) {
      if (theirs && point === "committed") continue;
      await using ground = await SinkGround.open({
        config: { ...UPSERT, "insert.mode": "insert" },
        dialects: losingOnce(point),
        reporter: "tolerates",
      });
      ground.run(ddl);
      await assert.rejects(ground.put(batch), RetriableError);
      if (theirs) ground.run("INSERT INTO orders VALUES (4, 'theirs')");
      await ground.put(batch);
      assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "x"], [2, "x"], [4, theirs ? "theirs" : "x"]]);
      assert.deepEqual(ground.reported.map(({ offset }) => offset), theirs ? [2, 3, 4] : [2, 3]);
    }
  }
});

Deno.test("JdbcSinkTask.put() refuses a key's second row, and no other, when the answer to the commit was lost", async () => {
  await using ground = await SinkGround.open({
    config: { ...UPSERT, "insert.mode": "insert" },
    dialects: losingOnce("committed"),
    reporter: "tolerates",
  });
  const batch = sinkBatch([row(1), row(2), row(2, "again")], schemas);
  await assert.rejects(ground.put(batch), RetriableError);
  await ground.put(batch);
  assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "x"], [2, "x"]]);
  assert.deepEqual(ground.reported.map(({ offset }) => offset), [2]);
});

Deno.test("JdbcSinkTask.put() reports rows that fail its own checks also when only the answer to the commit was lost", async () => {
  await using ground = await SinkGround.open({
    config: { ...UPSERT, "insert.mode": "insert", "delete.enabled": "true" },
    dialects: losingOnce("committed"),
    reporter: "tolerates",
  });
  const batch = sinkBatch([row(1), { value: struct(value, 4, "d") }, row(2), { key: struct(key, 2) }, row(3)], schemas);
  await assert.rejects(ground.put(batch), RetriableError);
  await ground.put(batch);
  assert.deepEqual(ground.rows("SELECT id FROM orders"), [[1], [3]]);
  assert.deepEqual(ground.reported.map(({ offset }) => offset), [1]);
});

Deno.test("JdbcSinkTask.put() tries again at once after a deadlock, each pause different", async () => {
  let left = 3;
  const dialects = [faultyDialect(sqlite, (point) => point === "write" && left-- > 0 ? deadlock() : null)];
  await using ground = await SinkGround.open({ config: UPSERT, dialects });
  await ground.put(sinkBatch([row(1), row(2)], schemas));
  assert.deepEqual(ground.rows("SELECT COUNT(*) FROM orders"), [[2]]);
  assert.equal(ground.sleeps.length, 3);
  assert.ok(ground.sleeps.every((ms) => ms <= 80));
});

Deno.test("JdbcSinkTask.put() goes on when another task makes the table or the column first", async () => {
  for (const point of ["createTable", "addColumns"] as const) {
    const config = { ...UPSERT, "auto.evolve": "true" };
    const grounds: SinkGround[] = [];
    const dialects = [faultyDialect(sqlite, (at) => {
      if (at !== point) return null;
      grounds[0]?.run(
        point === "createTable" ? "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT)" : "ALTER TABLE orders ADD name TEXT",
      );
      return null; // the real act now meets what is there
    })];
    await using ground = await SinkGround.open({ config, dialects });
    grounds.push(ground);
    if (point === "addColumns") ground.run("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    await ground.put(sinkBatch([row(1)], schemas));
    assert.deepEqual(ground.rows("SELECT * FROM orders"), [[1, "x"]]);
  }
});

Deno.test("JdbcSinkTask.put() asks an idle connection whether it lives, and opens another when it does not", async () => {
  let opened = 0;
  const dead = {
    ...sqlite,
    connect: async (...parts: Parameters<typeof sqlite.connect>) => {
      const session = await sqlite.connect(...parts);
      opened++;
      return new Proxy(session, {
        get(target, name) {
          const member = target[name as keyof typeof target];
          if (name === "isAlive") return () => Promise.resolve(false);
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
    },
  };
  await using ground = await SinkGround.open({ config: UPSERT, dialects: [dead] });
  await ground.put(sinkBatch([row(1)], schemas));
  await ground.put(sinkBatch([row(2)], schemas));
  assert.equal(opened, 1);
  ground.now += 5001;
  await ground.put(sinkBatch([row(3)], schemas));
  assert.equal(opened, 2);
  assert.ok(ground.log.lines.some(({ message }) => message === "The database connection is invalid. Reconnecting..."));
});
