import { Buffer } from "node:buffer";
import { DataError } from "sdk";
import type { ByteSource } from "./byte_source.ts";
import { charsetPlan } from "./charset_names.ts";
import { DecodedSource, type TextDecoding } from "./decoded_source.ts";
import { SingleByteSource } from "./single_byte_source.ts";
import { type OnReplaced, Utf8Source } from "./utf8_source.ts";

type Iconv = typeof import("iconv-lite");

/** Whether Java knows a charset by this name, and so do we. */
export function isCharset(name: string): boolean {
  return charsetPlan(name) !== undefined;
}

/** The text of a file in valid UTF-8, whatever charset it is in. Bytes that mean nothing become U+FFFD. */
export async function textSource(source: ByteSource, charset: string, onReplaced?: OnReplaced): Promise<ByteSource> {
  const plan = charsetPlan(charset);
  if (plan === undefined) throw new DataError(`Charset '${charset}' is invalid for csv.file.charset`);
  const { kind, encoding } = plan;
  switch (kind) {
    case "utf8":
      return new Utf8Source(source, onReplaced);
    case "single":
      return new SingleByteSource(source, singleByteTable(encoding, await loadIconv()), onReplaced);
    case "utf32": {
      const iconv = await loadIconv();
      return new DecodedSource(source, (first) => utf32Decoding(encoding, first, iconv), onReplaced);
    }
    case "utf16":
      return new DecodedSource(
        source,
        (first) => webDecoding(`utf-16${byteOrder(encoding, first, 2)}`, encoding.endsWith("?")),
        onReplaced,
      );
    case "web":
      return new DecodedSource(source, () => webDecoding(encoding, false), onReplaced);
  }
}

/** Only files in such charsets need it, so it is loaded for the first of them. */
async function loadIconv(): Promise<Iconv> {
  return (await import("iconv-lite")).default;
}

/** The character of each byte. */
function singleByteTable(encoding: string, iconv: Iconv): string[] {
  return Array.from({ length: 256 }, (_, byte) => {
    // iconv-lite's tables differ from Java's in these two places.
    if (encoding === "windows1255" && byte === 0xca) return "\ufffd";
    if (encoding === "tis620" && byte === 0xa0) return "\u00a0";
    return iconv.decode(Buffer.of(byte), encoding, { stripBOM: false });
  });
}

function utf32Decoding(encoding: string, first: Uint8Array, iconv: Iconv): TextDecoding {
  const decoder = iconv.getDecoder(`utf32${byteOrder(encoding, first, 4)}`, { stripBOM: encoding.endsWith("?") });
  return {
    write: (bytes) => decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    end: () => decoder.end() ?? "",
  };
}

/** `le` or `be`: what the byte order mark says where it may say something. */
function byteOrder(encoding: string, first: Uint8Array, unitBytes: 2 | 4): string {
  const order = encoding.slice(0, 2);
  if (!encoding.endsWith("?")) return order;
  const mark = [...first.subarray(0, unitBytes)].map((byte) => byte.toString(16)).join(" ");
  if (mark === "ff fe" || mark === "ff fe 0 0") return "le";
  return mark === "fe ff" || mark === "0 0 fe ff" ? "be" : order;
}

/** A byte order mark stays text unless the charset is one that looks for it, as in Java. */
function webDecoding(encoding: string, takesMark: boolean): TextDecoding {
  const decoder = new TextDecoder(encoding, { ignoreBOM: !takesMark });
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}
