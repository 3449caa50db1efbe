/** Partition and offset of a file, as they are stored. */
import { ConnectError, type SourceOffset, type SourcePartition } from "sdk";
import type { FileIdentity } from "./file_identity.ts";
import type { SpoolFile } from "./spool_file.ts";

/** The source partition of a file: the path relative to `input.path`, which is the name alone at top level. */
export function partitionOf(file: SpoolFile): SourcePartition {
  return { fileName: file.relative };
}

/** The offset behind a row. The members of our own are left out where offsets are shown. */
export function offsetAt(offset: number, identity: FileIdentity): SourceOffset {
  return {
    offset,
    "sluice.length": identity.length,
    "sluice.lastModified": identity.lastModified,
    "sluice.head": identity.head,
    // As text, as it may have more bits than a double. Not the device, whose number changes when a volume is mounted anew.
    ...(identity.inode === undefined ? {} : { "sluice.inode": String(identity.inode) }),
  };
}

/**
 * The number to go on behind, or undefined to start at the first row: nothing is stored, or it belongs to another file of
 * that name, be it one that looks the same and was renamed over it. An offset without our own members, from Kafka Connect or set by hand, is taken at its word.
 */
export function resumePoint(stored: SourceOffset | undefined, identity: FileIdentity): number | undefined {
  if (stored === undefined) return undefined;
  const isOurs = "sluice.head" in stored;
  if (isOurs && !isOf(stored, identity)) return undefined;
  return requireOffset(stored);
}

/** The number in an offset. Throws a ConnectError for one no file can have. */
export function requireOffset(offset: SourceOffset): number {
  const number = Number(offset.offset);
  const isNumber = typeof offset.offset === "number" || typeof offset.offset === "bigint";
  if (isNumber && Number.isSafeInteger(number) && number >= 0) return number;
  throw new ConnectError(
    `Cannot use the offset ${JSON.stringify(offset, (_, value) => typeof value === "bigint" ? String(value) : value)}: ` +
      `"offset" must be the number of the last row that was sent, an integer from 0 on. Alter or reset the connector's offsets`,
  );
}

function isOf(stored: SourceOffset, identity: FileIdentity): boolean {
  const inode = stored["sluice.inode"];
  if (inode !== undefined && identity.inode !== undefined && inode !== String(identity.inode)) return false;
  return stored["sluice.head"] === identity.head && Number(stored["sluice.length"]) === identity.length &&
    Number(stored["sluice.lastModified"]) === identity.lastModified;
}
