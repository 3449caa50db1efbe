/** The CSV of the benches and crash tests: the same bytes for the same row number, always. */

/** One column: its name, and the type it has in typed runs. */
export interface BenchColumn {
  readonly name: string;
  readonly type: "INT64" | "INT32" | "FLOAT64" | "BOOLEAN" | "TIMESTAMP" | "DECIMAL" | "STRING";
}

/** Ten columns, about 150 bytes a row. Decimals have two digits after the point. */
export const COLUMNS: readonly BenchColumn[] = [
  { name: "id", type: "INT64" },
  { name: "first_name", type: "STRING" },
  { name: "last_name", type: "STRING" },
  { name: "email", type: "STRING" },
  { name: "age", type: "INT32" },
  { name: "score", type: "FLOAT64" },
  { name: "active", type: "BOOLEAN" },
  { name: "last_login", type: "TIMESTAMP" },
  { name: "balance", type: "DECIMAL" },
  { name: "comment", type: "STRING" },
];

/** First line of every file. */
export const HEADER_LINE = COLUMNS.map((column) => column.name).join(",") + "\n";

const FIRST = ["Phineas", "Mina", "Ottilie", "Bertram", "Soraya", "Caspar", "Ludmila", "Anselm", "Friedrike", "Wilhelmina"];
const LAST = ["Frede", "O'Shea", "Lindqvist", "Marchetti", "Vandersteen", "Abernathy", "Kowalczyk", "Thorvaldsen"];
const WORDS = ["prefers", "delivery", "before", "noon", "called", "about", "invoice", "wants", "paper", "receipts", "moved", "lately"];
/** One row in five has a quoted field, and one of those letters beyond ASCII. */
const DIRTY_EVERY = 5;
const NON_ASCII_EVERY = 25;
const ROWS_PER_WRITE = 5_000;

/** Row `id` without its line end. */
export function csvRow(id: number): string {
  const a = mixed(id), b = mixed(a), c = mixed(b);
  const first = FIRST[a % FIRST.length] as string, last = LAST[b % LAST.length] as string;
  const email = `${first.toLowerCase()}.${last.replace("'", "").toLowerCase()}${a % 1000}@mail${c % 90}.example.org`;
  const login = `20${two(10 + a % 15)}-${two(1 + b % 12)}-${two(1 + c % 28)}T${two(a % 24)}:${two(b % 60)}:${two(c % 60)}`;
  const score = `${a % 1000}.${1 + b % 9}`, balance = `${c % 100_000}.${two(a % 100)}`;
  return `${id},${first},${last},${email},${18 + b % 70},${score},${c % 2 === 0},${login},${balance},${comment(id, a, b, c)}`;
}

function comment(id: number, a: number, b: number, c: number): string {
  const words = [a, b, c, a >>> 8, b >>> 8, c >>> 8].map((n) => WORDS[n % WORDS.length] as string);
  if (id % DIRTY_EVERY !== 0) return words.join(" ");
  if (id % NON_ASCII_EVERY === 0) words[0] = "möchte “später”";
  return `"${words.slice(0, 3).join(" ")}, ""${words.slice(3).join(" ")}"""`;
}

/** Writes a file with a header line and rows `first` … `first + rows - 1`; the first id is 1 unless said. Returns its size in bytes. */
export async function writeCsv(path: string, rows: number, first = 1): Promise<number> {
  using file = await Deno.open(path, { create: true, truncate: true, write: true });
  const encoder = new TextEncoder();
  let size = await writeAll(file, encoder.encode(HEADER_LINE));
  for (let at = 0; at < rows; at += ROWS_PER_WRITE) {
    size += await writeAll(file, encoder.encode(block(first + at, Math.min(ROWS_PER_WRITE, rows - at))));
  }
  return size;
}

/** Writes a file of about `bytes` by repeating one block of rows, which is as fast as the disk. Returns how many rows it has. */
export async function writeRepeatedCsv(path: string, bytes: number): Promise<number> {
  const rowsPerBlock = 50_000;
  const encoder = new TextEncoder();
  const repeated = encoder.encode(block(1, rowsPerBlock));
  using file = await Deno.open(path, { create: true, truncate: true, write: true });
  await writeAll(file, encoder.encode(HEADER_LINE));
  const blocks = Math.max(1, Math.round(bytes / repeated.length));
  for (let i = 0; i < blocks; i++) await writeAll(file, repeated);
  return blocks * rowsPerBlock;
}

function block(first: number, rows: number): string {
  let text = "";
  for (let id = first; id < first + rows; id++) text += csvRow(id) + "\n";
  return text;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<number> {
  let at = 0;
  while (at < bytes.length) at += await file.write(bytes.subarray(at));
  return bytes.length;
}

/** A 32-bit hash that spreads neighbours well (the finaliser of MurmurHash3). */
function mixed(n: number): number {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
