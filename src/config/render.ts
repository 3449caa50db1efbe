/** Values and defaults as the REST API shows them. */
import type { ConfigSpec, FieldType } from "./field.ts";
import { HIDDEN } from "../base/secret_text.ts";
import { javaDouble } from "./java_text.ts";

export { HIDDEN };

/** Canonical text of a parsed value; null stays null. */
export function renderValue(type: FieldType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  // Invariant 5
  if (type === "PASSWORD") return HIDDEN;
  if (type === "DOUBLE" && typeof value === "number") return javaDouble(value);
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** Text of a field's default; null for a required key and for one whose default is no value. */
export function renderDefault(field: ConfigSpec[string]): string | null {
  return renderValue(field.type, field.default);
}
