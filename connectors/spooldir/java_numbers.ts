/** Numbers from text as Java reads them: the exact way, by strings, and the twin of the byte kernels. */
import { ConnectError, Decimal, parseDecimal } from "sdk";
import { asciiDigits } from "../times/number_prefix.ts";

/** Decimals beyond this many digits are refused: nobody means `1e999999999`, and it would take gigabytes. */
const MAX_DECIMAL_DIGITS = 100_000;

/** java.lang.Long.parseLong and its narrower kin: a sign, digits of any script, and the value must fit. Throws a NumberFormatException. */
export function parseInteger(text: string, bits: 8 | 16 | 32 | 64): bigint {
  const digits = asciiDigits(text);
  if (!/^[+-]?[0-9]+$/.test(digits)) throw notANumber(`For input string: "${text}"`);
  // Leading zeros aside, more digits than this are too many for any type, and are not worth a big number.
  const size = /^[+-]?0*([0-9]*)$/.exec(digits)?.[1] ?? "";
  const value = size.length > 19 ? null : BigInt(digits.startsWith("-") ? `-${digits.slice(1)}` : digits.replace("+", ""));
  if (value !== null && BigInt.asIntN(bits, value) === value) return value;
  const isInt = value !== null && BigInt.asIntN(32, value) === value;
  throw notANumber(isInt && bits < 32 ? `Value out of range. Value:"${text}" Radix:10` : `For input string: "${text}"`);
}

const DECIMAL_FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/;

/** java.lang.Double.parseDouble, or Float.parseFloat for 32 bits. Throws a NumberFormatException. */
export function parseFloating(text: string, bits: 32 | 64): number {
  const trimmed = javaTrim(text);
  if (trimmed === "") throw notANumber("empty String");
  if (DECIMAL_FLOAT.test(trimmed)) {
    const plain = trimmed.replace(/[fFdD]$/, "");
    return bits === 64 ? Number(plain) : nearestFloat(plain);
  }
  const special = /^([+-]?)(NaN|Infinity)$/.exec(trimmed);
  if (special !== null) return Number(special[2] === "NaN" ? NaN : `${special[1]}Infinity`);
  const [, sign, whole, fraction, exponent] = HEX_FLOAT.exec(trimmed) ?? [];
  if (whole === undefined || fraction === undefined || whole + fraction === "") throw notANumber(`For input string: "${text}"`);
  const size = nearestBinary(BigInt(`0x${whole}${fraction}`), Number(exponent) - 4 * fraction.length, bits);
  return sign === "-" ? -size : size;
}

/** java.lang.String.trim: whatever is not above a blank goes. */
function javaTrim(text: string): string {
  // deno-lint-ignore no-control-regex -- Java trims control characters
  return text.replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, "");
}

const pair = new Float32Array(1);
const pairBits = new Uint32Array(pair.buffer);

/** The float nearest to a decimal text. Rounding the nearest double again would be wrong where that lies midway between two floats. */
function nearestFloat(text: string): number {
  const double = Number(text);
  const float = Math.fround(double);
  if (float === double || Number.isNaN(double)) return float;
  const other = neighbour(float, double > float);
  // Exactly midway: a double holds that sum. Beyond the largest float the next would be 2^128.
  const midway = (finite(float) + finite(other)) / 2;
  if (midway !== double) return float;
  const side = compareDecimal(text, double);
  if (side === 0) return float; // the tie, which fround has taken to the even one
  return side > 0 ? Math.max(float, other) : Math.min(float, other);
}

/** The next float above or below. */
function neighbour(float: number, above: boolean): number {
  pair[0] = float;
  const bits = pairBits[0] as number;
  if (float === 0) return above ? 2 ** -149 : -(2 ** -149);
  pairBits[0] = bits + (above === float > 0 ? 1 : -1);
  return pair[0];
}

function finite(float: number): number {
  return Number.isFinite(float) ? float : Math.sign(float) * 2 ** 128;
}

/** Whether a decimal text is above (1), below (-1) or at (0) a finite double. */
function compareDecimal(text: string, double: number): number {
  const [, sign, whole = "", fraction = "", exponent = "0"] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  let scale = Number(exponent) - fraction.length;
  let left = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  // double = right × 2^power, exactly.
  let power = 0;
  let mantissa = double;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    power--;
  }
  let right = BigInt(mantissa);
  if (scale > 0) left *= 10n ** BigInt(scale);
  else right *= 10n ** BigInt(scale = -scale);
  left <<= BigInt(-power);
  return left === right ? 0 : left > right ? 1 : -1;
}

/** The float or double nearest to mantissa × 2^exponent, ties to even. */
function nearestBinary(mantissa: bigint, exponent: number, bits: 32 | 64): number {
  if (mantissa === 0n) return 0;
  const [precision, lowest, highest] = bits === 64 ? [53, -1074, 1024] : [24, -149, 128];
  const length = mantissa.toString(2).length;
  if (length + exponent > highest) return Infinity;
  // Bits that do not fit: behind the precision, or below the smallest number there is.
  const cut = Math.max(length - precision, lowest - exponent, 0);
  if (cut > length + 1) return 0;
  let kept = mantissa >> BigInt(cut);
  const rest = mantissa - (kept << BigInt(cut));
  const half = cut === 0 ? 1n : 1n << BigInt(cut - 1);
  if (rest > half || (rest === half && cut > 0 && (kept & 1n) === 1n)) kept++;
  const power = exponent + cut;
  // In two steps, since 2^power alone may be too small or too large.
  const value = Number(kept) * 2 ** Math.floor(power / 2) * 2 ** (power - Math.floor(power / 2));
  return bits === 64 ? value : Math.fround(value) === value ? value : Infinity;
}

/** java.math.BigDecimal of a text, brought to a scale without rounding. Throws a NumberFormatException or an ArithmeticException. */
export function parseScaled(text: string, scale: number): Decimal {
  const decimal = parseDecimal(asciiDigits(text));
  if (decimal === null || Math.abs(decimal.scale) > 2 ** 31) throw notANumber(`"${text}" is no decimal number`);
  return rescale(decimal, scale);
}

function rescale({ unscaled, scale }: Decimal, wanted: number): Decimal {
  if (unscaled === 0n) return new Decimal(0n, wanted);
  const shift = wanted - scale;
  if (shift > MAX_DECIMAL_DIGITS) throw arithmetic(`More than ${MAX_DECIMAL_DIGITS} digits`);
  if (shift >= 0) return new Decimal(unscaled * 10n ** BigInt(shift), wanted);
  const divisor = shift < -MAX_DECIMAL_DIGITS ? 0n : 10n ** BigInt(-shift);
  if (divisor === 0n || unscaled % divisor !== 0n) throw arithmetic("Rounding necessary");
  return new Decimal(unscaled / divisor, wanted);
}

function notANumber(message: string): ConnectError {
  return new ConnectError(message, { javaClass: "java.lang.NumberFormatException" });
}

function arithmetic(message: string): ConnectError {
  return new ConnectError(message, { javaClass: "java.lang.ArithmeticException" });
}
