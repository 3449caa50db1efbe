/** Character classes of Java patterns: unions by nesting, intersections by `&&`. */
import { codePoint, otherCase, type RegexCursor } from "./cursor.ts";
import { readEscape } from "./escapes.ts";

/** The class at which the parser stands (at its `[`), as JavaScript source under the `v` flag. Throws a `RegexSyntaxError`. */
export function parseClass(cursor: RegexCursor): string {
  cursor.at++;
  const negated = cursor.takes("^");
  const operands: string[] = [];
  let parts: string[] = [];
  for (let first = true;; first = false) {
    const char = cursor.text[cursor.at];
    if (char === undefined) throw cursor.error("Unclosed character class", cursor.text.length - 1);
    if (char === "]" && (parts.length > 0 || operands.length > 0 || !first)) break;
    if (cursor.takes("&&")) {
      if (parts.length > 0) operands.push(parts.join(""));
      parts = [];
    } else if (cursor.flags.x && /\s/.test(char)) cursor.at++;
    else parts.push(classItem(cursor));
  }
  cursor.at++;
  if (parts.length > 0) operands.push(parts.join(""));
  const inner = operands.length === 1 ? operands[0] : operands.map((operand) => `[${operand}]`).join("&&");
  const source = `[${negated ? "^" : ""}${inner}]`;
  return cursor.flags.i && cursor.flags.u ? `(?i:${source})` : source;
}

function classItem(cursor: RegexCursor): string {
  if (cursor.text[cursor.at] === "[") return parseClass(cursor);
  const low = classCode(cursor);
  if (typeof low === "string") return low;
  // A minus before the end of the class, or before a nested one, is a plain minus.
  const after = cursor.text[cursor.at + 1];
  if (cursor.text[cursor.at] !== "-" || after === undefined || after === "]" || after === "[") return range(cursor, low, low);
  cursor.at++;
  const high = classCode(cursor);
  if (typeof high === "string" || high < low) throw cursor.error("Illegal character range", cursor.at - 1);
  return range(cursor, low, high);
}

function classCode(cursor: RegexCursor): number | string {
  return cursor.text[cursor.at] === "\\" ? readEscape(cursor) : cursor.next();
}

/** A range, with the other case of its ASCII letters when case is ignored. */
function range(cursor: RegexCursor, low: number, high: number): string {
  const source = span(low, high);
  if (!cursor.flags.i) return source;
  return source + otherCases(low, high, 0x41, 0x5a) + otherCases(low, high, 0x61, 0x7a);
}

function otherCases(low: number, high: number, first: number, last: number): string {
  const from = Math.max(low, first);
  const to = Math.min(high, last);
  return from > to ? "" : span(otherCase(from), otherCase(to));
}

function span(low: number, high: number): string {
  return low === high ? codePoint(low) : `${codePoint(low)}-${codePoint(high)}`;
}
