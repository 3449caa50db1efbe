/** Java's texts of values, where Connect lets them leak into data: StringConverter, SimpleHeaderConverter, messages, JSON numbers. */
import { calendarDay, splitInstant } from "./java_calendar.ts";
import { Decimal, type Schema, SizedNumber, Struct, type Value } from "./schema.ts";

/** java.lang.Double.toString: shortest digits that read back, at least one after the point, scientific from 1e7 and below 1e-3. */
export function doubleText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    // Here JavaScript's text is Java's, but for whole numbers.
    const text = String(value);
    return Number.isInteger(value) ? `${text}.0` : text;
  }
  return specialText(value) ?? layOut(value < 0, ...shortestDigits(value));
}

/** java.lang.Float.toString of a number that is rounded to 32 bits first. */
export function floatText(value: number): string {
  const float = Math.fround(value);
  return specialText(float) ?? layOut(float < 0, ...shortestFloatDigits(float));
}

function specialText(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (Number.isFinite(value)) return undefined;
  return String(value);
}

/** Digits without sign, point or zeros at the ends, and the exponent of the first: 0.0123 → ["123", -2]. */
type Digits = [digits: string, exponent: number];

function shortestDigits(value: number): Digits {
  const digits = splitExponential(Math.abs(value).toExponential());
  // Java always shows two digits, the closest two that read back, where one would do: 4.9E-324, not 5.0E-324.
  return digits[0].length === 1 ? splitExponential(Math.abs(value).toExponential(1)) : digits;
}

function splitExponential(text: string): Digits {
  const e = text.indexOf("e");
  const digits = text.substring(0, e).replace(".", "").replace(/0+$/, "");
  return [digits, Number(text.substring(e + 1))];
}

function layOut(negative: boolean, digits: string, exponent: number): string {
  const sign = negative ? "-" : "";
  if (exponent >= 7 || exponent < -3) return `${sign}${digits[0]}.${digits.substring(1) || "0"}E${exponent}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.substring(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.substring(exponent + 1) || "0"}`;
}

/**
 * Shortest digits of a 32-bit float. All arithmetic is exact, in integers scaled so that the float and the ends of its
 * rounding interval are whole: JavaScript's own digits are those of the 64-bit number and far too many.
 */
function shortestFloatDigits(value: number): Digits {
  const [low, exact, high, even, scale] = floatInterval(Math.abs(value));
  const [, start] = splitExponential(Math.abs(value).toExponential());
  for (let precision = 2;; precision++) {
    // A unit of the last digit shown, 10^(start - precision + 1), in the scale of the interval.
    const power = start - precision + 1;
    const [unit, factor] = power >= 0 ? [10n ** BigInt(power) * scale, 1n] : [scale, 10n ** BigInt(-power)];
    const down = exact * factor / unit;
    const candidates = [down, down + 1n].filter((digits) => {
      const at = digits * unit;
      return even ? at >= low * factor && at <= high * factor : at > low * factor && at < high * factor;
    });
    if (candidates.length === 0) continue;
    const [first = 0n, second = first] = candidates;
    const text = String(nearest(exact * factor - first * unit, second * unit - exact * factor, first, second));
    return [text.replace(/0+$/, ""), power + text.length - 1];
  }
}

/** The digits that are less far off; of two that are equally far the even ones. */
function nearest(below: bigint, above: bigint, first: bigint, second: bigint): bigint {
  if (below === above) return first % 2n === 0n ? first : second;
  return below < above ? first : second;
}

/** The float, and halfway to its neighbours below and above, all times 2 and `scale`; `even`: the halfway points round to it. */
function floatInterval(value: number): [low: bigint, exact: bigint, high: bigint, even: boolean, scale: bigint] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const biased = bits >>> 23;
  const fraction = bits & 0x7f_ffff;
  const mantissa = BigInt(biased === 0 ? fraction : fraction | 0x80_0000);
  const exponent = Math.max(biased, 1) - 150;
  // At a power of two the neighbour below is only half as far.
  const near = fraction === 0 && biased > 1;
  const shift = exponent >= 0 ? 1n << BigInt(exponent) : 1n;
  const scale = 4n * (exponent < 0 ? 1n << BigInt(-exponent) : 1n);
  const exact = mantissa * 4n * shift;
  return [exact - (near ? 1n : 2n) * shift, exact, exact + 2n * shift, (fraction & 1) === 0, scale];
}

