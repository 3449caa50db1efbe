/** Dotted names of tables in configs (JDBC connector 10.9, IdentifierRules). */
import { ConnectError } from "sdk";

/** The parts of a dotted name; dots between quotes belong to a part, quotes in it are doubled. An empty `quote` quotes nothing. */
export function splitQualifiedName(name: string, quote: string): readonly string[] {
  const parts: string[] = [];
  let rest = name;
  for (;;) {
    const isQuoted = quote !== "" && rest.startsWith(quote);
    const [part, length] = isQuoted ? quotedPart(rest, quote, name) : barePart(rest);
    parts.push(part);
    if (length === rest.length) return parts;
    if (rest[length] !== ".") throw new ConnectError(`Cannot read the name ${name}: only a dot may follow the quote that closes "${part}"`);
    rest = rest.substring(length + 1);
    if (rest === "") throw new ConnectError(`Failure parsing fully qualified identifier; ends in delimiter ${name}`);
  }
}

function barePart(text: string): [part: string, length: number] {
  const dot = text.indexOf(".");
  const part = dot < 0 ? text : text.substring(0, dot);
  return [part, part.length];
}

function quotedPart(text: string, quote: string, name: string): [part: string, length: number] {
  let part = "";
  for (let from = quote.length;;) {
    const end = text.indexOf(quote, from);
    if (end < 0) throw new ConnectError(`Failure parsing fully qualified identifier; missing trailing quote in ${name}`);
    part += text.substring(from, end);
    from = end + quote.length;
    if (!text.startsWith(quote, from)) return [part, from];
    part += quote;
    from += quote.length;
  }
}
