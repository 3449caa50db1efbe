import type { WriteTarget } from "../dialect.ts";
import { quotedName } from "../table_id.ts";
import type { Link } from "./link.ts";
import { textLiteral } from "./literals.ts";
import type { Slot } from "./value_text.ts";

/** A column of a statement that writes. */
export interface WriteSlot extends Slot {
  /** The table's own spelling. */
  readonly name: string;
  /** The column's type as SQL has it, without length: `uuid`, `shop.mood`, `integer[]`. Empty when the table has no such column. */
  readonly sqlType: string;
}

/** Where rows are written to, as the catalog knows it. */
export interface TableSlots {
  readonly slots: readonly WriteSlot[];
  /** Whether COPY FROM does what INSERT would: it knows neither rules, nor row security, nor views that are updatable of themselves. */
  readonly takesCopy: boolean;
}

/** Looks up the columns of a target: to read text as their types, values must be cast to them. Throws a SqlError. */
export async function findSlots(link: Link, target: WriteTarget, quote: string): Promise<TableSlots> {
  const table = `${textLiteral(quotedName(target.table, quote))}::pg_catalog.regclass`;
  // With -1 format_type leaves the length away and still names types whose bare name means a length of 1: `bpchar`, `"bit"`.
  const { rows } = await link.ask(`WITH RECURSIVE base (column_type, type_oid) AS (
  SELECT DISTINCT a.atttypid, a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${table} AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.column_type, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type_oid WHERE t.typtype = 'd')
SELECT a.attname, pg_catalog.format_type(a.atttypid, -1), b.typname,
  c.relkind IN ('r','p','f') AND NOT c.relhasrules AND NOT pg_catalog.row_security_active(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN base ON base.column_type = a.atttypid
JOIN pg_catalog.pg_type b ON b.oid = base.type_oid AND b.typtype <> 'd'
WHERE c.oid = ${table}`);
  const byName = new Map(rows.map(([name, sqlType, typeName]) => [name ?? "", { sqlType: sqlType ?? "", typeName: typeName ?? "" }]));
  const slots = target.columns.map((column) => {
    const name = column.definition?.name ?? (quote === "" ? column.name.toLowerCase() : column.name);
    return { column, name, sqlType: "", typeName: "", ...byName.get(name) };
  });
  return { slots, takesCopy: rows[0]?.[3] === "t" };
}
