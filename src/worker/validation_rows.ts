/** The rows of a validation while it is made: a definition and a judged value each, in the order they are answered. */
import type { ConfigRow } from "../config/validate.ts";
import type { KeyInfo, KeyValue, Validation } from "./api.ts";

/** A row to which errors may still be added. */
export interface Row {
  readonly definition: KeyInfo | null;
  value: Omit<KeyValue, "errors"> & { readonly errors: string[] };
}

/** A row of its own from a judged one. */
export function toRow(row: ConfigRow): Row {
  return { definition: row.definition, value: { ...row.value, errors: [...row.value.errors] } };
}

/** Rows by key. Keys without a definition come first, as in Kafka Connect (AbstractHerder.generateResult); the rest in the order added. */
export class Rows {
  readonly #undefined = new Map<string, Row>();
  readonly #defined = new Map<string, Row>();

  /** Adds a row at the end, or puts it in the place of the row of that key. */
  put(row: Row): void {
    this.#defined.set(row.value.name, row);
  }

  /** Adds an error to a key; one that has no definition gets a row without. */
  fail(key: string, message: string, value: string | null): void {
    const row = this.#defined.get(key) ?? this.#undefined.get(key);
    if (row !== undefined) row.value.errors.push(message);
    else this.#undefined.set(key, undefinedRow(key, message, value));
  }

  all(): readonly Row[] {
    return [...this.#undefined.values(), ...this.#defined.values()];
  }
}

function undefinedRow(name: string, message: string, value: string | null): Row {
  return { definition: null, value: { name, value, recommendedValues: [], errors: [message], visible: true } };
}

/** Groups of rows in the order of their first use; a key without a group adds none. */
export function groupsOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => row.definition?.group ?? []))];
}

/**
 * The answer: every error of the connector's own rows counts, of the sections behind them (client overrides, converters) every
 * row that has any (Kafka Connect 4, AbstractHerder).
 */
export function toValidation(name: string, rows: readonly Row[], sections: readonly Row[]): Validation {
  const errors = rows.reduce((sum, row) => sum + row.value.errors.length, 0);
  const failedRows = sections.filter((row) => row.value.errors.length > 0).length;
  const configs = [...rows, ...sections];
  return { name, errorCount: errors + failedRows, groups: groupsOf(configs), configs };
}
