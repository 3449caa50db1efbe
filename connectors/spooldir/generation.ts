/** Schemas made from sample files: every column an optional STRING. */
import { ConnectError, DataError, primitiveSchema, type Schema, structSchema, type TaskLog } from "sdk";
import type { RecordSchemas } from "./record_schemas.ts";
import { writeSchema } from "./schema_json.ts";
import type { SpoolFile } from "./spool_file.ts";

/** The keys that say how. */
export interface GenerationSettings {
  readonly keyFields: readonly string[];
  readonly keyName: string;
  readonly valueName: string;
  /** Different samples give the columns of all. */
  readonly union: boolean;
}

/** Names of a file's columns; undefined for a file that has none, which is no sample. */
export type ColumnNames = (path: string) => Promise<readonly string[] | undefined>;

/** Files looked at. */
const SAMPLES = 5;
const TEXT = primitiveSchema("STRING", { optional: true });

/** The schemas of the first files that have columns; undefined when there is no such file. */
export async function generateSchemas(
  files: readonly Pick<SpoolFile, "path">[],
  columnNames: ColumnNames,
  settings: GenerationSettings,
  log: TaskLog,
): Promise<RecordSchemas | undefined> {
  const samples: { readonly path: string; readonly value: Schema }[] = [];
  for (const { path } of files) {
    if (samples.length === SAMPLES) break;
    const names = await columnNames(path);
    if (names !== undefined) samples.push({ path, value: valueSchema(names, settings, path) });
  }
  const value = settings.union ? unionOf(samples.map((sample) => sample.value), settings) : commonSchema(samples);
  return value === undefined ? undefined : { value, key: keySchema(value, settings, log) };
}

function valueSchema(names: readonly string[], settings: GenerationSettings, path: string): Schema {
  if (names.some((name) => name === "")) {
    // The first sentence is the reference's.
    throw new ConnectError(
      `fieldName cannot be null. A column of '${path}' has no name: give it one, or give key.schema and value.schema`,
      {
        javaClass: "org.apache.kafka.connect.errors.SchemaBuilderException",
      },
    );
  }
  return structSchema([...new Set(names)].map((name) => [name, TEXT]), { name: settings.valueName });
}

function unionOf(schemas: readonly Schema[], settings: GenerationSettings): Schema | undefined {
  if (schemas.length === 0) return undefined;
  const names = new Set(schemas.flatMap((schema) => schema.fields.map((field) => field.name)));
  return structSchema([...names].map((name) => [name, TEXT]), { name: settings.valueName });
}

function commonSchema(samples: readonly { readonly path: string; readonly value: Schema }[]): Schema | undefined {
  const bySchema = new Map<string, string[]>();
  for (const { path, value } of samples) {
    const json = writeSchema(value);
    bySchema.set(json, [...bySchema.get(json) ?? [], path]);
  }
  if (bySchema.size <= 1) return samples[0]?.value;
  const list = [...bySchema].map(([json, paths]) => `Schema: ${json}\n${paths.map((path) => `  ${path}\n`).join("")}`);
  throw new DataError(
    `More than one schema was found for the input pattern.\n${list.join("")}` +
      "Give key.schema and value.schema, narrow input.file.pattern, or set sluice.schema.generation.union=true",
  );
}

function keySchema(value: Schema, settings: GenerationSettings, log: TaskLog): Schema {
  const fields: (readonly [string, Schema])[] = [];
  for (const name of new Set(settings.keyFields)) {
    const field = value.field(name);
    if (field === undefined) log.warn(`Key field '${name}' is not in the data.`);
    else fields.push([name, field.schema]);
  }
  return structSchema(fields, { name: settings.keyName });
}
