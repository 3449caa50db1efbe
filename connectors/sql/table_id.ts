/** Names of tables. Which parts a database has is its dialect's business. */

/** A table by its name and what it lies in; null = not said. MySQL's databases are catalogs, PostgreSQL's schemas are schemas. */
export interface TableId {
  readonly catalog: string | null;
  readonly schema: string | null;
  readonly name: string;
}

/** The present parts joined by a dot, unquoted: `om.customers`. */
export function plainName({ catalog, schema, name }: TableId): string {
  return [catalog, schema, name].filter((part) => part !== null).join(".");
}

/** For messages, whatever the dialect: `"om"."customers"` (JDBC connector 10.9, TableId.toString). */
export function shownName({ catalog, schema, name }: TableId): string {
  return [catalog, schema, name].filter((part) => part !== null).map((part) => `"${part}"`).join(".");
}

/** The present parts, each quoted, quotes inside doubled: fit for a statement. */
export function quotedName(id: TableId, quote: string): string {
  return [id.catalog, id.schema, id.name].filter((part) => part !== null).map((part) => quoted(part, quote)).join(".");
}

/** One identifier, quoted; an empty `quote` leaves it as it is. */
export function quoted(name: string, quote: string): string {
  return quote === "" ? name : quote + name.replaceAll(quote, quote + quote) + quote;
}
