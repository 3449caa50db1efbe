/**
 * The yardstick: file → scan → JSON → librdkafka → acknowledgements in one straight loop, with no worker, no connector, no
 * converter, no offsets. Runs as a process of its own and prints one line of JSON, a `BareResult`.
 *
 *   deno run -A --no-check test/bench/bare_loop.ts --bootstrap H:P --file F --topic T [--typed] [--no-schemas] [--headers]
 */
import { basename, dirname } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type BareHeader, BareProducer } from "./bare_producer.ts";
import { BareWriter, scan, scannedRows } from "./bare_writer.ts";

/** What the loop did. */
export interface BareResult {
  readonly rows: number;
  /** From the first byte read to the last acknowledgement. */
  readonly seconds: number;
  /** Of the whole process in that time. */
  readonly cpuSeconds: number;
}

const ROWS_PER_CALL = 1000;
const CHUNK_BYTES = 1 << 18;
const SPARE_BYTES = 16;

async function run(
  bootstrap: string,
  path: string,
  topic: string,
  typed: boolean,
  schemas: boolean,
  withHeaders: boolean,
): Promise<BareResult> {
  const headers = withHeaders ? spoolDirHeaders(path) : [];
  const producer = new BareProducer(bootstrap, topic, recordKey(schemas), headers, ROWS_PER_CALL);
  const writer = new BareWriter({ typed, schemas });
  const chunk = new Chunk(path);
  const scanned = scannedRows(ROWS_PER_CALL);
  const slices = new Int32Array(ROWS_PER_CALL + 1);
  const started = performance.now(), cpu = process.cpuUsage();
  let rows = 0;
  do {
    for (;;) {
      scan(chunk.bytes, chunk.at, chunk.end, scanned);
      if (scanned.rows === 0) break;
      writeAll(writer, producer, chunk, scanned, slices);
      if (withHeaders) producer.sendWithHeaders(slices, scanned.rows, rows + 1);
      else producer.sendBatch(slices, scanned.rows);
      rows += scanned.rows;
      chunk.at = scanned.next;
    }
  } while (chunk.fill());
  producer.finish();
  const used = process.cpuUsage(cpu), seconds = (performance.now() - started) / 1000;
  await producer.close();
  return { rows, seconds, cpuSeconds: (used.user + used.system) / 1e6 };
}

function writeAll(
  writer: BareWriter,
  producer: BareProducer,
  chunk: Chunk,
  scanned: ReturnType<typeof scannedRows>,
  slices: Int32Array,
): void {
  const { arena } = producer;
  arena.used = 0;
  for (let row = 0; row < scanned.rows; row++) {
    slices[row] = arena.used;
    arena.reserve(writer.bound(1024));
    writer.write(arena, chunk.bytes, chunk.view, scanned, row);
  }
  slices[scanned.rows] = arena.used;
}

/** A window on the file that always starts at a row. */
class Chunk {
  readonly bytes = new Uint8Array(CHUNK_BYTES + SPARE_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  readonly #file: Deno.FsFile;
  at = 0;
  end = 0;

  constructor(path: string) {
    this.#file = Deno.openSync(path);
    this.fill();
    this.at = this.bytes.indexOf(10) + 1; // the header line
  }

  /** Moves the cut-off row to the front and reads on. False at the end of the file. */
  fill(): boolean {
    this.bytes.copyWithin(0, this.at, this.end);
    this.end -= this.at;
    this.at = 0;
    const read = this.#file.readSync(this.bytes.subarray(this.end, CHUNK_BYTES));
    if (read === null) return false;
    this.end += read;
    this.bytes[this.end] = 10;
    return true;
  }
}

/** A generated schema without key fields makes an empty struct of every key. */
function recordKey(schemas: boolean): string {
  const schema = '{"type":"struct","fields":[],"optional":false,"name":"com.github.jcustenborder.kafka.connect.model.Key"}';
  return schemas ? `{"schema":${schema},"payload":{}}` : "{}";
}

/** The eight headers SpoolDir writes; the one that counts comes last here. */
function spoolDirHeaders(path: string): BareHeader[] {
  const { size, mtime } = Deno.statSync(path);
  const name = basename(path);
  return [
    { name: "file.name", value: name },
    { name: "file.name.without.extension", value: name.replace(/\.[^.]*$/, "") },
    { name: "file.path", value: path },
    { name: "file.parent.dir.name", value: basename(dirname(path)) },
    { name: "file.length", value: String(size) },
    { name: "file.last.modified", value: (mtime ?? new Date(0)).toISOString() },
    { name: "file.relative.path", value: name },
    { name: "file.offset", value: "" },
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: "string", default: "" },
      file: { type: "string", default: "" },
      topic: { type: "string", default: "" },
      typed: { type: "boolean", default: false },
      "no-schemas": { type: "boolean", default: false },
      headers: { type: "boolean", default: false },
    },
  });
  const result = await run(values.bootstrap, values.file, values.topic, values.typed, !values["no-schemas"], values.headers);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result) + "\n"));
}
