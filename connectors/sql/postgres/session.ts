import { ConfigError } from "sdk";
import { addColumnsSql, createTableSql } from "../ddl.ts";
import type {
  Cursor,
  Moment,
  NewColumn,
  Query,
  RowWriter,
  Session,
  SessionOptions,
  SqlPart,
  TableDefinition,
  TypeMapping,
  WriteTarget,
} from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import type { TableId } from "../table_id.ts";
import { describeTable, listTables, oldestTransactionMs } from "./catalog.ts";
import type { Connected } from "./connect.ts";
import { BlockPool } from "./copy_out.ts";
import { CopyCursor, type ReadRules } from "./cursor.ts";
import { columnTypeSql, ddlWords } from "./ddl_words.ts";
import { DescribeExchange } from "./exchange.ts";
import type { Link } from "./link.ts";
import { QUOTE, statementText } from "./literals.ts";
import { OID } from "./column_types.ts";
import { ResultFields } from "./result_fields.ts";
import { PostgresRowWriter, WriteBuffers } from "./row_writer.ts";

/** Longest name in bytes (NAMEDATALEN - 1). */
const MAX_NAME_BYTES = 63;
const ISOLATION: Readonly<Record<string, string>> = {
  READ_UNCOMMITTED: "READ UNCOMMITTED",
  READ_COMMITTED: "READ COMMITTED",
  REPEATABLE_READ: "REPEATABLE READ",
  SERIALIZABLE: "SERIALIZABLE",
};
/** Types that `execute` gives as numbers where they fit one. */
const NUMBERS = new Set<number>([OID.int2, OID.int4, OID.int8, OID.oid, OID.float4, OID.float8]);

/** Names of isolation modes, as configs have them. */
export const isolationModes: readonly string[] = Object.keys(ISOLATION);

/** A connection to PostgreSQL. */
export class PostgresSession implements Session {
  readonly product: string;
  readonly quote: string;
  readonly current: { readonly catalog: string; readonly schema: string | null };
  readonly #link: Link;
  readonly #options: SessionOptions;
  readonly #fields: ResultFields;
  readonly #pool = new BlockPool();
  readonly #buffers = new WriteBuffers();
  readonly #isUnchecked: boolean;
  #hasSavepoint = false;

  constructor({ link, greeting }: Connected, options: SessionOptions) {
    this.#link = link;
    this.#options = options;
    this.#fields = new ResultFields(link, options.log);
    this.#isUnchecked = greeting.encoding === "SQL_ASCII";
    this.product = `PostgreSQL ${greeting.version}`;
    this.quote = options.isUnquoted ? "" : QUOTE;
    this.current = { catalog: greeting.catalog, schema: greeting.schema };
  }

