import {
  type ConfigOf,
  ConnectError,
  defineSource,
  field,
  primitiveSchema,
  type SourceContext,
  type SourceOffset,
  type SourcePartition,
  type SourceRecord,
  type SourceTask,
} from "sdk";
import { LineFile } from "./line_file.ts";

const LINE = primitiveSchema("STRING");
/** Pause when the file has nothing new or is not there yet (Kafka Connect 4, FileStreamSourceTask). */
const IDLE_MS = 1000;

const config = {
  "file": field.string({ default: null, importance: "HIGH", doc: "File to read. It may appear later, and may grow." }),
  "topic": field.string({ importance: "HIGH", doc: "Topic that receives one record per line.", validate: nonEmptyTopic }),
  "batch.size": field.int({ default: 2000, importance: "LOW", doc: "Most lines one poll returns." }),
};

type Config = ConfigOf<typeof config>;

/** Follows one text file, line by line, and returns plain rows: the smallest useful source. */
export const fileStreamSource = defineSource({
  class: "org.apache.kafka.connect.file.FileStreamSourceConnector",
  taskClass: "org.apache.kafka.connect.file.FileStreamSourceTask",
  version: "4.2.0",
  summary: "Follows one text file and writes each complete line to a topic; goes on where it stopped.",
  docs: {
    folder: "file",
    example: { file: "/tmp/example.txt", topic: "lines" },
    notes:
      `A line ends at LF, CR or CRLF; the last one waits for its end. Text is read as UTF-8. The key is null, the value a required string, the
timestamp the time of reading. The offset \`{"position":n}\` counts bytes (Kafka Connect counts characters and skips bytes, so it goes
wrong beyond ASCII). A file that became shorter than what was read of it is read from the start again, with a warning. A line longer than 16 MiB fails the task. Standard input, which
Kafka Connect reads when \`file\` is not set, belongs to the worker here: such a connector is refused at start.`,
  },
  config,
  split: (parsed, raw) => {
    requireFile(parsed.file);
    return [raw];
  },
  start: (parsed, context) => new FileStreamTask(parsed, context),
  alterOffsets: (raw, offsets) => {
    if (raw.file === undefined || raw.file === null || raw.file === "") {
      throw new ConnectError(
        "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for input and offsets are not tracked.",
      );
    }
    for (const [partition, offset] of offsets) judgeOffset(partition, offset);
    return true;
  },
});

function nonEmptyTopic(value: string | null): readonly string[] {
  return value === "" ? ["Invalid value  for configuration topic: String must be non-empty"] : [];
}

function requireFile(file: string | null): string {
  if (file === null || file === "") {
    throw new ConnectError('Cannot start without "file": standard input belongs to the worker. Set "file" to a path');
  }
  return file;
}

/** Texts and order as in Kafka Connect 4 (FileStreamSourceConnector.alterOffsets). */
function judgeOffset(partition: SourcePartition | null, offset: SourceOffset | null): void {
  if (offset === null) return;
  const position = offset.position;
  if (position === undefined) throw new ConnectError("Offset objects should either be null or contain the key 'position'");
  const whole = typeof position === "bigint" || (typeof position === "number" && Number.isInteger(position));
  if (!whole) throw new ConnectError("The value for the 'position' key in the offset is expected to be a Long value");
  if (position < 0) throw new ConnectError("The value for the 'position' key in the offset should be a non-negative value");
  if (partition === null) throw new ConnectError("Partition objects cannot be null");
  if (partition.filename === undefined) throw new ConnectError("Partition objects should contain the key 'filename'");
}

class FileStreamTask implements SourceTask {
  readonly #config: Config;
  readonly #context: SourceContext;
  readonly #partition: SourcePartition;
  readonly #path: string;
  #file: LineFile | undefined;
  #waiting = false;
  /** Restarts of the file that were told. */
  #restarts = 0;

  constructor(parsed: Config, context: SourceContext) {
    this.#config = parsed;
    this.#context = context;
    this.#path = requireFile(parsed.file);
    this.#partition = { filename: this.#path };
  }

  async poll(): Promise<readonly SourceRecord[] | null> {
    this.#file ??= await this.#open();
    const lines = this.#file?.read(this.#config["batch.size"]) ?? [];
    this.#tellRestarts();
    if (lines.length === 0) {
      await this.#context.sleep(IDLE_MS);
      return null;
    }
    const timestamp = this.#context.now();
    return lines.map(({ text, end }) => ({
      topic: this.#config.topic,
      partition: null,
      keySchema: null,
      key: null,
      valueSchema: LINE,
      value: text,
      timestamp,
      headers: [],
      sourcePartition: this.#partition,
      sourceOffset: { position: end },
    }));
  }

  stop(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #tellRestarts(): void {
    const restarts = this.#file?.restarts ?? 0;
    if (restarts > this.#restarts) {
      this.#context.log.warn("The file is shorter than it was: reading it from the start", { file: this.#path });
    }
    this.#restarts = restarts;
  }

  /** undefined while the file is not there, which is no error: it may still come. */
  async #open(): Promise<LineFile | undefined> {
    const [offset] = await this.#context.offsets([this.#partition]);
    const position = Number(offset?.position ?? 0);
    try {
      return LineFile.open(this.#path, position);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      if (!this.#waiting) this.#context.log.warn("The file is not there yet: waiting for it", { file: this.#path });
      this.#waiting = true;
      return undefined;
    }
  }
}
