/** Rules between the framework's keys (Kafka Connect 4: SinkConnectorConfig.validate, DistributedHerder). */
import type { StringMap } from "../config/field.ts";
import { validRegex } from "../config/regex/valid_regex.ts";
import { javaText, javaTrim } from "../config/java_text.ts";
import { splitList } from "../config/parse.ts";
import type { Rows } from "./validation_rows.ts";

const NEITHER = "Must configure one of topics or topics.regex";
const BOTH = "topics and topics.regex are mutually exclusive options, but both are set.";

/** Whether a user's regex matches a whole text. Such a regex may take for ever, so it is never run in the parent (invariant 7). */
export type FullMatch = (regex: string, text: string) => Promise<boolean>;

/** Where a sink reads from, and that its dead letters do not come back to it. */
export async function checkSink(raw: StringMap, workerGroup: string, fullMatch: FullMatch | undefined, rows: Rows): Promise<void> {
  const topics = splitList(javaTrim(raw["topics"] ?? ""));
  const regex = javaTrim(raw["topics.regex"] ?? "");
  if (topics.length === 0 && regex === "") failBoth(NEITHER, raw, rows);
  if (topics.length > 0 && regex !== "") failBoth(BOTH, raw, rows);
  const deadLetters = javaTrim(raw["errors.deadletterqueue.topic.name"] ?? "");
  if (deadLetters !== "" && topics.includes(deadLetters)) failListed(deadLetters, topics, rows);
  const judged = deadLetters !== "" && regex !== "" && validRegex()(regex, "").length === 0;
  if (judged && await fullMatch?.(regex, deadLetters) === true) failMatched(deadLetters, regex, rows);
  checkGroup(raw, workerGroup, rows);
}

function failBoth(message: string, raw: StringMap, rows: Rows): void {
  for (const key of ["topics", "topics.regex"]) rows.fail(key, message, raw[key] ?? null);
}

function failListed(deadLetters: string, topics: readonly string[], rows: Rows): void {
  const listed = `('topics=${javaText(topics)}')`;
  rows.fail("topics", `The DLQ topic '${deadLetters}' may not be included in the list of topics ${listed} consumed by the connector`, null);
}

function failMatched(deadLetters: string, regex: string, rows: Rows): void {
  const given = `('topics.regex=${regex}')`;
  const message = `The DLQ topic '${deadLetters}' may not be matched by the regex for the topics ${given} consumed by the connector`;
  rows.fail("topics.regex", message, null);
}

/** A sink must not join the group of the workers themselves. */
function checkGroup(raw: StringMap, workerGroup: string, rows: Rows): void {
  const override = raw["consumer.override.group.id"];
  const name = javaTrim(raw["name"] ?? "");
  if (override === workerGroup) {
    rows.fail("consumer.override.group.id", `Consumer group ${override} conflicts with Connect worker group ${workerGroup}`, override);
  } else if (override === undefined && `connect-${name}` === workerGroup) {
    rows.fail("name", `Consumer group for sink connector named ${name} conflicts with Connect worker group ${workerGroup}`, name);
  }
}

/** What only exactly-once delivery could give, which this worker has not. */
export function checkExactlyOnce(raw: StringMap, rows: Rows): void {
  if (isText(raw["exactly.once.support"], "required")) {
    rows.fail("exactly.once.support", "This worker does not have exactly-once source support enabled.", null);
  }
  if (isText(raw["transaction.boundary"], "connector")) {
    rows.fail(
      "transaction.boundary",
      "The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it to use a different transaction boundary definition.",
      null,
    );
  }
}

function isText(value: string | null | undefined, wanted: string): boolean {
  return typeof value === "string" && javaTrim(value).toLowerCase() === wanted;
}
