/** Statements that write many rows at once: one parameter per column, an array of its values (spec: fewer than 65,535 parameters). */
import type { TableId } from "../table_id.ts";
import { quoted, quotedName } from "../table_id.ts";
import type { WriteMode } from "../dialect.ts";
import type { WriteSlot } from "./slots.ts";

/**
 * Types whose arrays the server reads as they are. All others go by way of text: arrays, as `unnest` would take them apart, `box`, whose
 * arrays are separated by semicolons, and the user's own.
 */
const DIRECT = new Set([
  "smallint",
  "integer",
  "bigint",
  "real",
  "double precision",
  "numeric",
  "boolean",
  "text",
  "character varying",
  "bpchar",
  "date",
  "time without time zone",
  "time with time zone",
  "timestamp without time zone",
  "timestamp with time zone",
  "bytea",
  "uuid",
  "json",
  "jsonb",
  "inet",
]);

/** The statement for rows given as arrays `$1` to `$n`, one per slot. */
export function writeSql(mode: WriteMode, table: TableId, slots: readonly WriteSlot[], quote: string): string {
  const into = quotedName(table, quote);
  const names = slots.map((slot) => quoted(slot.name, quote));
  const values = slots.map(castValue);
  const keys = slots.flatMap((slot, i) => slot.column.isKey ? [i] : []);
  const others = slots.flatMap((slot, i) => slot.column.isKey ? [] : [i]);
  const source = unnest(slots, false);
  switch (mode) {
    case "insert":
      return `INSERT INTO ${into} (${names.join(",")}) SELECT ${values.join(",")} FROM ${source}`;
    case "upsert": {
      const conflict = others.length === 0 ? "NOTHING" : `UPDATE SET ${others.map((i) => `${names[i]}=EXCLUDED.${names[i]}`).join(",")}`;
      return `INSERT INTO ${into} (${names.join(",")}) SELECT ${values.join(",")} FROM ${source} ` +
        `ON CONFLICT (${keys.map((i) => names[i]).join(",")}) DO ${conflict}`;
    }
    case "update": {
      // Of rows with one key the last counts, as if they came one by one; the server would take any.
      const keyTexts = keys.map((i) => `u.c${i}`).join(",");
      const last = `(SELECT DISTINCT ON (${keyTexts}) * FROM ${unnest(slots, true)} ORDER BY ${keyTexts}, u.at DESC) AS u`;
      return `UPDATE ${into} AS sluice_t SET ${others.map((i) => `${names[i]}=${values[i]}`).join(",")} FROM ${last} WHERE ${
        matches(keys, names, values)
      }`;
    }
    case "delete":
      return `DELETE FROM ${into} AS sluice_t USING ${source} WHERE ${matches(keys, names, values)}`;
  }
}

function unnest(slots: readonly WriteSlot[], isNumbered: boolean): string {
  const arrays = slots.map((slot, i) => `$${i + 1}::${DIRECT.has(slot.sqlType) ? slot.sqlType : "text"}[]`);
  const columns = slots.map((_, i) => `c${i}`);
  return isNumbered
    ? `unnest(${arrays.join(",")}) WITH ORDINALITY AS u(${[...columns, "at"].join(",")})`
    : `unnest(${arrays.join(",")}) AS u(${columns.join(",")})`;
}

function castValue({ sqlType }: WriteSlot, i: number): string {
  return DIRECT.has(sqlType) || sqlType === "" ? `u.c${i}` : `u.c${i}::${sqlType}`;
}

function matches(keys: readonly number[], names: readonly string[], values: readonly string[]): string {
  return keys.map((i) => `sluice_t.${names[i]}=${values[i]}`).join(" AND ");
}
