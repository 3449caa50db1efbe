/**
 * Two tasks of a sink whose group is rebalanced every few seconds while its database is slow: no record is lost, and no offset is committed before its
 * row is in the table. `SLUICE_TEST_FULL=1` (`deno task test --full`): a minute, else a quarter of it.
 */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { sharedServer } from "../databases.ts";
import { kafka } from "../../src/kafka/mod.ts";
import { Program } from "../program.ts";
import { Sql } from "../sql.ts";
import { Topics } from "../topics.ts";
import { pause, until } from "../until.ts";

const full = Deno.env.get("SLUICE_TEST_FULL") === "1";
const broker = sharedBroker(), server = sharedServer("mariadb");
const PARTITIONS = 4;
const RECORDS = full ? 24_000 : 6_000;
/** What a row costs the database. */
const ROW_SECONDS = 0.002;
const NAME = `rebalance-${Deno.pid}`;
/** Between an intruder's coming and going. */
const STAY_MS = 1_500;

Deno.test({
  name: `JdbcSink: two tasks over a slow database, rebalanced every few seconds, lose nothing and commit nothing early${
    broker.because || server.because
  }`,
  ignore: broker.missing || server.missing,
  sanitizeOps: false, // librdkafka's threads answer when they like
  sanitizeResources: false,
}, async () => {
  const sql = new Sql({ kind: "mariadb", ...server }, `rebalance_${Deno.pid}`);
  await sql.makeDatabase();
  const folder = await Deno.makeTempDir({ prefix: "sluice-rebalance-" });
  await using topics = new Topics(broker.bootstrap);
  await using program = await Program.start({ bootstrap: broker.bootstrap, data: folder, settings: { "offset.flush.interval.ms": "200" } });
  const over = new AbortController();
  try {
    await fill(topics);
    await sql.rows(`CREATE TABLE slow (__connect_topic varchar(100), __connect_partition int, __connect_offset bigint, n int NOT NULL,
      PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset))`);
    await sql.rows(`CREATE TRIGGER slowly BEFORE INSERT ON slow FOR EACH ROW SET NEW.n = NEW.n + SLEEP(${ROW_SECONDS})`);
    await program.put(NAME, {
      "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
      "tasks.max": "2",
      "connection.url": `jdbc:mysql://${server.host}:${server.port}/rebalance_${Deno.pid}`,
      "connection.user": server.user,
      "connection.password": server.password,
      "topics": NAME,
      "table.name.format": "slow",
      "insert.mode": "upsert",
      "pk.mode": "kafka",
      "consumer.override.max.poll.records": "300",
    });
    const observed = observe(sql, over.signal);
    const intruding = intrude(over.signal);
    await until("every record is committed", async () => {
      const sum = (await committed()).reduce((all, { offset }) => all + offset, 0);
      return sum >= RECORDS ? true : undefined;
    }, full ? 600_000 : 180_000);
    over.abort();
    const visits = await intruding;
    assert.ok(visits > 2, `${visits} rebalances were made`);
    assert.ok(await observed > 5);
    assert.deepEqual(await sql.rows("SELECT COUNT(*), COUNT(DISTINCT n) FROM slow"), [[String(RECORDS), String(RECORDS)]]);
    const status = await program.status(NAME);
    assert.deepEqual(status?.tasks.map(({ state }) => state), ["RUNNING", "RUNNING"]);
  } finally {
    over.abort();
    await program.stop();
    await sql.dropDatabase();
    await Deno.remove(folder, { recursive: true });
  }
});

async function fill(topics: Topics): Promise<void> {
  await topics.create(NAME, PARTITIONS);
  const schema = '{"type":"struct","fields":[{"type":"int32","optional":false,"field":"n"}],"optional":false}';
  const bytes = (n: number) => new TextEncoder().encode(`{"schema":${schema},"payload":{"n":${n}}}`);
  const records = Array.from(
    { length: RECORDS },
    (_, n) => ({ key: null, value: bytes(n), partition: n % PARTITIONS, headers: [], timestamp: undefined }),
  );
  // No more at a time than a producer lets be on their way.
  for (let from = 0; from < RECORDS; from += 5000) await topics.produce(NAME, records.slice(from, from + 5000));
}

/** Looks at the committed offsets, then at the table, again and again: whatever was committed must be there. Returns how often it looked. */
async function observe(sql: Sql, signal: AbortSignal): Promise<number> {
  let looks = 0;
  for (; !signal.aborted; looks++) {
    for (const { partition, offset } of await committed()) {
      const rows = await sql.number(`SELECT COUNT(*) FROM slow WHERE __connect_partition = ${partition} AND __connect_offset < ${offset}`);
      assert.equal(
        rows,
        offset,
        `Offset ${offset} of partition ${partition} is committed, but only ${rows} rows before it are in the table`,
      );
    }
    await pause(100);
  }
  return looks;
}

/** A stranger joins the group, takes partitions but reads nothing, and leaves. Returns how often. */
async function intrude(signal: AbortSignal): Promise<number> {
  let visits = 0;
  for (; !signal.aborted; visits++) {
    const stranger = kafka.openConsumer({ "bootstrap.servers": broker.bootstrap, "group.id": `connect-${NAME}` }, false, () => {});
    stranger.subscribe([NAME]);
    for (const until = Date.now() + STAY_MS; Date.now() < until && !signal.aborted; await pause(50)) {
      const event = stranger.event();
      if (event?.is === "assigned") stranger.assign(event.partitions.map((partition) => ({ ...partition, offset: null })));
      if (event?.is === "revoked") stranger.unassign(event.partitions);
    }
    await stranger.close(5_000);
    await pause(STAY_MS);
  }
  return visits;
}

async function committed(): Promise<readonly { readonly partition: number; readonly offset: number }[]> {
  const admin = kafka.openAdmin({ "bootstrap.servers": broker.bootstrap }, () => {});
  try {
    return await admin.groupOffsets(`connect-${NAME}`);
  } finally {
    admin.close();
  }
}
