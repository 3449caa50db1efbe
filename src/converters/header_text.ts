/** The text SimpleHeaderConverter writes for a value (org.apache.kafka.connect.data.Values, convertToString). */
import {
  base64Text,
  calendarDay,
  clockText,
  DataError,
  Decimal,
  javaClassOf,
  javaText,
  MS_PER_DAY,
  type Schema,
  SizedNumber,
  splitInstant,
  Struct,
  type Value,
} from "sdk";

/** The text of a value; `embedded`: inside a list, a map or a struct, where text is quoted. Throws a DataError. */
export function headerText(schema: Schema | null, value: Value, embedded = false): string {
  if (value === null) return "null";
  if (typeof value === "string") return embedded ? quoted(value) : value;
  if (typeof value !== "object") return javaText(schema, value);
  if (value instanceof Uint8Array) return embedded ? quoted(base64Text(value)) : base64Text(value);
  if (value instanceof Date) return instantText(value);
  if (value instanceof Decimal || value instanceof SizedNumber) return javaText(schema, value);
  if (value instanceof Struct) return structText(value);
  const members = schema?.valueSchema ?? null;
  if (value instanceof Map) {
    const keys = schema?.keySchema ?? null;
    return `{${[...value].map(([key, each]) => `${headerText(keys, key, true)}:${headerText(members, each, true)}`).join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map((each) => headerText(members, each, true)).join(",")}]`;
  throw new DataError(`Failed to serialize unexpected value type ${javaClassOf(value)}: ${javaText(schema, value)}`);
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Fields that are null have their default. */
function structText(struct: Struct): string {
  const members = struct.schema.fields.map(({ name, schema }) => `${quoted(name)}:${headerText(schema, struct.get(name), true)}`);
  return `{${members.join(",")}}`;
}

/** The time alone on the first day of the epoch and before it, the date alone at midnight, else both. Always UTC. */
function instantText(date: Date): string {
  const epochMs = date.getTime();
  const { day, millis } = splitInstant(epochMs);
  const time = `${clockText(millis)}.${String(millis % 1000).padStart(3, "0")}Z`;
  if (epochMs < MS_PER_DAY) return time;
  return millis === 0 ? dayText(day) : `${dayText(day)}T${time}`;
}

function dayText(epochDay: number): string {
  const { year, month, day } = calendarDay(epochDay);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
