/** The number a text begins with, as java.text.DecimalFormat reads integers within a SimpleDateFormat. */

/** What `readNumber` found: kept here so that a time costs no objects. */
export const found = { value: 0, end: 0 };

// Digits are of the first plane: java.lang.Character.digit is asked for one UTF-16 code at a time.
const NUMBER = /(-?)(?:((?:(?![\u{10000}-\u{10ffff}])\p{Nd})+)(?:E(-?)(\d+))?|(∞)|(NaN))/uy;
const MAX_LONG = 2n ** 63n;

/** Reads a number from `at` on, not beyond `limit`; false when there is none. The value is a Java int, cut or capped to one. */
export function readNumber(text: string, at: number, limit: number): boolean {
  let value = 0;
  let i = at;
  for (; i < limit && i - at < 9; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  const next = i < limit ? text.charCodeAt(i) : 0;
  if (i > at && next < 0x80 && next !== 0x45 && !(next >= 0x30 && next <= 0x39)) {
    found.value = value;
    found.end = i;
    return true;
  }
  return readUnusual(text.slice(0, limit), at);
}

/** Signs, exponents, many digits, digits of other scripts. */
function readUnusual(text: string, at: number): boolean {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  if (match === null) return false;
  const [all, sign, digits, exponentSign, exponent, infinity, nan] = match;
  if (nan !== undefined && sign !== "") return false;
  found.end = at + all.length;
  if (digits === undefined) found.value = infinity === undefined ? 0 : Infinity;
  else {found.value = intOf(
      asciiDigits(digits),
      exponent === undefined ? 0 : Number(`${exponentSign}${asciiDigits(exponent)}`),
      sign === "-",
    );}
  if (infinity !== undefined) found.value = sign === "-" ? -(2 ** 31) : 2 ** 31 - 1;
  return true;
}

/** java.lang.Number.intValue of a Long where the number is one, else of a Double. */
function intOf(digits: string, exponent: number, negative: boolean): number {
  const size = exponent === 0 ? BigInt(digits) : bigIntOf(Number(`${digits}e${exponent}`));
  const value = negative && size !== null ? -size : size;
  if (value === null || value >= MAX_LONG || value < -MAX_LONG) return negative ? -(2 ** 31) : 2 ** 31 - 1;
  return Number(BigInt.asIntN(32, value));
}

function bigIntOf(value: number): bigint | null {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : null;
}

/** Replaces decimal digits of other scripts, those beyond U+FFFF left alone, by ASCII ones (java.lang.Character.digit). */
export function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (c) => {
    if (c.length > 1 || c <= "9") return c;
    // Digits stand in runs of ten, and in the first plane no two runs touch.
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCharCode(c.charCodeAt(0) - value - 1))) value++;
    return String(value);
  });
}
