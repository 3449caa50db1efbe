import { parse } from "dot-properties";

/** A file that cannot be read or understood; names the file. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/**
 * Reads a Java `.properties` file: its keys and values as text, escapes resolved, values trimmed as Kafka's type parsing does.
 * The bytes are taken as UTF-8 where they are valid UTF-8, else as ISO-8859-1, the charset Java assumes.
 */
export function readProperties(path: string): ReadonlyMap<string, string> {
  const parsed: Record<string, unknown> = parse(readText(path));
  return new Map(Object.entries(parsed).map(([key, value]) => [key, String(value).trim()]));
}

/** The text of a config file. Throws a `FileError` with the path and the reason. */
export function readText(path: string): string {
  const bytes = readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileError(`Cannot read "${path}": ${reason}`, { cause: error });
  }
}
