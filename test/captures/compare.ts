/**
 * What counts as different. HARD: status, structure, values, record bytes, files. SOFT: the wording of a message or trace, versions,
 * the order of keys in an answer, the order of a list that has none, a header's letter case.
 */

/** One place where a worker answered otherwise than Kafka Connect did. */
export interface Difference {
  readonly hard: boolean;
  /** The step and the place in it, e.g. `step 6 GET /connectors/a.tasks[0].id`. */
  readonly where: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Members whose value is worded freely: same kind, present where present, lists of the same length. */
const WORDED = new Set(["trace", "message", "msg", "errors", "version", "commit"]);
const ABSENT = "(absent)";

/** Compares two parsed answers by structure. */
export function compareJson(where: string, expected: unknown, actual: unknown): Difference[] {
  if (isObject(expected) && isObject(actual)) return compareObjects(where, expected, actual);
  if (Array.isArray(expected) && Array.isArray(actual)) return compareLists(where, expected, actual);
  return expected === actual || expected === "{{now}}" ? [] : [{ hard: true, where, expected, actual }];
}

/** Compares a header of an answer. Only the content type and the location are more than decoration. */
export function compareHeader(where: string, name: string, expected: string, actual: string): Difference[] {
  if (expected === actual) return [];
  const bare = (text: string) => text.toLowerCase().replace(/\s/g, "");
  const parts = (text: string) => text.split(",").sort().join();
  const same = bare(expected) === bare(actual) || parts(expected) === parts(actual);
  return [{ hard: (name === "content-type" || name === "location") && !same, where: `${where} header ${name}`, expected, actual }];
}

type Members = Readonly<Record<string, unknown>>;

function compareObjects(where: string, expected: Members, actual: Members): Difference[] {
  const wanted = Object.keys(expected), given = Object.keys(actual);
  const found: Difference[] = [];
  if (wanted.join() !== given.join() && [...wanted].sort().join() === [...given].sort().join()) {
    found.push({ hard: false, where: `${where} (order of keys)`, expected: wanted, actual: given });
  }
  for (const key of new Set([...wanted, ...given])) found.push(...compareMember(`${where}.${key}`, key, expected, actual));
  return found;
}

function compareMember(where: string, key: string, expected: Members, actual: Members): Difference[] {
  if (!Object.hasOwn(actual, key)) return [{ hard: true, where, expected: expected[key], actual: ABSENT }];
  if (!Object.hasOwn(expected, key)) return [{ hard: true, where, expected: ABSENT, actual: actual[key] }];
  const wanted = expected[key], given = actual[key];
  if (wanted === "{{text}}") {
    return typeof given === "string" && given !== "" ? [] : [{ hard: true, where, expected: "some text", actual: given }];
  }
  if (!WORDED.has(key)) return compareJson(where, wanted, given);
  if (JSON.stringify(wanted) === JSON.stringify(given)) return [];
  return [{ hard: !sameKind(wanted, given), where, expected: wanted, actual: given }];
}

function sameKind(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length;
  return Boolean(a) === Boolean(b) && typeof a === typeof b && (a === null) === (b === null) && Array.isArray(a) === Array.isArray(b);
}

function compareLists(where: string, expected: readonly unknown[], actual: readonly unknown[]): Difference[] {
  if (expected.length !== actual.length) return [{ hard: true, where: `${where} (length)`, expected, actual }];
  const sorted = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).sort().join();
  if (sorted(expected) === sorted(actual)) {
    return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [{ hard: false, where: `${where} (order)`, expected, actual }];
  }
  return expected.flatMap((each, i) => compareJson(`${where}[${i}]`, each, actual[i]));
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
