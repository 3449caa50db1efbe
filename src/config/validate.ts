/** A spec and a raw config as rows of definition and value: what `/config` and `/config/validate` are made of. */
import type { ConfigSpec, FieldType, Importance, StringMap, Width } from "./field.ts";
import { javaTrim } from "./java_text.ts";
import { parseKey } from "./parse.ts";
import { renderDefault, renderValue } from "./render.ts";

/** A key as a client is told of it. */
export interface KeyDefinition {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly defaultValue: string | null;
  readonly importance: Importance;
  readonly documentation: string;
  readonly group: string | null;
  readonly orderInGroup: number;
  readonly width: Width;
  readonly displayName: string;
  readonly dependents: readonly string[];
}

/** The judged value of a key. */
export interface JudgedValue {
  readonly name: string;
  readonly value: string | null;
  readonly recommendedValues: readonly (string | null)[];
  readonly errors: readonly string[];
  readonly visible: boolean;
}

/** One row of a validation: what the key is, and what was made of its value. */
export interface ConfigRow {
  readonly definition: KeyDefinition;
  readonly value: JudgedValue;
}

/** A validated spec: its rows, and what could be parsed (null under a key that could not). */
export interface JudgedConfig {
  readonly rows: readonly ConfigRow[];
  readonly values: Readonly<Record<string, unknown>>;
}

/** Keys of our own, which no client of Kafka Connect knows. */
const OWN_PREFIX = "sluice.";

/** Whether a key is one of ours, which listings leave out. */
export function isOwnKey(name: string): boolean {
  return name.startsWith(OWN_PREFIX);
}

/** What is said of a key, defaults of the presentation filled in. */
export function defineKey(name: string, field: ConfigSpec[string]): KeyDefinition {
  return {
    name,
    type: field.type,
    required: field.default === undefined,
    defaultValue: renderDefault(field),
    importance: field.importance,
    documentation: field.isUndocumented === true ? "" : field.doc,
    group: field.group ?? null,
    orderInGroup: field.order ?? -1,
    width: field.width ?? "NONE",
    displayName: field.displayName ?? name,
    dependents: field.dependents ?? [],
  };
}

/** Every key of a spec but our own, as `/config` lists them. */
export function describeSpec(spec: ConfigSpec): readonly KeyDefinition[] {
  return Object.entries(spec).filter(([name]) => !isOwnKey(name)).map(([name, field]) => defineKey(name, field));
}

/** Judges every key of a spec by itself; keys of our own show up only when the config sends them. Waits for nothing. */
export function validateSpec(spec: ConfigSpec, raw: StringMap): JudgedConfig {
  const values: Record<string, unknown> = {};
  const judged = Object.entries(spec).map(([name, field]) => {
    const parsed = parseKey(field, name, raw);
    values[name] = parsed.value;
    return { name, field, parsed };
  });
  const shown = judged.filter(({ name }) => !isOwnKey(name) || Object.hasOwn(raw, name));
  const rows = shown.map(({ name, field, parsed }): ConfigRow => ({
    definition: defineKey(name, field),
    value: {
      name,
      value: shownValue(name, field, raw, parsed.value),
      recommendedValues: field.recommended?.(raw) ?? [],
      errors: parsed.errors,
      // Decided by what all keys parsed to, so it comes after them.
      visible: field.visible?.(values) ?? true,
    },
  }));
  return { rows, values };
}

/** Longs keep every digit on the way through, though their parsed number may not. */
function shownValue(name: string, field: ConfigSpec[string], raw: StringMap, value: unknown): string | null {
  const text = raw[name];
  if (field.type === "LONG" && typeof value === "number" && typeof text === "string") {
    return String(BigInt(javaTrim(text).replace("+", "")));
  }
  return renderValue(field.type, value);
}
