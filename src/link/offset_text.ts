/**
 * Source partitions and offsets as text: the form in which they cross to the parent and are stored. Keys are sorted, so that
 * equal maps have equal text (Kafka Connect compares partitions as maps).
 */
import type { OffsetValue, SourceOffset, SourcePartition } from "../data/record.ts";

/** Canonical JSON: sorted keys, no blanks, bigint as digits. */
export function offsetText(map: SourcePartition | SourceOffset): string {
  const members = Object.keys(map).sort().map((key) => `${JSON.stringify(key)}:${valueText(map[key] ?? null)}`);
  return `{${members.join(",")}}`;
}

/** The map behind stored text. Whole numbers that a double cannot hold come back as bigint. Throws a SyntaxError for anything but a JSON object. */
export function parseOffsetText(text: string): Record<string, OffsetValue> {
  const parsed: unknown = JSON.parse(text, exactNumber);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new SyntaxError(`Cannot read a stored offset, as it is not a JSON object: "${text.slice(0, 80)}"`);
  }
  return parsed as Record<string, OffsetValue>;
}

function valueText(value: OffsetValue): string {
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

/** `context.source`: the digits as written (ECMAScript 2026). */
function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const digits = context?.source ?? "";
  return /^-?\d+$/.test(digits) ? BigInt(digits) : value;
}
