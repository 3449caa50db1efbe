/**
 * A database that takes everything and keeps nothing: statements are made to the last byte, as for MySQL, and dropped where they would be
 * sent. What a sink costs without any database.
 */
import { type Column, utf8Bytes } from "sdk";
import type { ColumnDefinition, Dialect, RowWriter, Session, SessionOptions, WriteTarget } from "../../../connectors/sql/dialect.ts";
import { CellWriter } from "../../../connectors/sql/mysql/cell_writer.ts";
import { SqlBytes } from "../../../connectors/sql/mysql/sql_bytes.ts";
import { ORDER_COLUMNS } from "./order_rows.ts";

/** Rows of a statement, as MySQL's writer has them. */
const STATEMENT_ROWS = 3000;

/** `jdbc:null:FILE`: the file holds how many rows were committed. */
export const nullDialect: Dialect = {
  name: "NullDatabaseDialect",
  subprotocols: ["null"],
  isolationModes: [],
  target: ({ url }) => ({ shown: url, secrets: [], ignored: [] }),
  connect: (target, options) => Promise.resolve(nullSession(options, target.shown.slice("jdbc:null:".length))),
};

function nullSession(options: SessionOptions, file: string): Session {
  let rows = 0;
  const done = () => Promise.resolve();
  const none = () => Promise.reject(new Error("The null database is written to and nothing else"));
  return {
    product: "nothing",
    quote: "`",
    current: { catalog: null, schema: null },
    tableId: (parts) => ({ catalog: null, schema: null, name: parts.join(".") }),
    describe: (id) => Promise.resolve({ id, type: "TABLE", columns: ORDER_COLUMNS.map(columnOf), uniqueKeys: [] }),
    tables: none,
    now: none,
    oldestWriterMs: none,
    prepare: none,
    learn: none,
    open: none,
    setIsolation: none,
    columnType: () => "TEXT",
    createTable: none,
    addColumns: none,
    writer: (target) => new NullWriter(target, options, (count) => rows += count),
    execute: none,
    begin: done,
    commit: () => {
      Deno.writeTextFileSync(file, String(rows));
      return Promise.resolve();
    },
    rollback: done,
    savepoint: done,
    rollbackToSavepoint: done,
    isAlive: () => Promise.resolve(true),
    close: done,
  };
}

function columnOf(name: string, index: number): ColumnDefinition {
  return { name, typeName: "int", isNullable: index > 0, isAutoIncrement: false, keyPosition: index === 0 ? 1 : 0 };
}

class NullWriter implements RowWriter {
  readonly #out = new SqlBytes(1 << 20);
  readonly #head: Uint8Array;
  readonly #cells: readonly CellWriter[];
  readonly #count: (rows: number) => void;

  constructor({ table, columns, dateZone }: WriteTarget, { zone, isJulianBefore1582 }: SessionOptions, count: (rows: number) => void) {
    this.#count = count;
    this.#head = utf8Bytes(`INSERT INTO ${table.name}(${columns.map(({ name }) => name).join(",")}) VALUES`);
    const syntax = { quote: "`", hasBackslashEscapes: true, zone, isJulianBefore1582 };
    this.#cells = columns.map((column) => new CellWriter(column, dateZone, syntax));
  }

  /** A turn of the event loop for each statement, as one that is sent takes. */
  async write(columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += STATEMENT_ROWS) {
      this.#build(columns, rows, at, Math.min(to, at + STATEMENT_ROWS));
      await new Promise((resolve) => setImmediate(resolve));
      this.#count(Math.min(to, at + STATEMENT_ROWS) - at);
    }
  }

  #build(columns: readonly Column[], rows: Int32Array, from: number, to: number): void {
    const out = this.#out;
    out.used = 0;
    out.add(this.#head);
    for (let i = from; i < to; i++) {
      const row = rows[i] as number;
      for (let c = 0; c < columns.length; c++) {
        this.#mark(c === 0 ? (i === from ? OPEN : NEXT_ROW) : COMMA);
        (this.#cells[c] as CellWriter).write(out, columns[c] as Column, row);
      }
      this.#mark(CLOSE);
    }
  }

  #mark(text: Uint8Array): void {
    const out = this.#out;
    out.reserve(text.length);
    const { bytes } = out;
    let at = out.used;
    for (let i = 0; i < text.length; i++) bytes[at++] = text[i] as number;
    out.used = at;
  }
}

const [OPEN, NEXT_ROW, COMMA, CLOSE] = [utf8Bytes("("), utf8Bytes(",("), utf8Bytes(","), utf8Bytes(")")] as const;
