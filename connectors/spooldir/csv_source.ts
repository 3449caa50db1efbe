import { ConnectError, defineSource, type SourceOffset, type SourcePartition } from "sdk";
import { charsetPlan } from "./charset_names.ts";
import { characterProblem } from "./csv_format.ts";
import { csvKeys, ownCsvKeys } from "./csv_keys.ts";
import { directoryProblems, usedDirectories } from "./directory_checks.ts";
import { fileKeys, ownFileKeys } from "./file_keys.ts";
import { ownSchemaKeys, schemaKeys } from "./schema_keys.ts";
import { requireOffset } from "./stored_offset.ts";

const TASK_CLASS = "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceTask";

/** Reads the CSV files that appear in a directory. */
export const spoolDirCsvSource = defineSource({
  class: "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
  taskClass: TASK_CLASS,
  version: "2.0.65",
  summary: "Reads the CSV files that appear in a directory, one record per row, and moves each away once all its records are in Kafka.",
  config: { ...fileKeys, ...schemaKeys, ...csvKeys(isCharset), ...ownFileKeys, ...ownSchemaKeys, ...ownCsvKeys },
  async *check(values) {
    yield* directoryProblems(usedDirectories(values));
    const problem = characterProblem(values);
    if (problem !== undefined) yield problem;
  },
  async split(config, raw, maxTasks, context) {
    const { splitCsv } = await import("./csv_connector.ts");
    return await splitCsv(config, raw, maxTasks, context);
  },
  async start(config, context) {
    const { startCsv } = await import("./csv_connector.ts");
    return await startCsv(config, context, TASK_CLASS);
  },
  alterOffsets(_config, offsets) {
    for (const [partition, offset] of offsets) judgeOffset(partition, offset);
    return false;
  },
  docs: {
    folder: "spooldir",
    example: {
      "input.path": "/tmp/spooldir/input",
      "finished.path": "/tmp/spooldir/finished",
      "error.path": "/tmp/spooldir/error",
      "input.file.pattern": "^.*\\.csv$",
      "topic": "customers",
      "csv.first.row.as.header": "true",
      "schema.generation.enabled": "true",
    },
    notes: `Types: every type of a schema but ARRAY, MAP, STRUCT and plain BYTES; see the table.

| schema | text it takes |
| --- | --- |
| INT8, INT16, INT32, INT64 | digits with an optional sign, in range; no blanks, no grouping |
| FLOAT32, FLOAT64 | Java's float texts, \`NaN\`, \`Infinity\` |
| BOOLEAN | \`true\` in any case is true, everything else is false |
| STRING | as it is |
| Decimal | plain or exponent form that fits the scale without rounding |
| Date, Time, Timestamp | the first of parser.timestamp.date.formats that matches the start of the text; with ISO, all of it |

A file is moved, deleted or left, as cleanup.policy says, only when Kafka has acknowledged all its records. A stop leaves files in hand where
they are; the next start goes on behind the last stored row. The offset stands under the file's path relative to input.path and knows the
file by length, modification time, first bytes and inode, so a new file under an old name is read from its start, also one that looks the
same. On file systems that number their files anew at each mount (some of FUSE and SMB) a restart therefore sends files in hand, and under
cleanup.policy=NONE all files, again. A file whose length or time
changes while it is read is put back until two looks a second apart find it unchanged; a file that was modified within the last second and
whose last line has no end waits as well. After that it is taken as complete, with a warning that names the file. Whoever writes slower
than that writes elsewhere and renames. Under cleanup.policy=NONE a changed file is a new file.

Columns that no field is named for are ignored. Blank lines are skipped, but in a file of one column, where they are the empty
text unless csv.null.field.indicator makes it null. A row shorter than the columns fails its file: with
errors.tolerance=none nothing of that batch is sent and the file goes below error.path; with errors.tolerance=all only such rows are left out.

Generated schemas name a first column as the file does, a byte-order mark included, as the reference does; given schemas find it without.`,
  },
});

/** By name alone: what decodes is loaded where files are read, not in the parent process. */
function isCharset(name: string): boolean {
  return charsetPlan(name) !== undefined;
}

function judgeOffset(partition: SourcePartition | null, offset: SourceOffset | null): void {
  if (offset === null) return;
  if (typeof partition?.fileName !== "string") {
    throw new ConnectError('A partition must name a file: {"fileName":"‹path relative to input.path›"}');
  }
  requireOffset(offset);
}
