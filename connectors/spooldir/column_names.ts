/** Which column of a file belongs to which field of a schema. */
import type { Schema } from "sdk";

const BYTE_ORDER_MARK = "\ufeff";

/**
 * The columns' names, spelt as the fields they belong to: a byte-order mark on one side only does not keep a column from
 * its field, and with `ignoreCase` letter case does not either. A name no field answers to stays as it is.
 */
export function columnNames(header: readonly string[], fields: ReadonlySet<string>, ignoreCase: boolean): readonly string[] {
  const folded = new Map([...fields].map((field) => [withoutMark(field).toLowerCase(), field]));
  return header.map((name, i) => {
    if (fields.has(name)) return name;
    const bare = i === 0 ? withoutMark(name) : name;
    if (fields.has(bare)) return bare;
    if (i === 0 && fields.has(BYTE_ORDER_MARK + bare)) return BYTE_ORDER_MARK + bare;
    return ignoreCase ? folded.get(bare.toLowerCase()) ?? name : name;
  });
}

function withoutMark(name: string): string {
  return name.startsWith(BYTE_ORDER_MARK) ? name.slice(1) : name;
}

/** Whether a column read for one field serves the other as it is: same type, and no null where none may be. */
export function servesAs(column: Schema, other: Schema): boolean {
  const sameType = column.type === other.type && column.name === other.name;
  const sameScale = column.parameters?.get("scale") === other.parameters?.get("scale");
  return sameType && sameScale && (other.optional || !column.optional);
}
