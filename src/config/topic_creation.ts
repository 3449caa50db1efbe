/** `topic.creation.*` of a source connector: which settings a topic gets that its task has to make. */
import { field, type Problem, type StringMap } from "./field.ts";
import { RegexSyntaxError } from "./regex/cursor.ts";
import { compileJavaRegex } from "./regex/java_regex.ts";
import { parseKey, splitList } from "./parse.ts";
import { javaTrim } from "./java_text.ts";

/** How the topics of one group are made. */
export interface TopicGroup {
  readonly name: string;
  /** -1 = the broker's default. */
  readonly partitions: number;
  /** -1 = the broker's default. */
  readonly replicationFactor: number;
  /** Topic configs, passed on as they are. */
  readonly configs: Readonly<Record<string, string>>;
  /** Whether a topic belongs to this group. */
  matches(topic: string): boolean;
}

/** `groups` in the order they are asked, the default group last. No groups: the connector leaves topics to the broker's auto-creation. */
export interface TopicCreation {
  readonly groups: readonly TopicGroup[];
  /** What is wrong; the connector must not start then (Kafka Connect 4, TopicCreationConfig). */
  readonly problems: readonly Problem[];
}

const PREFIX = "topic.creation.";
const DEFAULT_GROUP = "default";
const BAD_PARTITIONS = "Number of partitions must be positive, or -1 to use the broker's default";
const BAD_REPLICATION =
  "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default";

/** Reads the groups of a connector's config. Not called when the worker has `topic.creation.enable=false`: the keys are unused then. */
export function parseTopicCreation(raw: StringMap): TopicCreation {
  if (!Object.keys(raw).some((key) => key.startsWith(PREFIX))) return { groups: [], problems: [] };
  const problems: Problem[] = [];
  const fallback = readGroup(DEFAULT_GROUP, raw, undefined, problems);
  // Listing the default group changes nothing: it always comes last.
  const names = new Set(splitList(javaTrim(raw[`${PREFIX}groups`] ?? "")));
  names.delete(DEFAULT_GROUP);
  const groups = [...names].map((name) => readGroup(name, raw, fallback, problems));
  return { groups: [...groups, fallback], problems };
}

/** The first group a topic belongs to; undefined only without groups. */
export function groupOf(creation: TopicCreation, topic: string): TopicGroup | undefined {
  return creation.groups.find((group) => group.matches(topic));
}

function readGroup(name: string, raw: StringMap, fallback: TopicGroup | undefined, problems: Problem[]): TopicGroup {
  const prefix = `${PREFIX}${name}.`;
  const include = fallback === undefined ? [] : readPatterns(`${prefix}include`, raw, problems);
  const exclude = fallback === undefined ? [] : readPatterns(`${prefix}exclude`, raw, problems);
  return {
    name,
    partitions: readCount("INT", `${prefix}partitions`, raw, fallback?.partitions, BAD_PARTITIONS, problems),
    replicationFactor: readCount("SHORT", `${prefix}replication.factor`, raw, fallback?.replicationFactor, BAD_REPLICATION, problems),
    configs: readConfigs(prefix, raw),
    matches: (topic) => fallback === undefined || (anyMatches(include, topic) && !anyMatches(exclude, topic)),
  };
}

/** Whether a whole topic name matches. */
type Matcher = (topic: string) => boolean;

function anyMatches(patterns: readonly Matcher[], topic: string): boolean {
  return patterns.some((matches) => matches(topic));
}

/** A count of at least 1, or -1; required in the default group, else inherited from it. */
function readCount(
  type: "INT" | "SHORT",
  key: string,
  raw: StringMap,
  inherited: number | undefined,
  rule: string,
  problems: Problem[],
): number {
  const make = type === "INT" ? field.int : field.short;
  const wrong = (value: number | null) => value === null || (value < 1 && value !== -1);
  const count = make({
    importance: "LOW",
    doc: rule,
    ...(inherited === undefined ? {} : { default: inherited }),
    validate: (value, name) => wrong(value) ? [`Invalid value ${value} for configuration ${name}: ${rule}`] : [],
  });
  const parsed = parseKey(count, key, raw);
  // One sentence per key: that a missing or unreadable count also breaks the rule says nothing new.
  const [first] = parsed.errors;
  if (first !== undefined) problems.push({ key, message: first });
  return typeof parsed.value === "number" ? parsed.value : -1;
}

function readPatterns(key: string, raw: StringMap, problems: Problem[]): readonly Matcher[] {
  return splitList(javaTrim(raw[key] ?? "")).flatMap((text) => {
    try {
      return [compileJavaRegex(text)];
    } catch (error) {
      if (!(error instanceof RegexSyntaxError)) throw error;
      problems.push({
        key,
        message: `Invalid value ${text} for configuration ${key}: Syntax error in regular expression: ${error.message}`,
      });
      return [];
    }
  });
}

const OWN_KEYS = ["include", "exclude", "partitions", "replication.factor"];

function readConfigs(prefix: string, raw: StringMap): Readonly<Record<string, string>> {
  const entries = Object.entries(raw).filter((entry): entry is [string, string] =>
    entry[0].startsWith(prefix) && entry[1] !== null && !OWN_KEYS.includes(entry[0].slice(prefix.length))
  );
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}
