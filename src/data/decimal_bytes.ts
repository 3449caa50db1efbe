/** The wire form of an unscaled decimal: big-endian two's complement of minimal length (java.math.BigInteger.toByteArray). */

/** Bytes of an integer of any size; zero is one byte. */
export function bytesOfInteger(value: bigint): Uint8Array<ArrayBuffer> {
  const magnitude = value < 0n ? -value - 1n : value;
  // One bit more than the magnitude needs: the sign.
  const digits = magnitude.toString(16);
  const bits = magnitude === 0n ? 0 : digits.length * 4 - leadingZeroBits(digits.charCodeAt(0));
  const length = (bits >> 3) + 1;
  const bytes = new Uint8Array(length);
  const hex = digits.padStart(length * 2, "0");
  const flip = value < 0n ? 0xff : 0;
  for (let i = 0; i < length; i++) bytes[i] = parseInt(hex.substring(i * 2, i * 2 + 2), 16) ^ flip;
  return bytes;
}

/** Zero bits in front of a hexadecimal digit's highest one bit. */
function leadingZeroBits(hexDigit: number): number {
  return Math.clz32(parseInt(String.fromCharCode(hexDigit), 16)) - 28;
}

/** The integer those bytes stand for; undefined for no bytes, which Java refuses. */
export function integerOfBytes(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 0) return undefined;
  let hex = "0x";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt.asIntN(bytes.length * 8, BigInt(hex));
}

const wide = new DataView(new ArrayBuffer(8));

/** `bytesOfInteger` of a safe integer, without a bigint: the bytes go to the end of `scratch` (8 bytes); returns where they begin. */
export function writeIntegerBytes(value: number, scratch: Uint8Array): number {
  const high = Math.floor(value / 0x1_0000_0000);
  wide.setInt32(0, high);
  wide.setUint32(4, value - high * 0x1_0000_0000);
  for (let i = 0; i < 8; i++) scratch[i] = wide.getUint8(i);
  const sign = value < 0 ? 0xff : 0;
  let first = 0;
  // A byte of sign alone goes, while the next one still shows the sign.
  while (first < 7 && scratch[first] === sign && ((scratch[first + 1] as number) >> 7) === (sign & 1)) first++;
  return first;
}
