import { type ConfigOf, ConnectError, defineSink, field, javaText, liveRow, liveRows, sideAt, type SinkBatch, type SinkTask } from "sdk";

const config = {
  "file": field.string({
    default: null,
    importance: "HIGH",
    doc: "File to append to; it is made when it is not there, its folder is not. Not set: the standard error of the worker.",
  }),
};

/** Appends each value as a line of text: the smallest useful sink. */
export const fileStreamSink = defineSink({
  class: "org.apache.kafka.connect.file.FileStreamSinkConnector",
  taskClass: "org.apache.kafka.connect.file.FileStreamSinkTask",
  version: "4.2.0",
  summary: "Appends the value of each record to one text file, a line each; keys, headers and timestamps are not written.",
  docs: {
    folder: "file",
    example: { file: "/tmp/example-out.txt", topics: "lines" },
    notes: `A line is Java's text of the value, in UTF-8:

| value | line |
| --- | --- |
| string | as it is; line ends inside stay |
| whole number, boolean | \`42\`, \`true\` |
| float, double | \`1.5\`, \`1.0E7\`, \`NaN\` |
| decimal | \`12.30\` |
| date, time, timestamp | \`Thu Jan 02 03:04:05 UTC 2020\` |
| struct | \`Struct{id=1,name=x}\`; fields that are null are left out |
| map, object without schema | \`{id=1, name=x}\` |
| array | \`[1, 2]\` |
| bytes | \`[B@1b6d3586\`, which says nothing of them |
| null (tombstone) | \`null\` |

Nothing takes a line back: records that are put again after a crash or a rebalance stand in the file twice. Several tasks append to the
same file, whole batches at a time, in no order among them. A write that fails, say on a full disk, fails the task (Kafka Connect goes
on and loses the lines). Standard output, where Kafka Connect writes when \`file\` is not set, belongs to the worker here: lines go to
standard error, among those of the log.`,
  },
  config,
  split: (_, raw, maxTasks) => Array.from({ length: maxTasks }, () => raw),
  start: (parsed) => FileStreamSinkTask.open(parsed),
  // The group's offsets are all there is to change (Kafka Connect 4, FileStreamSinkConnector.alterOffsets).
  alterOffsets: () => true,
});

/** What is asked of a file, and of standard error in its place. */
interface Output {
  write(bytes: Uint8Array): Promise<number>;
  close?(): void;
}

class FileStreamSinkTask implements SinkTask {
  readonly #output: Output;
  readonly #name: string;
  readonly #encoder = new TextEncoder();

  constructor(output: Output, name: string) {
    this.#output = output;
    this.#name = name;
  }

  static async open({ file }: ConfigOf<typeof config>): Promise<FileStreamSinkTask> {
    if (file === null) return new FileStreamSinkTask({ write: (bytes) => Deno.stderr.write(bytes) }, "standard error");
    try {
      return new FileStreamSinkTask(await Deno.open(file, { append: true, create: true }), `file '${file}'`);
    } catch (error) {
      throw new ConnectError(`Couldn't find or create file '${file}' for FileStreamSinkTask`, { cause: javaCause(error, file) });
    }
  }

  /** All lines in one write where the system takes them so: other tasks may append to the same file. Nothing is left for `flush` to do. */
  async put(batches: readonly SinkBatch[]): Promise<void> {
    const bytes = this.#encoder.encode(batches.map(linesOf).join(""));
    try {
      for (let at = 0; at < bytes.length;) at += await this.#output.write(bytes.subarray(at));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConnectError(`Cannot write to ${this.#name} for FileStreamSinkTask: ${why}`, { cause: error });
    }
  }

  stop(): void {
    this.#output.close?.();
  }
}

function linesOf(batch: SinkBatch): string {
  const { value } = batch;
  const lines: string[] = [];
  for (let i = 0; i < liveRows(batch); i++) {
    lines.push(`${javaText(value.schema, sideAt(value, liveRow(batch, i)))}\n`);
  }
  return lines.join("");
}

/** What Java says of a file that does not open (java.nio.file): traces are read by people who know these names. */
function javaCause(error: unknown, file: string): unknown {
  if (error instanceof Deno.errors.NotFound) {
    return new ConnectError(file, { javaClass: "java.nio.file.NoSuchFileException", cause: error });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new ConnectError(file, { javaClass: "java.nio.file.AccessDeniedException", cause: error });
  }
  return error;
}
