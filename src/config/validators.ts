/** Rules of one value, as Kafka's ConfigDef words them. Each gives whole sentences, none when the value is fine. */
import type { Validator } from "./field.ts";
import { javaText } from "./java_text.ts";
import { invalidValue } from "./parse.ts";

/** Bounds of a number, both included. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** Whether a key without a value is fine; false when not given, as in ConfigDef.Range. */
  readonly optional?: boolean;
}

/** A number within bounds. */
export function range(bounds: Bounds): Validator<number> {
  return (value, name) => {
    if (value === null) return bounds.optional === true ? [] : [invalidValue("null", name, "Value must be non-null")];
    if (bounds.min !== undefined && value < bounds.min) return [invalidValue(value, name, `Value must be at least ${bounds.min}`)];
    if (bounds.max !== undefined && value > bounds.max) return [invalidValue(value, name, `Value must be no more than ${bounds.max}`)];
    return [];
  };
}

/** One of these texts, letter case counts. */
export function oneOf(...allowed: readonly string[]): Validator<string> {
  return rule((value) => value !== null && allowed.includes(value), `String must be one of: ${allowed.join(", ")}`);
}

/** One of these texts in any letter case; they are shown as given here, in upper case by custom. */
export function oneOfIgnoringCase(...allowed: readonly string[]): Validator<string> {
  const upper = allowed.map((text) => text.toUpperCase());
  return rule(
    (value) => value !== null && upper.includes(value.toUpperCase()),
    `String must be one of (case insensitive): ${allowed.join(", ")}`,
  );
}

/** Not the empty text; no value at all is fine. */
export function nonEmpty(): Validator<string> {
  return rule((value) => value !== "", "String must be non-empty");
}

/** A name of a connector: not empty, no ISO control characters. */
export function nameWithoutControls(): Validator<string> {
  return (value, name) => {
    if (value === null) return [];
    if (value === "") return [invalidValue(value, name, "String may not be empty")];
    const controls = [...value].map((char) => char.codePointAt(0) ?? 0).filter(isControl);
    if (controls.length === 0) return [];
    const reason = `String may not contain control sequences but had the following ASCII chars: ${controls.join(", ")}`;
    return [invalidValue(value, name, reason)];
  };
}

/** Character.isISOControl. */
function isControl(code: number): boolean {
  return code <= 0x1f || (code >= 0x7f && code <= 0x9f);
}

/** A list of aliases, each given once. */
export function uniqueAliases(): Validator<readonly string[]> {
  return rule((value) => value === null || new Set(value).size === value.length, "Duplicate alias provided.");
}

/** Names of topics: may be none at all, but neither null nor twice the same nor the empty text. */
export function topicList(): Validator<readonly string[]> {
  return (value, name) => {
    if (value === null) return [`Configuration '${name}' values must not be null.`];
    if (new Set(value).size !== value.length) return [`Configuration '${name}' values must not be duplicated.`];
    return value.includes("") ? [`Configuration '${name}' values must not be empty.`] : [];
  };
}

/** A list with at least one item. */
export function nonEmptyList(): Validator<readonly string[]> {
  return (value, name) => {
    if (value === null) return [`Configuration '${name}' values must not be null.`];
    return value.length > 0 ? [] : [`Configuration '${name}' must not be empty. Valid values include: any non-empty value`];
  };
}

/** A list whose items are all among these. */
export function listOf(...allowed: readonly string[]): Validator<readonly string[]> {
  return (value, name) => {
    const wrong = value?.find((item) => !allowed.includes(item));
    return wrong === undefined ? [] : [invalidValue(wrong, name, `String must be one of: ${allowed.join(", ")}`)];
  };
}

function rule<T>(holds: (value: T | null) => boolean, reason: string): Validator<T> {
  return (value, name) => holds(value) ? [] : [invalidValue(javaText(value), name, reason)];
}
