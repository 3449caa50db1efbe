/** What the server says of its tables, asked of `information_schema`, and only of the database in question. */
import type { ColumnDefinition, TableDefinition } from "../dialect.ts";
import type { TableId } from "../table_id.ts";
import type { Link } from "./link.ts";
import { type SqlSyntax, textLiteral } from "./sql_text.ts";

/** Databases whose tables are the server's own. */
const SYSTEM = new Set(["mysql", "performance_schema"]);

/** A table or view in a list. */
export interface ListedTable {
  readonly id: TableId;
  readonly type: string;
}

/** Tables and views of a database, or with null of all that are visible; by type, database and name, as Connector/J lists them. */
export async function listTables(
  link: Link,
  database: string | null,
  types: readonly string[],
  syntax: SqlSyntax,
): Promise<readonly ListedTable[]> {
  const wanted = new Set(types.map((type) => type.toUpperCase()));
  const where = database === null ? "" : ` WHERE TABLE_SCHEMA = ${textLiteral(database, syntax)}`;
  const rows = await link.query(`SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES${where}`);
  const tables = rows.map(([catalog = null, name, kind]) => ({
    id: { catalog, schema: null, name: name ?? "" },
    type: tableType(catalog, kind ?? ""),
  }));
  return tables.filter(({ type }) => wanted.has(type)).sort(inOrder);
}

function inOrder(a: ListedTable, b: ListedTable): number {
  return compare(a.type, b.type) || compare(a.id.catalog ?? "", b.id.catalog ?? "") || compare(a.id.name, b.id.name);
}

/** By code units, as Java. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** JDBC's word for a kind of table. */
function tableType(database: string | null, kind: string): string {
  switch (kind.toUpperCase()) {
    case "BASE TABLE":
    case "SYSTEM VERSIONED":
      return database !== null && SYSTEM.has(database) ? "SYSTEM TABLE" : "TABLE";
    case "TEMPORARY":
      return "LOCAL TEMPORARY";
    default:
      return kind.toUpperCase();
  }
}

/** A table with its columns and unique keys, null when there is none of that name. */
export async function describeTable(link: Link, database: string, name: string, syntax: SqlSyntax): Promise<TableDefinition | null> {
  const where = `TABLE_SCHEMA = ${textLiteral(database, syntax)} AND TABLE_NAME = ${textLiteral(name, syntax)}`;
  const found = await link.query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, @@lower_case_table_names FROM information_schema.TABLES WHERE ${where}`,
  );
  // Where names are told apart by case, the comparison above may not do so.
  const row = found.find((one) => one[1] === name) ?? found.find((one) => one[3] !== "0");
  if (row === undefined) return null;
  const [catalog = null, spelled, kind] = row;
  const [columns, keys] = [await readColumns(link, where, spelled ?? name), await readKeys(link, where, spelled ?? name)];
  const primary = keys.get("PRIMARY") ?? [];
  return {
    id: { catalog, schema: null, name: spelled ?? name },
    type: tableType(catalog, kind ?? ""),
    columns: columns.map((column) => ({ ...column, keyPosition: primary.indexOf(column.name) + 1 })),
    uniqueKeys: [...keys].filter(([key, names]) => key !== "PRIMARY" && !names.includes(null)).map(([, names]) =>
      names.filter((one) => one !== null)
    ),
  };
}

async function readColumns(link: Link, where: string, table: string): Promise<readonly Omit<ColumnDefinition, "keyPosition">[]> {
  const rows = await link.query(
    `SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, EXTRA, TABLE_NAME FROM information_schema.COLUMNS WHERE ${where} ORDER BY ORDINAL_POSITION`,
  );
  return rows.filter((row) => row[4] === table).map(([name, type, nullable, extra]) => ({
    name: name ?? "",
    typeName: (type ?? "").toLowerCase(),
    isNullable: nullable === "YES",
    isAutoIncrement: (extra ?? "").toLowerCase().includes("auto_increment"),
  }));
}

/** Columns of each unique key by its name; null stands for an expression. */
async function readKeys(link: Link, where: string, table: string): Promise<ReadonlyMap<string, readonly (string | null)[]>> {
  const rows = await link.query(
    `SELECT INDEX_NAME, COLUMN_NAME, TABLE_NAME FROM information_schema.STATISTICS WHERE ${where} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  );
  const keys = new Map<string, (string | null)[]>();
  for (const [index, column = null, name] of rows) {
    if (name !== table || index === null || index === undefined) continue;
    const names = keys.get(index);
    if (names === undefined) keys.set(index, [column]);
    else names.push(column);
  }
  return keys;
}
