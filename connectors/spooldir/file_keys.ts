import { field, range } from "sdk";
import { absolutePath, enumName, enumNames, fileExtension } from "./rules.ts";

/** What becomes of a file once all of it is in Kafka. */
export const CLEANUP_POLICIES = ["NONE", "DELETE", "MOVE", "MOVEBYDATE"] as const;
/** What files are sorted by. */
export const SORT_ATTRIBUTES = ["NameAsc", "NameDesc", "LengthAsc", "LengthDesc", "LastModifiedAsc", "LastModifiedDesc"] as const;
/** Where a record's timestamp comes from. */
export const TIMESTAMP_MODES = ["FIELD", "FILE_TIME", "PROCESS_TIME"] as const;
/** How finished and failed files are laid out. */
export const LAYOUTS = ["doubled", "flat"] as const;

const GENERAL = "General";
const FILES = "File System";

/** Keys of every connector that reads files from a directory, in the order the reference lists them. */
export const fileKeys = {
  "topic": field.string({ importance: "HIGH", group: GENERAL, doc: "Topic that receives every record." }),
  "batch.size": field.int({
    default: 1000,
    importance: "LOW",
    group: GENERAL,
    doc: "Most records read from a file at once. With errors.tolerance=none a bad row takes the others of its batch with it.",
    validate: range({ min: 1 }),
  }),
  "empty.poll.wait.ms": field.long({
    default: 500,
    importance: "LOW",
    group: GENERAL,
    doc: "Pause in milliseconds before the directory is listed again when it held nothing to read.",
    validate: range({ min: 1 }),
  }),
  "cleanup.policy": field.string({
    default: "MOVE",
    importance: "MEDIUM",
    group: FILES,
    doc: "What becomes of a file once Kafka has acknowledged all its records: MOVE and MOVEBYDATE put it below finished.path " +
      "(MOVEBYDATE below a directory named for the day it was last modified), DELETE deletes it, NONE leaves it and reads it again only after it changed.",
    validate: enumName("CleanupPolicy", CLEANUP_POLICIES),
  }),
  "input.path": field.string({
    importance: "HIGH",
    group: FILES,
    doc:
      "Directory to watch, absolute; must exist and be writable, as flag files are put beside the files. Write files elsewhere and rename them into it.",
    validate: absolutePath(),
  }),
  "finished.path": field.string({
    default: "",
    importance: "HIGH",
    group: FILES,
    doc:
      "Directory for files that were read to their end, absolute; needed by MOVE and MOVEBYDATE. A file of the same name is never overwritten.",
    visible: (values) => movesFiles(values["cleanup.policy"]),
  }),
  "error.path": field.string({
    importance: "HIGH",
    group: FILES,
    doc: "Directory for files that could not be read, absolute; must exist and be writable.",
    validate: absolutePath(),
  }),
  "input.file.pattern": field.string({
    importance: "HIGH",
    group: FILES,
    doc: "Java regular expression that must match the whole name of a file, without its directory.",
  }),
  "halt.on.error": field.boolean({
    default: true,
    importance: "HIGH",
    group: FILES,
    doc: "Whether a file that cannot be read fails the task, or is put below error.path and the next one read.",
  }),
  "file.minimum.age.ms": field.long({
    default: 0,
    importance: "LOW",
    group: FILES,
    doc: "Milliseconds a file must not have been modified for before it is read.",
    validate: range({ min: 0 }),
  }),
  "processing.file.extension": field.string({
    default: ".PROCESSING",
    importance: "LOW",
    group: FILES,
    doc: "Suffix of the flag file that marks a file as being read. Files with that suffix are never read themselves.",
    validate: fileExtension(),
  }),
  "timestamp.mode": field.string({
    default: "PROCESS_TIME",
    importance: "MEDIUM",
    group: "Timestamps",
    doc:
      "Timestamp of the records: that of the field timestamp.field (FIELD), the file's last modification (FILE_TIME), or the time of sending (PROCESS_TIME).",
    validate: enumName("TimestampMode", TIMESTAMP_MODES),
  }),
  "files.sort.attributes": field.list({
    default: ["NameAsc"],
    importance: "LOW",
    group: FILES,
    doc: "Order in which files are read; later attributes decide where earlier ones are equal. Empty: the order the directory gives.",
    validate: enumNames("FileAttribute", SORT_ATTRIBUTES),
  }),
  "task.index": field.int({
    default: 0,
    importance: "LOW",
    group: GENERAL,
    doc: "Number of the task; set by the connector, whatever a config says.",
    validate: range({ min: 0 }),
  }),
  "task.count": field.int({
    default: 1,
    importance: "LOW",
    group: GENERAL,
    doc: "Number of tasks; set by the connector, whatever a config says.",
    validate: range({ min: 1 }),
  }),
  "task.partitioner": field.string({
    default: "ByName",
    importance: "MEDIUM",
    group: FILES,
    doc: "How files are shared among tasks: by a hash of their names.",
    validate: enumName("TaskPartitioner", ["ByName"]),
  }),
  "input.path.walk.recursively": field.boolean({
    default: false,
    importance: "LOW",
    group: FILES,
    doc: "Whether files in sub-directories are read too. finished.path and error.path are left out when they lie inside input.path.",
  }),
  "cleanup.policy.maintain.relative.path": field.boolean({
    default: false,
    importance: "LOW",
    group: FILES,
    doc: "Whether sub-directories of input.path stay when their last file has left.",
  }),
  "file.buffer.size.bytes": field.int({
    default: 131072,
    importance: "LOW",
    group: FILES,
    doc: "Bytes read from a file at once.",
    validate: range({ min: 1 }),
  }),
};

/** Keys of our own that concern every format. */
export const ownFileKeys = {
  "sluice.finished.layout": field.string({
    default: "doubled",
    importance: "LOW",
    group: FILES,
    doc: "Where a finished or failed file goes. doubled: below a directory named like it (finished/a.csv/a.csv), as the reference does, " +
      "and the header file.relative.path holds the file name too. flat: finished/a.csv, and file.relative.path is the sub-directory, absent at top level.",
    validate: enumName("FinishedLayout", LAYOUTS),
  }),
  "sluice.headers.enable": field.boolean({
    default: true,
    importance: "LOW",
    group: GENERAL,
    doc: "Whether each record carries the eight file.* headers. Leaving them out is the biggest saving there is.",
  }),
  "sluice.processing.flag.lease.ms": field.long({
    default: 600000,
    importance: "LOW",
    group: FILES,
    doc: "Milliseconds after which a flag file that nobody has renewed counts as left behind by a crash. " +
      "Flags of a process of this machine that no longer runs are taken over at once. A task that is paused for longer may lose its file to another reader.",
    validate: range({ min: 1000 }),
  }),
};

/** Whether finished.path is used. */
export function movesFiles(policy: unknown): boolean {
  return policy === "MOVE" || policy === "MOVEBYDATE";
}