/** java.math.BigDecimal.toString: plain, but scientific with a negative scale or below 1e-6. */
export function decimalText(decimal: Decimal): string {
  const { unscaled, scale } = decimal;
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  if (scale === 0) return sign + digits;
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, "0");
    return `${sign}${padded.substring(0, padded.length - scale)}.${padded.substring(padded.length - scale)}`;
  }
  const fraction = digits.length > 1 ? `.${digits.substring(1)}` : "";
  return `${sign}${digits[0]}${fraction}E${exponent < 0 ? "" : "+"}${exponent}`;
}

/** java.math.BigDecimal.toPlainString: never scientific. */
export function plainDecimalText({ unscaled, scale }: Decimal): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${unscaled < 0n ? "-" : ""}${digits.substring(0, digits.length - scale)}.${digits.substring(digits.length - scale)}`;
}

const DAY_NAMES = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]; // epoch day 0 was a Thursday
const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** java.util.Date.toString in UTC: `Thu Jan 02 03:04:05 UTC 2020`. */
export function dateText(date: Date): string {
  const { day, millis } = splitInstant(date.getTime());
  const { year, month, day: dayOfMonth } = calendarDay(day);
  const weekday = DAY_NAMES[((day % 7) + 7) % 7];
  return `${weekday} ${MONTH_NAMES[month - 1]} ${twoDigits(dayOfMonth)} ${clockText(millis)} UTC ${year}`;
}

/** `HH:mm:ss` of milliseconds since midnight. */
export function clockText(millis: number): string {
  const seconds = Math.floor(millis / 1000);
  return `${twoDigits(Math.floor(seconds / 3600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/**
 * `String.valueOf` of a value under its schema. The schema tells an int from a double, nothing else. Bytes have no text in
 * Java but an address (`[B@1b6d3586`); ours is made of the content, so that it is at least the same twice.
 */
export function javaText(schema: Schema | null, value: Value): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return numberText(schema, value);
    default:
      return objectText(schema, value);
  }
}

function numberText(schema: Schema | null, value: number): string {
  switch (schema?.type) {
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return String(value);
    case "FLOAT32":
      return floatText(value);
    default:
      return doubleText(value);
  }
}

function objectText(schema: Schema | null, value: Exclude<Value, null | boolean | number | bigint | string>): string {
  if (value instanceof Date) return dateText(value);
  if (value instanceof Decimal) return decimalText(value);
  if (value instanceof Struct) return structText(value);
  if (value instanceof SizedNumber) return value.type === "FLOAT32" ? floatText(value.value) : String(value.value);
  if (value instanceof Uint8Array) return `[B@${hashOf(value).toString(16)}`;
  const elements = schema?.valueSchema ?? null;
  if (value instanceof Map) {
    const keys = schema?.keySchema ?? null;
    return `{${[...value].map(([key, each]) => `${javaText(keys, key)}=${javaText(elements, each)}`).join(", ")}}`;
  }
  return `[${(value as readonly Value[]).map((each) => javaText(elements, each)).join(", ")}]`;
}

/** Struct.toString: fields that are null are left out. */
function structText(struct: Struct): string {
  const members: string[] = [];
  for (const { name, index, schema } of struct.schema.fields) {
    const value = struct.values[index] ?? null;
    if (value !== null) members.push(`${name}=${javaText(schema, value)}`);
  }
  return `Struct{${members.join(",")}}`;
}

function hashOf(bytes: Uint8Array): number {
  let hash = 1; // java.util.Arrays.hashCode(byte[])
  for (const byte of bytes) hash = (Math.imul(31, hash) + (byte << 24 >> 24)) | 0;
  return hash >>> 0;
}
