/** Text to typed values, with the rules and messages of Kafka's ConfigDef (Kafka 4.2). */
import type { ConfigOf, ConfigSpec, Problem, StringMap } from "./field.ts";
import { javaTrim } from "./java_text.ts";

/** The outcome of reading one key. `value` is null when the key is absent, null or unreadable. */
export interface ParsedValue {
  readonly value: unknown;
  /** Whole sentences, in the order Kafka Connect gives them. */
  readonly errors: readonly string[];
}

/** The outcome of reading a whole config. */
export type ParsedConfig<S extends ConfigSpec> =
  | { readonly ok: true; readonly values: ConfigOf<S> }
  | {
    readonly ok: false;
    /** All that is wrong, in the order of the spec's keys. */
    readonly problems: readonly Problem[];
    /** What could be read; null under every key that could not. */
    readonly values: PartialConfig<S>;
  };

/** A config of which some keys may not have been readable. */
export type PartialConfig<S extends ConfigSpec> = { readonly [K in keyof S]: ConfigOf<S>[K] | null };

/** Reads every key of a spec; keys the spec does not know are ignored. Runs the rules of single values, and nothing that waits. */
export function parseConfig<S extends ConfigSpec>(spec: S, raw: StringMap): ParsedConfig<S> {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [key, field] of Object.entries(spec)) {
    const parsed = parseKey(field, key, raw);
    values[key] = parsed.value;
    for (const message of parsed.errors) problems.push({ key, message });
  }
  if (problems.length > 0) return { ok: false, problems, values: values as PartialConfig<S> };
  return { ok: true, values: values as ConfigOf<S> };
}

/** Reads one key of a raw config: its text, its default, then its own rules, which run on null after a failed read too (ConfigDef.parseForValidate). */
export function parseKey(field: ConfigSpec[string], key: string, raw: StringMap): ParsedValue {
  const errors: string[] = [];
  let value: unknown = null;
  if (Object.hasOwn(raw, key)) {
    const text = raw[key] ?? null;
    const read = text === null ? { value: null } : readText(field, javaTrim(text));
    if ("reason" in read) errors.push(invalidValue(field.type === "PASSWORD" ? "[hidden]" : text, key, read.reason));
    else value = read.value;
  } else if (field.default === undefined) {
    errors.push(missingKey(key));
  } else {
    value = field.default;
  }
  if (field.validate !== undefined) errors.push(...field.validate(value, key));
  return { value, errors };
}

/** The sentence for a value that breaks a rule (Java's ConfigException). */
export function invalidValue(value: unknown, key: string, reason: string): string {
  return `Invalid value ${value} for configuration ${key}: ${reason}`;
}

/** The sentence for a required key that is not there. */
export function missingKey(key: string): string {
  return `Missing required configuration "${key}" which has no default value.`;
}

type Read = { readonly value: unknown } | { readonly reason: string };

function readText(field: ConfigSpec[string], text: string): Read {
  switch (field.type) {
    case "STRING":
    case "PASSWORD":
    case "CLASS":
      return { value: text };
    case "BOOLEAN":
      return readBoolean(text);
    case "INT":
    case "SHORT":
    case "LONG":
      return readInteger(field.type, text);
    case "DOUBLE":
      return readDouble(text);
    case "LIST":
      return { value: splitList(text) };
  }
}

function readBoolean(text: string): Read {
  const lower = text.toLowerCase();
  if (lower === "true" || lower === "false") return { value: lower === "true" };
  return { reason: "Expected value to be either true or false" };
}

const INTEGER_BITS = { SHORT: 16n, INT: 32n, LONG: 64n } as const;

/** Integer.parseInt and its kin: an optional sign and decimal digits, nothing else, within the width. */
function readInteger(type: "SHORT" | "INT" | "LONG", text: string): Read {
  const reason = `Not a number of type ${type}`;
  // A long has at most 19 digits; leading zeros are cut before BigInt so that a text of any length costs little.
  if (!/^[+-]?[0-9]+$/.test(text)) return { reason };
  const digits = text.replace(/^[+-]/, "").replace(/^0+(?=[0-9])/, "");
  if (digits.length > 19) return { reason };
  const number = text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
  if (BigInt.asIntN(Number(INTEGER_BITS[type]), number) !== number) return { reason };
  return { value: Number(number) };
}

/** Double.parseDouble without its hexadecimal form. */
function readDouble(text: string): Read {
  const number = /^([+-]?)(NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[dDfF]?$/.exec(text);
  if (number === null) return { reason: "Not a number of type DOUBLE" };
  return { value: Number(`${number[1]}${number[2]}`) };
}

const BLANK = /^[ \t\n\v\f\r]+/;
const BLANKS_AT_END = "\t\n\v\f\r ";

/** Splits at commas and drops the blanks around them; empty items stay, an empty text is an empty list. */
export function splitList(text: string): readonly string[] {
  if (text === "") return [];
  const items = text.split(",");
  const last = items.length - 1;
  return items.map((item, i) => dropBlanks(item, i > 0, i < last));
}

function dropBlanks(item: string, atStart: boolean, atEnd: boolean): string {
  const rest = atStart ? item.replace(BLANK, "") : item;
  let end = rest.length;
  while (atEnd && end > 0 && BLANKS_AT_END.includes(rest.charAt(end - 1))) end--;
  return rest.slice(0, end);
}
