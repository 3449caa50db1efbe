/**
 * Worker, database and broker are killed in turn while rows go from a table to a topic, and from a topic to a table: no row is lost.
 * `SLUICE_TEST_FULL=1` (`deno task test --full`): 20 kills of each; `SLUICE_TEST_SEED` chooses other instants.
 */
import assert from "node:assert/strict";
import { BareProducer } from "../bench/bare_producer.ts";
import { sharedBroker } from "../broker.ts";
import { sharedServer } from "../databases.ts";
import type { Sql } from "../sql.ts";
import { pause, until } from "../until.ts";
import { seeded } from "./random.ts";
import { TableGround, VICTIMS } from "./table_ground.ts";

const full = Deno.env.get("SLUICE_TEST_FULL") === "1";
const kills = full ? 20 : 1;
const seed = Number(Deno.env.get("SLUICE_TEST_SEED") ?? 20_260_101);
const broker = sharedBroker(), mariadb = sharedServer("mariadb");
const missing = broker.missing || mariadb.missing;
const because = broker.because || mariadb.because;
const shared = { ignore: missing, sanitizeOps: false, sanitizeResources: false } as const; // librdkafka's threads answer when they like
const NAME = "crash";
const TOPIC = "kill-sink";
/** At 200 a transaction they last about as long as the pause before a kill. */
const RECORDS_PER_STRIKE = 20_000;
/** All must be there in time once the faults are over. */
const DELIVERY_MS = 120_000;

Deno.test({
  name: `JdbcSource: worker, database and broker killed ${kills} times each (seed ${seed}) lose no row of a growing table${because}`,
  ...shared,
}, async () => {
  await using ground = await TableGround.lay();
  await ground.sql.rows("CREATE TABLE source (id int NOT NULL PRIMARY KEY, text varchar(50) NOT NULL)");
  const writer = new RowWriter(ground.sql);
  await ground.program.put(NAME, {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    ...ground.connection,
    "mode": "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "source",
    "topic.prefix": "kill-",
    "poll.interval.ms": "50",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    "connection.attempts": "100",
    "connection.backoff.ms": "100",
  });
  await strikes(ground, () => ground.topics.count("kill-source"));
  const rows = await writer.stop();
  assert.ok(rows > 1000, `${rows} rows are enough to hit something`);
  await until(`row ${rows} is in the topic`, async () => await lastId(ground) >= rows ? true : undefined, DELIVERY_MS);
  await expectEveryRow(ground, rows);
  await ground.expectUnfailed(NAME);
});

Deno.test({
  name:
    `JdbcSink: worker, database and broker killed ${kills} times each (seed ${seed}) leave the table equal to the topic's latest values${because}`,
  ...shared,
}, async () => {
  await using ground = await TableGround.lay();
  const feed = new Feed(ground);
  await ground.topics.create(TOPIC);
  await ground.sql.rows("CREATE TABLE sink (id int NOT NULL PRIMARY KEY, seq int NOT NULL, text varchar(50) NULL, KEY (seq))");
  await ground.program.put(NAME, {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    ...ground.connection,
    "topics": TOPIC,
    "table.name.format": "sink",
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "pk.fields": "id",
    "delete.enabled": "true",
    "consumer.override.max.poll.records": "200", // many small transactions, so that kills hit their middle
    "connection.attempts": "100",
    "connection.backoff.ms": "100",
    "retry.backoff.ms": "100",
  });
  await strikes(ground, () => ground.sql.number("SELECT COALESCE(MAX(seq), 0) FROM sink"), () => feed.more());
  await until("every record is committed", async () => await committed(ground) >= feed.count ? true : undefined, DELIVERY_MS);
  const found = await settled(() => ground.sql.rows("SELECT id, seq, text FROM sink ORDER BY id"));
  assert.deepEqual(found.map((row) => row.join()), feed.rows());
  await ground.expectUnfailed(NAME);
});

/** Kills each victim `kills` times, in random order, each time after some progress and at a random instant. */
async function strikes(ground: TableGround, progress: () => Promise<number>, feed?: () => Promise<void>): Promise<void> {
  const random = seeded(seed);
  const order = VICTIMS.flatMap((victim) => Array.from({ length: kills }, () => victim))
    .map((victim) => ({ victim, at: random() })).sort((a, b) => a.at - b.at);
  for (const { victim } of order) {
    const before = await settled(progress);
    await feed?.();
    await until("something moves", async () => {
      await ground.expectUnfailed(NAME);
      return await settled(progress) > before ? true : undefined;
    }, DELIVERY_MS);
    await pause(random() * 300);
    await ground.strike(victim);
  }
}

