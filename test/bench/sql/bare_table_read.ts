/**
 * The yardstick of sources: table → row bytes → JSON → librdkafka → acknowledgements in one straight loop over keyset pages, with no worker, no
 * connector, no offsets. Prints one line of JSON, a `BareResult`.
 *
 *   deno run -A --no-check test/bench/sql/bare_table_read.ts --kind K --port P --bootstrap H:P --table T --topic T [--no-schemas]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import mysql from "mysql2";
import pg from "pg";
import { DATABASE_PASSWORD, DATABASE_USER } from "../../database_server.ts";
import type { BareResult } from "../bare_loop.ts";
import { BareProducer } from "../bare_producer.ts";
import { type Cells, OrderWriter } from "./bare_order_writer.ts";
import { DATABASE } from "./bench_server.ts";

const PAGE_ROWS = 5000;
const COLUMNS = 8;
const ROWS_PER_CALL = 1000;

/** Gives page after page: the cells of the next rows behind `id`. */
interface Reader {
  page(id: number): Promise<Cells>;
  close(): void;
}

async function run(reader: Reader, bootstrap: string, topic: string, schemas: boolean): Promise<BareResult> {
  const producer = new BareProducer(bootstrap, topic, null, [], ROWS_PER_CALL);
  const writer = new OrderWriter(schemas);
  const slices = new Int32Array(ROWS_PER_CALL + 1);
  const started = performance.now(), cpu = process.cpuUsage();
  let rows = 0;
  let next = reader.page(0);
  for (;;) {
    const cells = await next;
    if (cells.rows === 0) break;
    next = reader.page(writer.id(cells, cells.rows - 1)); // under way while this one is written
    for (let from = 0; from < cells.rows; from += ROWS_PER_CALL) {
      const count = Math.min(ROWS_PER_CALL, cells.rows - from);
      writer.write(producer.arena, cells, from, count, slices);
      producer.sendBatch(slices, count);
    }
    rows += cells.rows;
  }
  producer.finish();
  const used = process.cpuUsage(cpu), seconds = (performance.now() - started) / 1000;
  await producer.close();
  reader.close();
  return { rows, seconds, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** Two tables of cells in turn: one is filled while the other is written. */
class Turns {
  readonly #cells = [0, 1].map((): Cells => ({ bytes: new Uint8Array(1 << 21), at: new Int32Array(PAGE_ROWS * COLUMNS * 2), rows: 0 }));
  #turn = 0;

  next(): Cells {
    const cells = this.#cells[this.#turn ^= 1] as Cells;
    cells.rows = 0;
    return cells;
  }
}

/** What is used of mysql2's packets and commands beyond its documented interface. */
interface RowPacket {
  readonly buffer: Uint8Array;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}
interface RowCommand {
  row(packet: RowPacket, connection: unknown): unknown;
}

/** MySQL's text protocol: the bytes of a row as they come, cell by cell. */
function mysqlReader(port: number, table: string): Reader {
  const connection = mysql.createConnection({
    host: "127.0.0.1",
    port,
    user: DATABASE_USER,
    password: DATABASE_PASSWORD,
    database: DATABASE,
  });
  const turns = new Turns();
  return {
    page: (id) =>
      new Promise((resolve, reject) => {
        const cells = turns.next();
        let used = 0;
        const sql = `SELECT * FROM ${table} WHERE id > ${id} ORDER BY id LIMIT ${PAGE_ROWS}`;
        const command = connection.query(sql, (error) => error === null ? resolve(cells) : reject(error)) as unknown as RowCommand;
        const atEnd = command.row;
        command.row = function (packet, connection) {
          if (packet.isEOF()) return atEnd.call(this, packet, connection);
          used = copyRow(packet, cells, used);
          return command.row;
        };
      }),
    close: () => connection.end(),
  };
}

function copyRow(packet: RowPacket, cells: Cells, used: number): number {
  const { buffer, end } = packet;
  const { bytes, at } = cells;
  const base = used - packet.offset;
  let w = cells.rows++ * COLUMNS * 2;
  for (let p = packet.offset; p < end;) {
    const length = buffer[p++] as number; // cells of this table are shorter than 251 bytes
    at[w++] = length === 251 ? -1 : base + p;
    if (length !== 251) p += length;
    at[w++] = base + p;
  }
  bytes.set(buffer.subarray(packet.offset, end), used);
  return used + end - packet.offset;
}

/** What is used of pg's connections beyond its documented interface. */
interface CopyConnection {
  query(text: string): void;
}

/** PostgreSQL's COPY: lines of text. This table has no byte that COPY would escape. */
async function postgresReader(port: number, table: string): Promise<Reader> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: DATABASE_USER, password: DATABASE_PASSWORD, database: DATABASE });
  await client.connect();
  const turns = new Turns();
  return {
    page: (id) =>
      new Promise((resolve, reject) => {
        const cells = turns.next();
        let used = 0;
        const text = `COPY (SELECT * FROM ${table} WHERE id > ${id} ORDER BY id LIMIT ${PAGE_ROWS}) TO STDOUT`;
        client.query({
          submit: (connection: CopyConnection) => connection.query(text),
          handleCopyData({ chunk }: { chunk: Uint8Array }) {
            cells.bytes.set(chunk, used);
            let w = cells.rows++ * COLUMNS * 2;
            cells.at[w++] = used;
            for (let p = used, end = used + chunk.length; p < end; p++) {
              if ((cells.bytes[p] as number) > 10) continue;
              cells.at[w++] = p;
              cells.at[w++] = p + 1;
            }
            used += chunk.length;
          },
          handleCommandComplete() {},
          handleReadyForQuery: () => resolve(cells),
          handleError: reject,
        } as unknown as string);
      }),
    close: () => void client.end(),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kind: { type: "string", default: "mariadb" },
      port: { type: "string", default: "" },
      bootstrap: { type: "string", default: "" },
      table: { type: "string", default: "" },
      topic: { type: "string", default: "" },
      "no-schemas": { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  const reader = values.kind === "postgres" ? await postgresReader(port, values.table) : mysqlReader(port, values.table);
  const result = await run(reader, values.bootstrap, values.topic, !values["no-schemas"]);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result) + "\n"));
}
