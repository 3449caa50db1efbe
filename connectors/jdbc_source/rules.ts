/** Rules of single values, worded as JDBC connector 10.9 words them. */
import { compileJavaRegex, RegexSyntaxError, type Validator } from "sdk";
import { DIALECT_NAMES } from "../sql/key_rules.ts";

/** What `mode` may be, besides empty. */
export const MODES = ["bulk", "timestamp", "incrementing", "timestamp+incrementing"] as const;
export const NUMERIC_MAPPINGS = ["none", "precision_only", "best_fit", "best_fit_eager_double"] as const;
export const QUOTING = ["always", "never"] as const;
export const ISOLATION_MODES = [
  "DEFAULT",
  "READ_UNCOMMITTED",
  "READ_COMMITTED",
  "REPEATABLE_READ",
  "SERIALIZABLE",
  "SQL_SERVER_SNAPSHOT",
] as const;
export const GRANULARITIES = [
  "connect_logical",
  "micros_long",
  "micros_string",
  "micros_iso_datetime_string",
  "nanos_long",
  "nanos_string",
  "nanos_iso_datetime_string",
] as const;
export const CALENDARS = ["LEGACY", "PROLEPTIC_GREGORIAN"] as const;

/** Columns of the tables whose name a regex matches. */
export interface Mapping {
  readonly regex: string;
  readonly columns: readonly string[];
}

/** One of the modes, or empty. */
export function oneMode(): Validator<string> {
  return (value, key) => {
    if (value !== null && ["", ...MODES].includes(value)) return [];
    return [invalid(String(value), key, `String must be one of: ${["", ...MODES].join(", ")}`)];
  };
}

/** The exact name of a dialect, or empty. */
export function dialectChoice(): Validator<string> {
  return (value, key) => value !== null && DIALECT_NAMES.includes(value) ? [] : [invalid(String(value), key, "Invalid enumerator")];
}

export function calendarSystem(): Validator<string> {
  return (value, key) => {
    if (CALENDARS.some((one) => one === value)) return [];
    return [invalid(String(value), key, `String must be one of: ${CALENDARS.join(", ")}`)];
  };
}

/** A start of a topic's name (`topic.prefix`). */
export function topicPrefix(): Validator<string> {
  return (value, key) => {
    if (value === null) return [];
    if (value.length > 249) return [invalid(value, key, "Topic prefix length must not exceed max topic name length, 249 chars")];
    if (/^[a-zA-Z0-9._-]*$/.test(value)) return [];
    return [invalid(value, key, "Topic prefix must not contain any character other than ASCII alphanumerics, '.', '_' and '-'.")];
  };
}

/** A list of regular expressions. */
export function regexes(): Validator<readonly string[]> {
  return (values, key) => {
    const problem = values?.map(regexProblem).find((found) => found !== undefined);
    if (problem === undefined) return [];
    return [
      invalid(`[${(values ?? []).join(", ")}]`, key, `Must be a valid comma-separated list of regular expression patterns: ${problem}`),
    ];
  };
}

/** `regex:[column1|column2]` */
export function timestampMapping(): Validator<readonly string[]> {
  return mappings(timestampColumns);
}

/** `regex:column` */
export function columnMapping(): Validator<readonly string[]> {
  return mappings(incrementingColumn);
}

function mappings(read: (item: string) => Mapping): Validator<readonly string[]> {
  return (values, key) => {
    for (const item of values ?? []) {
      try {
        const problem = regexProblem(read(item).regex);
        if (problem !== undefined) return [invalid(item, key, `Invalid regular expression: ${problem}`)];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return [invalid(item, key, error.message)];
      }
    }
    return [];
  };
}

/** Reads an item of `timestamp.columns.mapping`; throws a RangeError that says what is wrong. */
export function timestampColumns(item: string): Mapping {
  const [regex, list, more] = item.split(":");
  if (regex === undefined || list === undefined || more !== undefined) {
    throw new RangeError("Invalid format. Expected 'regex:[col1|col2|...]'");
  }
  if (!list.startsWith("[") || !list.endsWith("]")) throw new RangeError("Columns list must be enclosed in square brackets");
  const inner = list.slice(1, -1);
  if (inner.trim() === "") throw new RangeError("Columns list cannot be empty");
  const columns = inner.split("|").map((column) => column.trim());
  if (columns.includes("")) throw new RangeError("Every column name should be non-empty string");
  return { regex: regex.trim(), columns };
}

/** Reads an item of `incrementing.column.mapping`; throws a RangeError that says what is wrong. */
export function incrementingColumn(item: string): Mapping {
  const [regex, column, more] = item.split(":");
  if (regex === undefined || column === undefined || more !== undefined) {
    throw new RangeError("Invalid format. Expected 'regex:columnName'");
  }
  if (column.trim() === "") throw new RangeError("Column name cannot be empty");
  return { regex: regex.trim(), columns: [column.trim()] };
}

function regexProblem(pattern: string): string | undefined {
  try {
    compileJavaRegex(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
    throw error;
  }
}

function invalid(value: string, key: string, reason: string): string {
  return `Invalid value ${value} for configuration ${key}: ${reason}`;
}