  tableId(parts: readonly string[]): TableId {
    if (parts.length === 0 || parts.length > 3) {
      throw new ConfigError(
        `Cannot use "${parts.join(".")}" as a table name: PostgreSQL has table, schema.table and database.schema.table`,
      );
    }
    const [name = "", schema = null, catalog = null] = parts.map((part) => this.#spelled(part)).reverse();
    return { catalog, schema, name };
  }

  async tables(
    catalog: string | null,
    schema: string | null,
    types: readonly string[],
  ): Promise<readonly { readonly id: TableId; readonly type: string }[]> {
    if (catalog !== null && catalog !== this.current.catalog) return [];
    return await listTables(this.#link, schema, types);
  }

  async describe(id: TableId): Promise<TableDefinition | null> {
    return await describeTable(this.#link, id, this.current.catalog);
  }

  async now(): Promise<Moment> {
    const { rows } = await this.#link.ask("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::int8");
    const micros = Number(rows[0]?.[0]);
    const seconds = Math.floor(micros / 1e6);
    return { ms: Math.floor(micros / 1000), nanos: (micros - seconds * 1e6) * 1000 };
  }

  async oldestWriterMs(): Promise<number | null> {
    return await oldestTransactionMs(this.#link);
  }

  async prepare(parts: readonly SqlPart[]): Promise<void> {
    await this.#link.run(new DescribeExchange(this.#text(parts)));
  }

  async open({ parts, limit, suffix, mapping }: Query): Promise<Cursor> {
    const head = this.#text(parts).replace(/[;\s]+$/, "");
    const text = [head, limit === null ? "" : `LIMIT ${limit}`, suffix.replace(/[;\s]+$/, "")].filter((part) => part !== "").join("\n");
    const fields = await this.#fields.describe(text, mapping);
    return new CopyCursor(text, fields, this.#link, this.#pool, this.#readRules(mapping));
  }

  async setIsolation(mode: string): Promise<void> {
    const level = ISOLATION[mode];
    if (level === undefined) throw new ConfigError(`Cannot use "${mode}" as isolation: PostgreSQL has ${isolationModes.join(", ")}`);
    await this.#link.ask(`SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ${level}`);
  }

  columnType(column: NewColumn): string | null {
    return columnTypeSql(column);
  }

  async createTable(id: TableId, columns: readonly NewColumn[]): Promise<void> {
    await this.#link.ask(createTableSql(id, columns, ddlWords(this.quote, this.#options.zone)));
  }

  async addColumns(id: TableId, columns: readonly NewColumn[]): Promise<void> {
    await this.#link.ask(addColumnsSql(id, columns, ddlWords(this.quote, this.#options.zone)));
  }

  writer(target: WriteTarget): RowWriter {
    const { zone, isJulianBefore1582 } = this.#options;
    return new PostgresRowWriter(this.#link, this.#buffers, target, this.quote, { zone, isJulianBefore1582, dateZone: target.dateZone });
  }

  async execute(sql: string): Promise<readonly (readonly (string | number | null)[])[]> {
    const { fields, rows } = await this.#link.ask(sql);
    return rows.map((row) =>
      row.map((text, i) => {
        if (text === null || !NUMBERS.has(fields[i]?.dataTypeID ?? 0)) return text;
        const number = Number(text);
        return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
      })
    );
  }

  async begin(): Promise<void> {
    this.#hasSavepoint = false;
    await this.#link.ask("BEGIN");
  }

  async commit(): Promise<void> {
    this.#hasSavepoint = false;
    const { tag } = await this.#link.ask("COMMIT");
    // The server says so, and no more, when a statement had failed.
    if (tag === "ROLLBACK") {
      throw new SqlError("The transaction was rolled back, as one of its statements had failed", { kind: "fatal", sqlState: "25P02" });
    }
  }

  async rollback(): Promise<void> {
    this.#hasSavepoint = false;
    await this.#link.ask("ROLLBACK");
  }

  async savepoint(): Promise<void> {
    // One after the other, so that a long bisection does not pile them up.
    await this.#link.ask(`${this.#hasSavepoint ? "RELEASE SAVEPOINT sluice; " : ""}SAVEPOINT sluice`);
    this.#hasSavepoint = true;
  }

  async rollbackToSavepoint(): Promise<void> {
    await this.#link.ask("ROLLBACK TO SAVEPOINT sluice");
  }

  async isAlive(): Promise<boolean> {
    if (this.#link.lost !== null) return false;
    const limit = AbortSignal.timeout(5_000); // as upstream's driver ping
    const give = () => this.#link.drop("The server did not answer within 5 s");
    limit.addEventListener("abort", give, { once: true });
    try {
      await this.#link.ask("");
      return true;
    } catch (error) {
      if (error instanceof SqlError) return !error.isConnectionLost;
      throw error;
    } finally {
      limit.removeEventListener("abort", give);
    }
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #text(parts: readonly SqlPart[]): string {
    return statementText(parts, this.quote, this.#options);
  }

  #readRules({ granularity }: TypeMapping): ReadRules {
    const { zone, isJulianBefore1582 } = this.#options;
    return { zone, isJulianBefore1582, granularity, isUnchecked: this.#isUnchecked };
  }

  /** A name as the server would keep it: cut to its limit, between characters; in small letters when nothing is quoted. */
  #spelled(name: string): string {
    const folded = this.#options.isUnquoted ? name.toLowerCase() : name;
    const bytes = new TextEncoder().encode(folded);
    if (bytes.length <= MAX_NAME_BYTES) return folded;
    let end = MAX_NAME_BYTES;
    while (((bytes[end] as number) & 0xc0) === 0x80) end--;
    return new TextDecoder().decode(bytes.subarray(0, end));
  }
}
