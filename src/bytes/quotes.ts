/** Quoted cells of CSV. */

const QUOTE = 0x22;

/** Copies the inside of a quoted cell, two quotes becoming one; returns the place after it. */
export function writeUndoubled(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let o = at;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    to[o++] = byte;
    if (byte === QUOTE && i + 1 < end && from[i + 1] === QUOTE) i++;
  }
  return o;
}
