/** From the columns of a result to the value of records. */
import { type Column, ConnectError, type Schema, schemasEqual, type Side, structSchema, type TaskLog } from "sdk";
import type { ResultField } from "../sql/dialect.ts";

/** Which columns records have, and their schema. */
export interface Layout {
  readonly schema: Schema;
  /** Field numbers of the result that records have, in order. */
  readonly fields: readonly number[];
  readonly names: readonly string[];
}

/** Makes layouts of one table or query; the same columns give the same object again, as converters keep plans by schema. */
export class Layouts {
  readonly #name: string | undefined;
  readonly #log: TaskLog;
  #last: Layout | undefined;

  /** `name`: of the value schema; undefined for queries. */
  constructor(name: string | undefined, log: TaskLog) {
    this.#name = name;
    this.#log = log;
  }

  of(fields: readonly ResultField[]): Layout {
    const used = fields.map((_, index) => index).filter((index) => fields[index]?.schema !== null);
    const members = used.map((index): [string, Schema] => {
      const { name, schema } = fields[index] as ResultField;
      return [name, schema as Schema];
    });
    const seen = new Set<string>();
    for (const [name] of members) {
      if (seen.has(name)) throw new ConnectError(`Cannot create field because of field name duplication ${name}`);
      seen.add(name);
    }
    const schema = structSchema(members, this.#name === undefined ? {} : { name: this.#name });
    const last = this.#last;
    if (last !== undefined && schemasEqual(last.schema, schema) && last.fields.every((index, i) => index === used[i])) return last;
    this.#warnOfDropped(fields);
    return this.#last = { schema, fields: used, names: fields.map(({ name }) => name) };
  }

  #warnOfDropped(fields: readonly ResultField[]): void {
    for (const { name, schema, typeName } of fields) {
      if (schema === null) {
        this.#log.warn(`JDBC type ${typeName} not currently supported: column "${name}" is left out`, { table: this.#name });
      }
    }
  }
}

/** The value side of a page. */
export function valueSide({ schema, fields }: Layout, columns: readonly Column[]): Side {
  return { schema, whole: false, columns: fields.map((field) => columns[field] as Column) };
}

/** The field of that exact name. Throws with the reference's text. */
export function incrementingField(name: string, { names }: Layout): number {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  // Databases do not mind the case of letters, and neither did the check at the start.
  const alike = names.filter((each) => each.toLowerCase() === name.toLowerCase());
  const [only] = alike;
  if (alike.length === 1 && only !== undefined) return names.indexOf(only);
  throw new ConnectError(`Incrementing column ${name} not found in ${names.join(",")}`);
}

/** The fields of these names, exactly or else ignoring case if unique. Throws with the reference's texts. */
export function timestampFields(wanted: readonly string[], { names }: Layout): number[] {
  return wanted.map((name) => {
    const exact = names.indexOf(name);
    if (exact >= 0) return exact;
    const alike = names.filter((each) => each.toLowerCase() === name.toLowerCase());
    const [only] = alike;
    if (only === undefined) throw new ConnectError(`Timestamp column ${name} not found in ${names.join(",")}`);
    if (alike.length === 1) return names.indexOf(only);
    throw new ConnectError(
      `Timestamp column ${name} not found in columns read from database: ${
        names.join(",")
      }. Could not fall back to case-insensitively selecting ` +
        `a column because there were multiple columns whose names case-insensitively matched the specified name: ${
          alike.join(",")
        }. To force ` +
        "the connector to choose between these columns, specify a value for the timestamp column configuration property that matches the " +
        "desired column case-sensitively.",
    );
  });
}