/** The server that is asked may just have been killed. */
async function settled<T>(ask: () => Promise<T>): Promise<T> {
  return await until("the servers answer", () => ask().catch(() => undefined), DELIVERY_MS);
}

/** Writes rows 1, 2, 3 … in small transactions until it is stopped, whatever happens to the server. */
class RowWriter {
  readonly #sql: Sql;
  readonly #done: Promise<number>;
  #stopped = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#done = this.#write();
  }

  /** Ends it; the id of the last row. */
  stop(): Promise<number> {
    this.#stopped = true;
    return this.#done;
  }

  async #write(): Promise<number> {
    for (;;) {
      try {
        const last = await this.#sql.number("SELECT COALESCE(MAX(id), 0) FROM source");
        if (this.#stopped) return last;
        const rows = Array.from({ length: 50 }, (_, i) => `(${last + 1 + i}, 'row ${last + 1 + i}')`);
        await this.#sql.rows(`INSERT INTO source VALUES ${rows.join()}`);
      } catch {
        await pause(50); // the server is away: what it took is asked for when it is back
      }
      await pause(5);
    }
  }
}

async function lastId(ground: TableGround): Promise<number> {
  let last = 0;
  await ground.topics.forEach("kill-source", ({ value }) => last = Math.max(last, idOf(value)));
  return last;
}

/** Ids come one after the other; after a kill the topic may go back, but never skips. */
async function expectEveryRow(ground: TableGround, rows: number): Promise<void> {
  let furthest = 0;
  await ground.topics.forEach("kill-source", ({ value }) => {
    const id = idOf(value);
    assert.ok(id <= furthest + 1, `Row ${id} follows row ${furthest}: rows between them are missing`);
    furthest = Math.max(furthest, id);
  });
  assert.equal(furthest, rows);
}

function idOf(value: Uint8Array | null): number {
  return Number(/"id":(\d+)/.exec(new TextDecoder().decode(value ?? new Uint8Array()))?.[1]);
}

/** Upserts and deletes of few keys, each record numbered. */
class Feed {
  readonly #ground: TableGround;
  readonly #random = seeded(seed + 1);
  /** The row each key is left with, null for a deleted one. */
  readonly #latest = new Map<number, string | null>();
  count = 0;

  constructor(ground: TableGround) {
    this.#ground = ground;
  }

  /** Writes some more, enough to be hit in their middle. */
  async more(): Promise<void> {
    const producer = new KeyedProducer(this.#ground.broker.bootstrap, TOPIC);
    for (const last = this.count + RECORDS_PER_STRIKE; this.count < last;) {
      const id = Math.floor(this.#random() * 5000);
      const isDelete = this.#random() < 0.1;
      const seq = ++this.count;
      const text = `value ${seq} of ${id} ž`;
      this.#latest.set(id, isDelete ? null : `${id},${seq},${text}`);
      producer.send(KEY(id), isDelete ? null : VALUE(id, seq, text));
    }
    await producer.close();
  }

  /** The rows that must be left in the end, as text, by key. */
  rows(): string[] {
    return [...this.#latest].sort(([a], [b]) => a - b).flatMap(([, row]) => row ?? []);
  }
}

const KEY = (id: number) =>
  `{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"optional":false},"payload":{"id":${id}}}`;
const VALUE = (id: number, seq: number, text: string) =>
  `{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"},{"type":"int32","optional":false,"field":"seq"},` +
  `{"type":"string","optional":true,"field":"text"}],"optional":false},"payload":{"id":${id},"seq":${seq},"text":"${text}"}}`;

/** Hands records over in calls of a thousand. */
class KeyedProducer {
  readonly #records: { readonly key: Uint8Array; readonly value: Uint8Array | null }[] = [];
  readonly #producer: BareProducer;

  constructor(bootstrap: string, topic: string) {
    this.#producer = new BareProducer(bootstrap, topic, null, [], 1000);
  }

  send(key: string, value: string | null): void {
    const encoder = new TextEncoder();
    this.#records.push({ key: encoder.encode(key), value: value === null ? null : encoder.encode(value) });
    if (this.#records.length === 1000) this.#flush();
  }

  async close(): Promise<void> {
    this.#flush();
    this.#producer.finish();
    await this.#producer.close();
  }

  #flush(): void {
    this.#producer.sendKeyed(this.#records);
    this.#records.length = 0;
  }
}

async function committed(ground: TableGround): Promise<number> {
  const answer = await ground.program.ask("GET", `/connectors/${NAME}/offsets`);
  if (answer.status !== 200) return 0;
  const { offsets } = JSON.parse(new TextDecoder().decode(answer.body)) as { offsets: { offset: { kafka_offset: number } }[] };
  return offsets.reduce((sum, { offset }) => sum + offset.kafka_offset, 0);
}
