/** What tells a file from a later one of the same name. */
import { createHash } from "node:crypto";
import { isSamePlaceOnDisk, type SpoolFile } from "./spool_file.ts";

/** Bytes at the start of a file that count for its identity. */
const HEAD_BYTES = 8192;
const LF = 10;
const CR = 13;
/** Bytes of the longest line end: LF in UTF-32. */
const END_BYTES = 4;

/** A file's length, time, beginning and place on disk. Two files that are equal in all of them are taken for the same. */
export interface FileIdentity {
  readonly length: number;
  readonly lastModified: number;
  /** Hash of the first bytes, at most `HEAD_BYTES`. */
  readonly head: string;
  /** Whether the last character ends a line; means nothing for a compressed file. */
  readonly endsInLine: boolean;
  /** As in `SpoolFile`. */
  readonly device?: number | undefined;
  readonly inode?: number | undefined;
}

/** Reads what identifies a file. */
export async function identify(file: SpoolFile): Promise<FileIdentity> {
  using handle = await Deno.open(file.path, { read: true });
  const head = await readFully(handle, Math.min(HEAD_BYTES, file.length));
  await handle.seek(Math.max(0, file.length - END_BYTES), Deno.SeekMode.Start);
  const tail = await readFully(handle, Math.min(END_BYTES, file.length));
  // Zeros are the upper half of a character in UTF-16LE and UTF-32LE.
  const last = tail.findLast((byte) => byte !== 0);
  return {
    length: file.length,
    lastModified: file.lastModified,
    head: createHash("sha256").update(head).digest("hex").slice(0, 16),
    endsInLine: tail.length === 0 || last === LF || last === CR,
    device: file.device,
    inode: file.inode,
  };
}

/** Whether the file is the earlier one, possibly with more at its end. */
export async function isContinued(file: SpoolFile, earlier: FileIdentity): Promise<boolean> {
  if (file.length < earlier.length || !isSamePlaceOnDisk(earlier, file)) return false;
  return (await identify({ ...file, length: earlier.length })).head === earlier.head;
}

async function readFully(handle: Deno.FsFile, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await handle.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
