/**
 * The value a header's text stands for, as Connect guesses it (org.apache.kafka.connect.data.Values, parseString): numbers of
 * the smallest type that holds them, dates, lists and maps, else text.
 */
import { DataError, type Decimal, decimalSchema, parseDecimal, primitiveSchema, Schema, type SchemaAndValue } from "sdk";
import { headerText } from "./header_text.ts";
import { asTheyAre, type Found, merge } from "./header_merge.ts";
import { HeaderTokens, trimmed } from "./header_tokens.ts";
import { parseInstant } from "./header_instants.ts";

const STRING = primitiveSchema("STRING");
const BOOLEAN = primitiveSchema("BOOLEAN");
const INTEGERS = (["INT8", "INT16", "INT32", "INT64"] as const).map((type) => primitiveSchema(type));
const FLOAT32 = primitiveSchema("FLOAT32");
const FLOAT64 = primitiveSchema("FLOAT64");

/** The value of a text. Never throws: what is nothing else is text. */
export function parseHeaderText(text: string): SchemaAndValue {
  if (text === "") return { schema: STRING, value: text };
  return parseValue(new HeaderTokens(text), false) ?? { schema: null, value: null };
}

/** `embedded`: inside a list or map, where text must be quoted. Throws a DataError for an embedded value that is none. */
function parseValue(tokens: HeaderTokens, embedded: boolean): Found {
  if (tokens.atEnd) return null;
  if (embedded && tokens.take('"')) return parseQuoted(tokens);
  if (takeWord(tokens, "null", embedded)) return null;
  if (takeWord(tokens, "true", embedded)) return { schema: BOOLEAN, value: true };
  if (takeWord(tokens, "false", embedded)) return { schema: BOOLEAN, value: false };
  return parseCollection(tokens) ?? parseToken(tokens, embedded);
}

/** Outside a collection the word must be the whole text. */
function takeWord(tokens: HeaderTokens, word: string, embedded: boolean): boolean {
  const start = tokens.place;
  if (tokens.take(word) && (embedded || tokens.atEnd)) return true;
  tokens.place = start;
  return false;
}

/** Text up to the closing quote, or to the end where there is none; escapes stay. A date in quotes is a date. */
function parseQuoted(tokens: HeaderTokens): Found {
  let content = "";
  while (!tokens.atEnd && !tokens.take('"')) content += tokens.next();
  const inside = content === "" ? null : parseValue(new HeaderTokens(content), false);
  if (inside?.value instanceof Date) return inside;
  return { schema: STRING, value: content };
}

/** A list or a map; null when there is none, or when it is broken: then the whole text is text. */
function parseCollection(tokens: HeaderTokens): Found {
  const start = tokens.place;
  try {
    if (tokens.take("[")) return parseList(tokens);
    if (tokens.take("{")) return parseMap(tokens);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    tokens.place = start;
  }
  return null;
}

function parseList(tokens: HeaderTokens): Found {
  const elements: Found[] = [];
  while (!tokens.atEnd) {
    if (tokens.take("]")) {
      const { schema, values } = merge(elements);
      return { schema: new Schema({ type: "ARRAY", ...(schema === null ? {} : { valueSchema: schema }) }), value: values };
    }
    if (tokens.take(",")) throw new DataError(`Unable to parse an empty array element: ${tokens.text}`);
    elements.push(parseValue(tokens, true));
    const end = tokens.place;
    if (tokens.take("]")) tokens.place = end;
    else if (!tokens.take(",")) throw new DataError("Array elements missing ',' delimiter");
  }
  throw new DataError(`Array is missing terminating ']': ${tokens.text}`);
}

function parseMap(tokens: HeaderTokens): Found {
  const entries = new Map<string, readonly [NonNullable<Found>, Found]>();
  const schemas: Found[] = [];
  while (!tokens.atEnd) {
    if (tokens.take("}")) return mapOf([...entries.values()], schemas);
    if (tokens.take(",")) throw new DataError(`Unable to parse a map entry with no key or value: ${tokens.text}`);
    const key = parseValue(tokens, true);
    if (key === null) throw new DataError(`Map entry may not have a null key: ${tokens.text}`);
    if (!tokens.take(":")) throw new DataError(`Map entry is missing ':' at ${tokens.place} in ${tokens.text}`);
    const value = parseValue(tokens, true);
    tokens.take(",");
    // Of equal keys the first is kept with the last value; a value given up still counts for the schema.
    const text = `${key.schema.type} ${headerText(key.schema, key.value, true)}`;
    entries.set(text, [entries.get(text)?.[0] ?? key, value]);
    schemas.push(value);
  }
  throw new DataError(`Map is missing terminating '}': ${tokens.text}`);
}

/** Values have a schema only where the keys have one. */
function mapOf(entries: readonly (readonly [NonNullable<Found>, Found])[], schemas: readonly Found[]): Found {
  const { schema: keySchema, values: keys } = merge(entries.map(([key]) => key));
  const values = entries.map(([, value]) => value);
  const { schema: valueSchema, values: members } = keySchema === null ? asTheyAre(values) : merge(values, schemas);
  const schema = new Schema({
    type: "MAP",
    ...(keySchema === null ? {} : { keySchema }),
    ...(valueSchema === null ? {} : { valueSchema }),
  });
  return { schema, value: new Map(keys.map((key, i) => [key, members[i] ?? null])) };
}

/** One token: an instant, a number, or text. Of a number's token nothing but the token is looked at: `12:30` is 12. */
function parseToken(tokens: HeaderTokens, embedded: boolean): Found {
  const raw = tokens.next();
  const token = trimmed(raw);
  if (token === "") return { schema: STRING, value: raw };
  if (/^[0-9]/.test(token)) {
    // An unescaped colon ends a token: a time is five of them.
    const start = tokens.place;
    const rest = tokens.nextFour();
    const instant = rest === null ? null : parseInstant(token + rest);
    if (instant !== null) return instant;
    tokens.place = start;
    const alone = parseInstant(token);
    if (alone !== null) return alone;
  }
  const number = /^[0-9+-]/.test(token) ? parseNumber(token) : null;
  if (number !== null) return number;
  if (embedded) throw new DataError("Failed to parse embedded value");
  return { schema: STRING, value: tokens.text };
}

/** Most digits a long has: a decimal with more in front of the point is none, and need not be multiplied out. */
const LONG_DIGITS = 19;

function parseNumber(token: string): Found {
  const decimal = parseDecimal(token);
  if (decimal === null) return null;
  const whole = wholeNumber(decimal);
  if (whole !== null) {
    const bits = [8, 16, 32, 64].findIndex((width) => BigInt.asIntN(width, whole) === whole);
    const schema = INTEGERS[bits];
    if (schema !== undefined) return { schema, value: schema.type === "INT64" ? whole : Number(whole) };
  }
  const double = Number(token);
  if (decimal.scale !== 0 && Number.isFinite(Math.fround(double))) return { schema: FLOAT32, value: Math.fround(double) };
  if (decimal.scale !== 0 && Number.isFinite(double)) return { schema: FLOAT64, value: double };
  return { schema: decimalSchema(decimal.scale), value: decimal };
}

/** The number when it is whole and may fit a long, else null. */
function wholeNumber({ unscaled, scale }: Decimal): bigint | null {
  if (unscaled === 0n) return 0n;
  if (scale <= 0) return -scale > LONG_DIGITS ? null : unscaled * 10n ** BigInt(-scale);
  if (scale > String(unscaled).length) return null;
  const power = 10n ** BigInt(scale);
  return unscaled % power === 0n ? unscaled / power : null;
}
