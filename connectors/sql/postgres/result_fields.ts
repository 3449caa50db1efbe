import type { Schema, TaskLog } from "sdk";
import type { ResultField, TypeMapping } from "../dialect.ts";
import type { PgField } from "./driver.ts";
import { DescribeExchange } from "./exchange.ts";
import { type ColumnType, columnTypeOf, LAST_SYSTEM_OID, numericDigits, OID } from "./column_types.ts";
import type { Link } from "./link.ts";

/** A column of a result with all that reading it takes. */
export interface FieldPlan extends ResultField {
  readonly type: ColumnType | null;
}

/** How long it is believed that a column still takes, or does not take, nulls. Types are asked for each time. */
const TRUST_MS = 1_000;

interface TypeEntry {
  readonly name: string;
  readonly isEnum: boolean;
}

/** Finds out what columns a statement has. The same array comes back for as long as nothing has changed, so that schemas can be kept. */
export class ResultFields {
  readonly #link: Link;
  readonly #log: TaskLog;
  readonly #types = new Map<number, TypeEntry>();
  /** By `table.column`: whether it takes nulls. */
  readonly #nullable = new Map<string, boolean>();
  #askedAt = -Infinity;
  /** The latest answers, by description, nullability and mapping. */
  readonly #plans = new Map<string, readonly FieldPlan[]>();

  constructor(link: Link, log: TaskLog) {
    this.#link = link;
    this.#log = log;
  }

  /** Throws a SqlError when the statement is not valid. */
  async describe(text: string, mapping: TypeMapping): Promise<readonly FieldPlan[]> {
    const { fields } = await this.#link.run(new DescribeExchange(text));
    await this.#learnTypes(fields);
    await this.#learnNullability(fields);
    const key = JSON.stringify([
      mapping,
      fields.map((field) => [field.name, field.dataTypeID, field.dataTypeModifier, this.#isNullable(field)]),
    ]);
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      if (this.#plans.size >= 64) this.#plans.clear();
      this.#plans.set(key, plan = fields.map((field) => this.#planOf(field, mapping)));
    }
    return plan;
  }

  #planOf(field: PgField, mapping: TypeMapping): FieldPlan {
    const { name: typeName, isEnum } = this.#types.get(field.dataTypeID) ?? { name: String(field.dataTypeID), isEnum: false };
    const type = columnTypeOf(
      { oid: field.dataTypeID, typmod: field.dataTypeModifier, isEnum, isNullable: this.#isNullable(field) },
      mapping,
    );
    const schema: Schema | null = type?.schema ?? null;
    if (mapping.numeric !== "none" && field.dataTypeID === OID.numeric && numericDigits(field.dataTypeModifier) === null) {
      this.#log.warn("Reads a numeric column without precision as a type that does not hold all its values", {
        column: field.name,
        type: schema?.type,
        "numeric.mapping": mapping.numeric,
      });
    }
    return { name: field.name, schema, typeName, type };
  }

  /** What is computed, or comes out of a view, may be null for all one knows. */
  #isNullable({ tableID, columnID }: PgField): boolean {
    return tableID === 0 || (this.#nullable.get(`${tableID}.${columnID}`) ?? true);
  }

  async #learnTypes(fields: readonly PgField[]): Promise<void> {
    const unknown = [...new Set(fields.map((field) => field.dataTypeID))].filter((oid) => !this.#types.has(oid));
    if (unknown.length === 0) return;
    const { rows } = await this.#link.ask(`SELECT oid, typname, typtype FROM pg_catalog.pg_type WHERE oid IN (${unknown.join(",")})`);
    for (const [oid, name, kind] of rows) {
      this.#types.set(Number(oid), { name: name ?? "", isEnum: kind === "e" && Number(oid) > LAST_SYSTEM_OID });
    }
  }

  /** Columns of a domain that refuses nulls count as NOT NULL, as in pgjdbc. */
  async #learnNullability(fields: readonly PgField[]): Promise<void> {
    const columns = fields.filter((field) => field.tableID !== 0);
    if (columns.length === 0) return;
    const now = performance.now();
    if (now - this.#askedAt < TRUST_MS && columns.every((field) => this.#nullable.has(`${field.tableID}.${field.columnID}`))) return;
    this.#askedAt = now;
    const tables = [...new Set(columns.map((field) => field.tableID))];
    const { rows } = await this.#link.ask(
      "SELECT a.attrelid, a.attnum, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) FROM pg_catalog.pg_attribute a " +
        `JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND a.attrelid IN (${tables.join(",")})`,
    );
    this.#nullable.clear();
    for (const [table, column, isRequired] of rows) this.#nullable.set(`${table}.${column}`, isRequired !== "t");
  }
}
