/** What a database file says of its tables. */
import type { DatabaseSync } from "node:sqlite";
import type { ColumnDefinition, TableDefinition } from "../dialect.ts";
import type { TableId } from "../table_id.ts";

/** Tables and views of the main database and the temporary ones, by type and name (sqlite-jdbc, getTables). */
export function listTables(database: DatabaseSync, types: readonly string[]): { readonly id: TableId; readonly type: string }[] {
  const wanted = new Set(types.map((type) => type.trim().toUpperCase()));
  const rows = database.prepare("SELECT schema, name, type FROM pragma_table_list").all();
  const found = rows.flatMap((row) => {
    const name = String(row.name);
    const type = typeOf(String(row.schema), String(row.type), name);
    return type === null || !wanted.has(type) ? [] : [{ id: bare(name), type }];
  });
  return found.sort((a, b) => order(a.type, b.type) || order(a.id.name, b.id.name));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bare(name: string): TableId {
  return { catalog: null, schema: null, name };
}

/** JDBC's word for it; null for what is nobody's table. */
function typeOf(schema: string, type: string, name: string): string | null {
  if (type === "shadow" || (schema !== "main" && schema !== "temp")) return null;
  if (name.toLowerCase().startsWith("sqlite_")) return schema === "main" ? "SYSTEM TABLE" : null;
  if (schema === "temp") return "GLOBAL TEMPORARY";
  return type === "view" ? "VIEW" : "TABLE";
}

/** The table of that name, whatever the case of its letters; null when there is none. */
export function describeTable(database: DatabaseSync, id: TableId): TableDefinition | null {
  const schema = id.schema ?? id.catalog;
  const row = database.prepare(
    "SELECT schema, name, type FROM pragma_table_list WHERE name = ? COLLATE NOCASE AND (? IS NULL OR schema = ? COLLATE NOCASE) " +
      "ORDER BY name = ? DESC, schema = 'temp' DESC",
  ).get(id.name, schema, schema, id.name);
  if (row === undefined) return null;
  const name = String(row.name);
  const inSchema = String(row.schema);
  return {
    id: { catalog: id.catalog, schema: id.schema, name },
    type: typeOf(inSchema, String(row.type), name) ?? "TABLE",
    columns: columnsOf(database, inSchema, name),
    uniqueKeys: uniqueKeysOf(database, inSchema, name),
  };
}

function columnsOf(database: DatabaseSync, schema: string, name: string): ColumnDefinition[] {
  const statements = statementsOf(database, schema, name);
  // Only then ids are never given twice.
  const counts = statements.some(({ type, sql }) => type === "table" && /\bAUTOINCREMENT\b/i.test(sql));
  const isPlain = statements.some(({ type }) => type === "table") && !statements.some(({ sql }) => /\bCOLLATE\b/i.test(sql));
  // hidden 1 = a parameter of a virtual table, which `SELECT *` does not show.
  const rows = database.prepare('SELECT name, type, "notnull" AS required, pk FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid')
    .all(name, schema);
  return rows.map((row) => ({
    name: String(row.name),
    typeName: String(row.type).replace(/\s*\(.*$/s, "").toLowerCase(),
    isNullable: row.required === 0,
    isAutoIncrement: counts && row.pk === 1,
    keyPosition: Number(row.pk),
    // A column of numbers makes one of '1' and '01'.
    comparesBytes: isPlain && /char|clob|text/i.test(String(row.type)) && !/int/i.test(String(row.type)),
  }));
}

/** The statements that made a table, its indexes and triggers. */
function statementsOf(database: DatabaseSync, schema: string, name: string): { readonly type: string; readonly sql: string }[] {
  const catalog = schema === "temp" ? "temp.sqlite_master" : `"${schema.replaceAll('"', '""')}".sqlite_master`;
  const rows = database.prepare(`SELECT type, sql FROM ${catalog} WHERE tbl_name = ?`).all(name);
  return rows.map(({ type, sql }) => ({ type: String(type), sql: String(sql ?? "") }));
}

function uniqueKeysOf(database: DatabaseSync, schema: string, name: string): string[][] {
  const indexes = database.prepare("SELECT name FROM pragma_index_list(?, ?) WHERE \"unique\" = 1 AND origin <> 'pk' AND partial = 0")
    .all(name, schema);
  const columns = database.prepare("SELECT name FROM pragma_index_info(?, ?) ORDER BY seqno");
  return indexes.map((index) => columns.all(String(index.name), schema).map((column) => String(column.name)))
    .filter((names) => !names.includes("null"));
}

/** Which columns of the tables behind a result are declared NOT NULL; asked once per table of a result. */
export class RequiredColumns {
  readonly #database: DatabaseSync;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  has(schema: string, table: string, column: string): boolean {
    const key = `${schema}\0${table}`;
    let names = this.#known.get(key);
    if (names === undefined) {
      const rows = this.#database.prepare('SELECT name FROM pragma_table_xinfo(?, ?) WHERE "notnull" = 1').all(table, schema);
      this.#known.set(key, names = new Set(rows.map((row) => String(row.name))));
    }
    return names.has(column);
  }
}
