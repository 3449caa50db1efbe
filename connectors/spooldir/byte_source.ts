import { ConnectError } from "sdk";

/**
 * Bytes of a file, decompressed, in order. `read` fills some of `into` and says how much, 0 = end of the file; what it
 * throws is never the end. It may answer at once or with a promise: a caller awaits only promises.
 */
export interface ByteSource {
  read(into: Uint8Array<ArrayBuffer>): number | Promise<number>;
  close(): void;
}

/** Opens a regular file. Throws as Java does for a file that is missing, no file, or not readable. */
export async function openFile(path: string): Promise<ByteSource> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true });
  } catch (error) {
    throw cannotOpen(path, error instanceof Error ? error : new Error(String(error)));
  }
  if ((await file.stat()).isDirectory) {
    file.close();
    throw cannotOpen(path, new Deno.errors.IsADirectory());
  }
  let isOpen = true;
  return {
    // Not readSync: a network file system that hangs must hang this task alone. Invariant 7
    async read(into) {
      try {
        return await file.read(into) ?? 0;
      } catch (error) {
        throw new ConnectError(`Could not read "${path}"`, { cause: error, javaClass: "java.io.IOException" });
      }
    },
    close() {
      if (isOpen) file.close();
      isOpen = false;
    },
  };
}

function cannotOpen(path: string, cause: Error): ConnectError {
  // The text is java.io.FileInputStream's.
  return new ConnectError(`${path} (${reason(cause)})`, { cause, javaClass: "java.io.FileNotFoundException" });
}

function reason(error: Error): string {
  if (error instanceof Deno.errors.NotFound) return "No such file or directory";
  if (error instanceof Deno.errors.PermissionDenied) return "Permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "Is a directory";
  return error.message;
}
