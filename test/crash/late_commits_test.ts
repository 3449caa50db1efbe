/**
 * Writers whose transactions commit out of order: no row is missed, with default settings. `SLUICE_TEST_FULL=1` (`deno task test --full`): two
 * minutes of writing, else twenty seconds.
 */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { type DatabaseKind, sharedServer } from "../databases.ts";
import { Program } from "../program.ts";
import { Sql } from "../sql.ts";
import { Topics } from "../topics.ts";
import { pause, until } from "../until.ts";
import { seeded } from "./random.ts";

const full = Deno.env.get("SLUICE_TEST_FULL") === "1";
const WRITE_MS = full ? 120_000 : 20_000;
/** The longest a transaction stays open. */
const LONGEST_MS = 8_000;
const WRITERS = 8;
const seed = Number(Deno.env.get("SLUICE_TEST_SEED") ?? 20_260_101);
const broker = sharedBroker();

const TABLES: Readonly<Partial<Record<DatabaseKind, string>>> = {
  mariadb: "id int NOT NULL AUTO_INCREMENT PRIMARY KEY, writer int NOT NULL, changed datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)",
  mysql: "id int NOT NULL AUTO_INCREMENT PRIMARY KEY, writer int NOT NULL, changed datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)",
  // clock_timestamp() is when the row was written; CURRENT_TIMESTAMP would be when its transaction began.
  postgres: "id serial PRIMARY KEY, writer int NOT NULL, changed timestamp NOT NULL DEFAULT clock_timestamp()",
};

for (const [kind, columns] of Object.entries(TABLES) as [DatabaseKind, string][]) {
  if (kind === "mysql" && !full) continue;
  const server = sharedServer(kind);
  Deno.test({
    name: `JdbcSource: rows of ${kind} that commit up to ${LONGEST_MS / 1000} s late are all sent, once, for ${
      WRITE_MS / 1000
    } s (seed ${seed})${broker.because || server.because}`,
    ignore: broker.missing || server.missing,
    sanitizeOps: false, // librdkafka's threads answer when they like
    sanitizeResources: false,
    fn: async () => {
      const database = `late_${Deno.pid}`;
      const sql = new Sql({ kind, ...server }, database);
      await sql.makeDatabase();
      const folder = await Deno.makeTempDir({ prefix: "sluice-late-" });
      await using topics = new Topics(broker.bootstrap);
      await using program = await Program.start({ bootstrap: broker.bootstrap, data: folder });
      try {
        await sql.rows(`CREATE TABLE late (${columns})`);
        const modes = ["incrementing", "timestamp+incrementing"] as const;
        const prefixes = modes.map((_, i) => `late-${Deno.pid}-${kind}-${i}-`);
        for (const [i, mode] of modes.entries()) {
          await program.put(prefixes[i] as string, {
            "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
            "connection.url": `jdbc:${kind === "postgres" ? "postgresql" : "mysql"}://${server.host}:${server.port}/${database}`,
            "connection.user": server.user,
            "connection.password": server.password,
            "mode": mode,
            "incrementing.column.name": "id",
            ...(mode === "incrementing" ? {} : { "timestamp.column.name": "changed" }),
            "table.whitelist": "late",
            "topic.prefix": prefixes[i] as string,
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": "false",
          });
        }
        await write({ kind, ...server }, database);
        const wanted = (await sql.rows("SELECT id FROM late ORDER BY id")).map(([id]) => Number(id));
        assert.ok(wanted.length > WRITERS, `${wanted.length} rows were written`);
        for (const prefix of prefixes) {
          await until(
            `every row is in ${prefix}late`,
            async () => await topics.count(`${prefix}late`) >= wanted.length ? true : undefined,
            60_000,
          );
          const found = (await topics.all(`${prefix}late`)).map(({ value }) =>
            Number(/"id":(\d+)/.exec(new TextDecoder().decode(value ?? undefined))?.[1])
          );
          assert.deepEqual(found.sort((a, b) => a - b), wanted);
        }
      } finally {
        await program.stop();
        await sql.dropDatabase();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Connections that each insert, wait, commit, over and over; now and then one rolls back, which leaves a gap for ever. */
async function write(server: ConstructorParameters<typeof Sql>[0], database: string): Promise<void> {
  const end = Date.now() + WRITE_MS;
  await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
    const random = seeded(seed + writer);
    const sql = new Sql(server, database);
    while (Date.now() < end) {
      await sql.rows("START TRANSACTION");
      for (let i = 0; i < 3; i++) await sql.rows(`INSERT INTO late (writer) VALUES (${writer})`);
      // Half of them commit at once, so that ids far apart appear in any order.
      if (random() < 0.5) await pause(random() * LONGEST_MS);
      await sql.rows(random() < 0.1 ? "ROLLBACK" : "COMMIT");
      await pause(random() * 50);
    }
    await sql.close();
  }));
}
