/** Copies of a few dozen bytes, where `TypedArray.set` costs more than the bytes do. */

/**
 * Copies `length` bytes, eight at a time, and up to seven more: both sides need spare bytes (`SPARE_BYTES`) behind. Returns the
 * place after the last byte wanted. 64-bit integers, never floats: an optimised float copy may change the bits of a NaN.
 */
export function copyOver(from: DataView, start: number, length: number, to: DataView, at: number): number {
  for (let i = 0; i < length; i += 8) to.setBigUint64(at + i, from.getBigUint64(start + i));
  return at + length;
}

/** Bytes in an array of their own with spare ones behind, fit to be copied by `copyOver`. */
export interface Padded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Bytes that count. */
  readonly length: number;
}

/** A copy with eight spare bytes. */
export function padded(bytes: Uint8Array): Padded {
  const buffer = new ArrayBuffer(bytes.length + 8);
  const own = new Uint8Array(buffer);
  own.set(bytes);
  return { bytes: own, view: new DataView(buffer), length: bytes.length };
}

/** Whether the bytes begin with those. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  const length = prefix.length;
  if (bytes.length < length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

/**
 * Whether `length` bytes of the one are those of the other, from its beginning. Eight bytes a step, as integers in the byte order
 * nearly all machines have: half the time of any other way. Both sides need spare bytes (`SPARE_BYTES`) behind.
 */
export function sameBytes(view: DataView, at: number, wanted: DataView, length: number): boolean {
  const last = length - 8;
  let i = 0;
  for (; i <= last; i += 8) if (view.getBigUint64(at + i, true) !== wanted.getBigUint64(i, true)) return false;
  for (; i + 4 <= length; i += 4) if (view.getInt32(at + i, true) !== wanted.getInt32(i, true)) return false;
  const rest = length - i;
  // The bytes that do not count are the high ones of what was read.
  return rest === 0 || ((view.getInt32(at + i, true) ^ wanted.getInt32(i, true)) & ((1 << (rest * 8)) - 1)) === 0;
}
