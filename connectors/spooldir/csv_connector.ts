/** What the CSV connector does when it is split and started; loaded only then, to keep the parent process small. */
import { resolve } from "node:path";
import type { ConnectorContext, SourceContext, SourceTask, StringMap } from "sdk";
import { compressionOf } from "./compression.ts";
import { openCsv } from "./csv/open.ts";
import { type CsvConfig, csvFormat, requireDistinctCharacters } from "./csv_format.ts";
import type { CsvFormat } from "./csv_reader.ts";
import { CsvFiles } from "./csv_rows.ts";
import { requireUsable, usedDirectories } from "./directory_checks.ts";
import { findFiles, isOurs } from "./find_files.ts";
import { generateSchemas, type GenerationSettings } from "./generation.ts";
import type { RecordSchemas } from "./record_schemas.ts";
import { writeSchema } from "./schema_json.ts";
import type { SpoolFile } from "./spool_file.ts";
import { spoolSettings } from "./spool_settings.ts";
import { SpoolTask } from "./spool_task.ts";
import { checkFileKeys, checkSchemaKeys, excludedDirectories, requireSchemas } from "./start_checks.ts";

/** Keys of SpoolDir 2.0.43 to 2.0.56 that mean nothing any more. */
const LEGACY_KEYS = ["metadata.location", "metadata.field"];

/** Exactly `maxTasks` configs, with the schemas in them unless there was nothing to generate them from. */
export async function splitCsv(config: CsvConfig, raw: StringMap, maxTasks: number, context: ConnectorContext): Promise<StringMap[]> {
  const matches = checkFileKeys(config);
  const given = checkSchemaKeys(config);
  requireDistinctCharacters(config);
  for (const key of LEGACY_KEYS) if (key in raw) context.log.warn(`'${key}' has no effect: it was removed from the connector in 2.0.57`);
  const generated = given === undefined ? await generateNow(config, matches, context) : undefined;
  const schemas = generated === undefined ? {} : written(generated);
  for (const [key, json] of Object.entries(schemas)) context.log.info(`Setting ${key} to ${json}`);
  // Only who writes the key means it: its default says the same, and the reference does the opposite.
  const ignoreCase = raw["csv.case.sensitive.field.names"]?.trim().toLowerCase() === "false";
  const own = ignoreCase ? { "sluice.csv.field.names.ignore.case": "true" } : {};
  return Array.from(
    { length: maxTasks },
    (_, index) => ({ ...raw, ...own, ...schemas, "task.index": String(index), "task.count": String(maxTasks) }),
  );
}

function written(schemas: RecordSchemas) {
  return { "key.schema": writeSchema(schemas.key), "value.schema": writeSchema(schemas.value) };
}

/** From the files that are there. Without any, the tasks do it at their first file. */
async function generateNow(
  config: CsvConfig,
  matches: (name: string) => boolean,
  context: ConnectorContext,
): Promise<RecordSchemas | undefined> {
  const extension = config["processing.file.extension"];
  const files = await findFiles(
    {
      inputPath: resolve(config["input.path"]),
      recursive: config["input.path.walk.recursively"],
      excluded: excludedDirectories(config),
      accepts: (name) => !isOurs(name, extension) && matches(name),
    },
    extension,
    { unlisted: (directory, reason) => context.log.warn("Cannot list a directory: it gives no sample", { directory, reason }) },
  );
  files.sort((a, b) => a.relative < b.relative ? -1 : 1);
  const schemas = await generateSchemas(files, (path) => sampleColumns(path, config, context), generation(config), context.log);
  if (schemas === undefined) context.log.info("There is no file to make schemas from: each task makes them from its first file");
  return schemas;
}

function generation(config: CsvConfig): GenerationSettings {
  return {
    keyFields: config["schema.generation.key.fields"],
    keyName: config["schema.generation.key.name"],
    valueName: config["schema.generation.value.name"],
    union: config["sluice.schema.generation.union"],
  };
}

/** Columns of a sample; a file that cannot be read is none, as the task will put it where it belongs. */
async function sampleColumns(path: string, config: CsvConfig, context: ConnectorContext): Promise<readonly string[] | undefined> {
  try {
    if (!(await Deno.stat(path)).isFile) return undefined;
    return await columnsOf(path, config);
  } catch (error) {
    context.log.warn("Cannot read a file to make schemas from: leaving it out", { file: path, reason: String(error) });
    return undefined;
  }
}

/** The header's names, or `column01`, `column02`, … for as many cells as the first row has. */
async function columnsOf(path: string, config: CsvConfig): Promise<readonly string[] | undefined> {
  const format = csvFormat(config);
  const reader = await openCsv(path, { ...format, firstRowIsHeader: true });
  const firstRow = reader.header;
  reader.close();
  if (format.firstRowIsHeader) return firstRow;
  return firstRow?.map((_, i) => `column${String(i + 1).padStart(2, "0")}`);
}

/** Opens a task. */
export async function startCsv(config: CsvConfig, context: SourceContext, taskClass: string): Promise<SourceTask> {
  const matches = checkFileKeys(config);
  const given = checkSchemaKeys(config);
  requireSchemas(config, given);
  requireDistinctCharacters(config);
  await requireUsable(usedDirectories(config));
  const settings = {
    format: csvFormat(config),
    ignoreCase: config["sluice.csv.field.names.ignore.case"],
    timestampField: config["timestamp.mode"] === "FIELD" ? config["timestamp.field"] : undefined,
  };
  const open = (path: string, format: CsvFormat) => openCsv(path, format, compressionOf(path), () => warnOfCharset(path, format, context));
  const files = new CsvFiles(open, settings, given === undefined ? generatedFromFirst(config, context) : () => Promise.resolve(given));
  return new SpoolTask(spoolSettings(config, matches, taskClass, context), files, context);
}

/** The reference replaces such bytes too, and says nothing. */
function warnOfCharset(path: string, { charset }: CsvFormat, context: SourceContext): void {
  context.log.warn(`Bytes that mean nothing in ${charset} are replaced by U+FFFD: this file may need another csv.file.charset`, {
    file: path,
  });
}

/** Schemas of the first file that has columns, kept for all later ones. */
function generatedFromFirst(config: CsvConfig, context: SourceContext): (file: SpoolFile) => Promise<RecordSchemas | undefined> {
  let schemas: RecordSchemas | undefined;
  return async (file) => {
    if (schemas !== undefined) return schemas;
    schemas = await generateSchemas([file], (path) => columnsOf(path, config), generation(config), context.log);
    if (schemas !== undefined) context.log.info(`Made schemas from ${file.path}: ${JSON.stringify(written(schemas))}`);
    return schemas;
  };
}
