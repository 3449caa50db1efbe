/** Base64 with the standard alphabet and padding, without line breaks (RFC 4648, section 4). */

const ALPHABET = Uint8Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", (char) => char.charCodeAt(0));
const PAD = 0x3d;

/** Bytes of base64 that `length` bytes become. */
export function base64Length(length: number): number {
  return Math.ceil(length / 3) * 4;
}

/** Writes bytes as base64; returns the place after it. */
export function writeBase64(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let o = at;
  let i = start;
  for (; i + 2 < end; i += 3) {
    const word = (from[i] as number) << 16 | (from[i + 1] as number) << 8 | (from[i + 2] as number);
    to[o++] = ALPHABET[word >> 18] as number;
    to[o++] = ALPHABET[(word >> 12) & 63] as number;
    to[o++] = ALPHABET[(word >> 6) & 63] as number;
    to[o++] = ALPHABET[word & 63] as number;
  }
  if (i === end) return o;
  const word = (from[i] as number) << 16 | (i + 1 < end ? (from[i + 1] as number) << 8 : 0);
  to[o++] = ALPHABET[word >> 18] as number;
  to[o++] = ALPHABET[(word >> 12) & 63] as number;
  to[o++] = i + 1 < end ? ALPHABET[(word >> 6) & 63] as number : PAD;
  to[o++] = PAD;
  return o;
}

/** The text of `writeBase64`. */
export function base64Text(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** The bytes of base64 text, or undefined when it is none. White space is skipped, padding is required (as Jackson has it). */
export function base64Bytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.replace(/[\t\n\f\r ]/g, "").length % 4 !== 0) return undefined;
  try {
    return Uint8Array.fromBase64(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
