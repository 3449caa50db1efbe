import { DataError } from "sdk";
import type { ByteSource } from "./byte_source.ts";
import { Utf8Source } from "./utf8_source.ts";

/** Whether Java knows the charset by this name, and so do we. */
export function isCharset(name: string): boolean {
  return /^utf-?8$/i.test(name);
}

/** The text of a file in valid UTF-8, whatever charset it is in. */
export function textSource(source: ByteSource, charset: string): ByteSource {
  if (isCharset(charset)) return new Utf8Source(source);
  throw new DataError(`Charset '${charset}' is invalid for csv.file.charset`);
}
