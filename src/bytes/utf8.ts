/** Between JavaScript strings and UTF-8. */

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longest string that is written character by character; above, the call into the encoder pays. */
const SHORT = 64;

/** Writes a string as UTF-8; returns the place after it. `to` must have room for three bytes a UTF-16 unit. Lone surrogates become `?`, as in Java. */
export function writeUtf8(text: string, to: Uint8Array, at: number): number {
  const length = text.length;
  if (length > SHORT) return at + encoder.encodeInto(wellFormed(text), to.subarray(at)).written;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return at + i + encoder.encodeInto(wellFormed(text.substring(i)), to.subarray(at + i)).written;
    to[at + i] = unit;
  }
  return at + length;
}

/** The text with `?` in place of surrogates that stand alone. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.replace(/\p{Surrogate}/gu, "?");
}

/** A string as UTF-8 bytes of its own, like `writeUtf8`. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(wellFormed(text));
}

/** The text of UTF-8; broken bytes become U+FFFD, as in Java. A byte order mark is kept. */
export function utf8Text(bytes: Uint8Array): string {
  return lenientDecoder.decode(bytes);
}

/** The text of UTF-8, or undefined when it is none. */
export function validUtf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
