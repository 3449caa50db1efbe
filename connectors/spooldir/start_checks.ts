/** Checks of a connector's start, in the reference's order and with its errors; tasks make them again. */
import { resolve, sep } from "node:path";
import {
  compileJavaRegex,
  ConfigError,
  type ConfigOf,
  ConnectError,
  DataError,
  LOGICAL_NAMES,
  RegexSyntaxError,
  type Schema,
  timestampSchema,
} from "sdk";
import { type fileKeys, movesFiles, type ownFileKeys } from "./file_keys.ts";
import { type RecordSchemas, requireStruct } from "./record_schemas.ts";
import { isAbsolutePath, notAbsolute } from "./rules.ts";
import { readSchema } from "./schema_json.ts";
import type { ownSchemaKeys, schemaKeys } from "./schema_keys.ts";
import { textParser } from "./text_to_types.ts";
import { isTimeZone } from "../times/time_zone.ts";

export type FileConfig = ConfigOf<typeof fileKeys & typeof ownFileKeys>;
export type SchemaConfig = ConfigOf<typeof schemaKeys & typeof ownSchemaKeys>;

const TIMESTAMP = timestampSchema();

/** Checks paths and pattern. Returns what tells whether a file name matches. */
export function checkFileKeys(config: FileConfig): (name: string) => boolean {
  requireAbsolute("input.path", config["input.path"]);
  const policy = config["cleanup.policy"];
  if (movesFiles(policy)) requireAbsolute("finished.path", config["finished.path"], ` It is needed by cleanup.policy=${policy}`);
  requireAbsolute("error.path", config["error.path"]);
  const matches = compiledPattern(config["input.file.pattern"]);
  requireOther("error.path", config);
  if (movesFiles(policy)) requireOther("finished.path", config);
  return matches;
}

function requireAbsolute(key: string, path: string, why = ""): void {
  if (!isAbsolutePath(path)) throw new ConfigError(notAbsolute(key, path) + why);
}

/** Files put into the input directory itself would be read again, for ever. */
function requireOther(key: "finished.path" | "error.path", config: FileConfig): void {
  if (resolve(config[key]) !== resolve(config["input.path"])) return;
  throw new ConfigError(
    `Invalid value ${config[key]} for configuration ${key}: Must differ from input.path, or its files would be read again`,
  );
}

function compiledPattern(pattern: string): (name: string) => boolean {
  try {
    return compileJavaRegex(pattern);
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    // The reference leaves it to the reader to find out which key is meant.
    const message = `${error.message}\ninput.file.pattern must be a regular expression as Java has them`;
    throw new ConnectError(message, { javaClass: "java.util.regex.PatternSyntaxException" });
  }
}

/** The directories that files are moved to, as far as they lie below the input directory: they are not searched. */
export function excludedDirectories(config: FileConfig): readonly string[] {
  const inside = resolve(config["input.path"]) + sep;
  return [config["finished.path"], config["error.path"]].filter(isAbsolutePath).map((path) => resolve(path))
    .filter((path) => path.startsWith(inside));
}

/** The reference silently takes an unknown zone for UTC. */
function requireTimeZone(id: string): void {
  if (isTimeZone(id)) return;
  throw new ConfigError(
    `Invalid value ${id} for configuration parser.timestamp.timezone: Must be a time zone such as UTC, Europe/Berlin or GMT+5:30`,
  );
}

/** Checks time formats, schemas and timestamp field. Returns the schemas, undefined when they are to be generated. */
export function checkSchemaKeys(config: FileConfig & SchemaConfig): RecordSchemas | undefined {
  textParser(TIMESTAMP, { timeZone: config["parser.timestamp.timezone"], timeFormats: config["parser.timestamp.date.formats"] });
  const key = readSchema(config["key.schema"], "key.schema");
  const value = readSchema(config["value.schema"], "value.schema");
  requirePresence(config, key, value);
  requireTimeZone(config["parser.timestamp.timezone"]);
  const schemas = key === undefined || value === undefined ? undefined : { key: requireStruct(key), value: requireStruct(value) };
  if (config["timestamp.mode"] === "FIELD") requireTimestampField(config["timestamp.field"], schemas);
  return schemas;
}

function requirePresence(config: SchemaConfig, key: Schema | undefined, value: Schema | undefined): void {
  if (config["schema.generation.enabled"]) {
    for (const name of ["schema.generation.key.name", "schema.generation.value.name"] as const) {
      if (config[name].trim() !== "") continue;
      throw new ConnectError(`'${name}' must be set if 'schema.generation.enabled' = true.`, {
        javaClass: "java.lang.IllegalStateException",
      });
    }
    return;
  }
  for (const [name, schema] of [["key.schema", key], ["value.schema", value]] as const) {
    if (schema !== undefined) continue;
    throw new ConnectError(`'${name}' must be set if 'schema.generation.enabled' = false.`, {
      javaClass: "java.lang.NullPointerException",
    });
  }
}

function requireTimestampField(name: string, schemas: RecordSchemas | undefined): void {
  if (name.trim() === "") {
    throw new ConnectError(
      "When `timestamp.mode` is set to `FIELD`, `timestamp.field` must be set to a timestamp field. Cannot be null or empty.",
    );
  }
  if (schemas === undefined) {
    throw new ConnectError(
      `timestamp.mode=FIELD needs key.schema and value.schema with '${name}' as a required Timestamp: generated schemas hold optional strings only`,
    );
  }
  const field = schemas.value.field(name)?.schema;
  if (field?.name === LOGICAL_NAMES.Timestamp && field.type === "INT64" && !field.optional) return;
  throw new ConnectError(
    `Field '${name}' must be present and set to a timestamp and cannot be optional. Example ` +
      `{"name":"${LOGICAL_NAMES.Timestamp}","type":"INT64","version":1,"isOptional":false}`,
  );
}

/** A task has schemas, or generates them at its first file. */
export function requireSchemas(config: SchemaConfig, schemas: RecordSchemas | undefined): void {
  if (schemas !== undefined || config["schema.generation.enabled"]) return;
  throw new DataError("'value.schema' must be set to a valid schema.");
}
