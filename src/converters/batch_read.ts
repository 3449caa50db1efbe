/** Whole keys or values of consumed records, as converters without a layout of their own read them. */
import {
  allocateRegion,
  type Column,
  ConnectError,
  ESCAPED,
  NO_BYTES,
  NON_ASCII,
  type RawSide,
  type ReadRun,
  type Region,
  type Schema,
  textFlags,
  utf8Bytes,
  utf8Text,
  type Value,
} from "sdk";

/** All of the records as one run. Records without bytes are nulls under the schema. */
export function wholeRun(rows: number, schema: Schema, column: Column, failures: ReadRun["failures"] = []): ReadRun {
  return { rows, side: { schema, whole: true, columns: [column] }, failures };
}

/** Reads record by record. `valueOf` throws a ConnectError for bytes it cannot read. */
export function readValues(raw: RawSide, from: number, to: number, schema: Schema, valueOf: (bytes: Uint8Array) => Value): ReadRun {
  const failures: { readonly row: number; readonly error: Error }[] = [];
  const data = Array.from({ length: to - from }, (_, row) => {
    const start = raw.slices[2 * (from + row)] as number;
    const length = raw.slices[2 * (from + row) + 1] as number;
    if (length === NO_BYTES) return null;
    try {
      return valueOf(raw.region.bytes.subarray(start, start + length));
    } catch (error) {
      // Anything else is a fault of the converter, not of the row: it must not be tolerated away.
      if (!(error instanceof ConnectError)) throw error;
      failures.push({ row, error });
      return null;
    }
  });
  return wholeRun(to - from, schema, { kind: "values", data }, failures);
}

/** Bytes as they lie in the region. */
export function readBytes(raw: RawSide, from: number, to: number, schema: Schema): ReadRun {
  // Nobody shall take them for clean text.
  const flags = new Uint8Array(to - from).fill(ESCAPED | NON_ASCII);
  return wholeRun(to - from, schema, slicesOf(raw.region, placesOf(raw, from, to), flags));
}

/** UTF-8 as it lies in the region; of what is none a copy, with replacement characters. */
export function readUtf8(raw: RawSide, from: number, to: number, schema: Schema): ReadRun {
  const rows = to - from;
  const { bytes } = raw.region;
  const at = placesOf(raw, from, to);
  const flags = new Uint8Array(rows);
  const broken: number[] = [];
  for (let row = 0; row < rows; row++) {
    const start = at[2 * row] as number;
    const found = start < 0 ? 0 : textFlags(bytes, start, at[2 * row + 1] as number);
    if (found < 0) broken.push(row);
    else flags[row] = found;
  }
  const region = broken.length === 0 ? raw.region : repaired(raw.region, at, flags, broken);
  return wholeRun(rows, schema, slicesOf(region, at, flags));
}

function placesOf({ slices }: RawSide, from: number, to: number): Int32Array {
  const at = new Int32Array(2 * (to - from));
  for (let i = 0, s = 2 * from; i < at.length; i += 2, s += 2) {
    const start = slices[s] as number;
    const length = slices[s + 1] as number;
    at[i] = length < 0 ? -1 : start;
    at[i + 1] = start + length;
  }
  return at;
}

function slicesOf(region: Region, at: Int32Array, flags: Uint8Array): Column {
  return { kind: "slices", region, at, first: 0, stride: 2, form: "plain", flags, checked: null };
}

/** A copy of the region with the broken rows made good behind it. */
function repaired(region: Region, at: Int32Array, flags: Uint8Array, broken: readonly number[]): Region {
  const texts = broken.map((row) => utf8Bytes(utf8Text(region.bytes.subarray(at[2 * row], at[2 * row + 1]))));
  const own = allocateRegion(texts.reduce((sum, text) => sum + text.length, region.used));
  own.bytes.set(region.bytes.subarray(0, region.used));
  own.used = region.used;
  broken.forEach((row, i) => {
    const text = texts[i] as Uint8Array;
    own.bytes.set(text, own.used);
    at[2 * row] = own.used;
    own.used += text.length;
    at[2 * row + 1] = own.used;
    flags[row] = textFlags(own.bytes, at[2 * row] as number, own.used);
  });
  return own;
}
