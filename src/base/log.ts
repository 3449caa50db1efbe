/** Log lines with fields, through LogTape: text for people, JSON for machines, secrets hidden by value. */
import { configureSync, getLogger as tapeLogger, type LogLevel, type LogRecord } from "@logtape/logtape";
import { maskValues } from "./secret_text.ts";

/** Columns of a log line. Never a payload, never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One component's log. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A field of many values, such as a config: an object in JSON, a line each below the message in text. */
export class LogValues {
  constructor(readonly values: Readonly<Record<string, string>>) {}

  /** What JSON shows. */
  toJSON(): Readonly<Record<string, string>> {
    return this.values;
  }
}

/** How this process logs. Lines go to stderr. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
}

const secrets = new Set<string>();
const encoder = new TextEncoder();

/** Values that are replaced by `[hidden]` in every line from now on, as far as `maskValues` does. */
export function hideSecrets(values: Iterable<string>): void {
  for (const value of values) if (value.length > 1) secrets.add(value);
}

/** The text with every known secret replaced. */
export function withoutSecrets(text: string): string {
  return maskValues(text, secrets);
}

/** Sets up logging of this process; called once by `main.ts`, again when levels change. */
export function configureLog(options: LogOptions): void {
  const write = (record: LogRecord) => {
    const line = options.format === "json" ? jsonLine(record) : printable(textLine(record));
    Deno.stderr.writeSync(encoder.encode(line + "\n"));
  };
  configureSync({
    reset: true,
    sinks: { stderr: write },
    loggers: [
      { category: [], lowestLevel: options.level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
}

/** The logger of a component, e.g. `worker`, `host.source`. */
export function logger(name: string): Logger {
  const tape = tapeLogger(name.split("."));
  return {
    debug: (message, fields) => tape.debug(escaped(message), fields),
    info: (message, fields) => tape.info(escaped(message), fields),
    warn: (message, fields) => tape.warn(escaped(message), fields),
    error: (message, fields) => tape.error(escaped(message), fields),
  };
}

/** LogTape reads braces as placeholders; a message of ours has none. */
function escaped(message: string): string {
  return message.replaceAll("{", "{{").replaceAll("}", "}}");
}

/** Control characters spelt out, as what a file or a client holds may not steer the terminal that shows the log; line ends and tabs stay. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function textLine(record: LogRecord): string {
  const { connector, task, ...rest } = record.properties;
  const prefix = connector === undefined ? "" : `[${connector}|${task === undefined ? "worker" : `task-${task}`}] `;
  const columns = Object.entries(rest).map(([key, value]) => value instanceof LogValues ? "" : ` ${key}=${columnText(value)}`).join("");
  const below = Object.values(rest).map((value) => value instanceof LogValues ? withoutSecrets(linesOf(value)) : "").join("");
  const level = (record.level === "warning" ? "WARN" : record.level.toUpperCase()).padEnd(5);
  const said = withoutSecrets(`${prefix}${record.message.join("")}${columns}`);
  return `[${new Date(record.timestamp).toISOString()}] ${level} ${said} (${record.category.join(".")})${below}`;
}

function columnText(value: unknown): string {
  return typeof value === "string" ? value : json(value);
}

/** As Kafka's clients show configs; a value of several lines stays below its key. */
function linesOf({ values }: LogValues): string {
  return Object.entries(values).map(([key, value]) => `\n\t${key} = ${value.replaceAll("\n", "\n\t\t")}`).join("");
}

function jsonLine(record: LogRecord): string {
  const line = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: withoutSecrets(record.message.join("")),
  };
  return JSON.stringify({ ...line, ...JSON.parse(json(record.properties)) });
}

/**
 * JSON text of a field, without its secrets: they go before the text is written, as an escape may join a secret to the letter in front of it. A long
 * is written as text, as JSON's readers would round it.
 */
function json(value: unknown): string {
  return JSON.stringify(
    value,
    (_, each) => typeof each === "bigint" ? String(each) : typeof each === "string" ? withoutSecrets(each) : each,
  );
}
