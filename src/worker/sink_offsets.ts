/** Offsets of a sink connector's consumer group over REST: their form, what is refused and in which words (Kafka Connect 4.2, golden: offsets-of-a-sink). */
import type { OffsetValue } from "../data/record.ts";
import type { SinkOffset } from "../link/messages.ts";
import { type OffsetPair, WorkerError } from "./api.ts";
import { hookError } from "./offset_changes.ts";
import { ServiceFailure } from "./service_host.ts";

const TOPIC = "kafka_topic";
const PARTITION = "kafka_partition";
const OFFSET = "kafka_offset";

/** What librdkafka's codes without a Java name of their own become; the embedded broker refuses with one, as it cannot forget offsets. */
const UNNAMED = "org.apache.kafka.common.KafkaException";
const EMBEDDED = "the embedded broker neither forgets offsets of a group nor takes any from outside once the group has had members. " +
  "Use a Kafka of your own (--bootstrap-servers)";

/** A change that failed, as its error tells of it. */
export interface SinkChange {
  readonly connector: string;
  readonly act: "alter" | "reset";
  /** Kafka is the embedded broker. */
  readonly isEmbedded: boolean;
}

/** What Kafka says when somebody is still in the group. */
const BUSY = /\.(GroupNotEmptyException|GroupSubscribedToTopicException|UnknownMemberIdException|RebalanceInProgressException)$/;

/** As clients see them, by topic and partition, members in Kafka Connect's order. */
export function sinkPairsOf(offsets: readonly SinkOffset[]): readonly OffsetPair[] {
  const sorted = [...offsets].sort((a, b) => a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition);
  return sorted.flatMap(({ topic, partition, offset }) =>
    offset === null ? [] : [{ partition: { [PARTITION]: partition, [TOPIC]: topic }, offset: { [OFFSET]: offset } }]
  );
}

/** What was asked for, the last of equal partitions only. Throws invalid, and internal for what no group can hold. */
export function sinkOffsetsOf(connector: string, pairs: readonly OffsetPair[]): readonly SinkOffset[] {
  const offsets = new Map<string, SinkOffset>();
  // All are read before any is judged: what is no number is refused first, wherever it stands.
  for (const pair of pairs) {
    const { topic, partition } = topicPartition(pair.partition);
    offsets.set(JSON.stringify([topic, partition]), { topic, partition, offset: offsetOf(pair.offset) });
  }
  const all = [...offsets.values()];
  for (const each of all) judge(connector, each);
  return all;
}

/** The error for offsets that cannot be read. */
export function sinkReadError(connector: string, error: unknown): WorkerError {
  const text = `Failed to retrieve consumer group offsets for sink connector ${connector}${reasonOf(error)}`;
  return new WorkerError("internal", text, { cause: error });
}

/** The error for a change that failed: Kafka's reasons in Kafka Connect's words, the connector's own as they are. */
export function sinkChangeError({ connector, act, isEmbedded }: SinkChange, error: unknown): WorkerError {
  const javaClass = error instanceof ServiceFailure && error.reason === "refused" ? error.wire.javaClass : "";
  if (!javaClass.startsWith("org.apache.kafka.common.")) return hookError("sink", connector, error);
  const isBusy = BUSY.test(javaClass);
  const isItsNature = isEmbedded && (isBusy || javaClass === UNNAMED);
  if (isBusy && !isItsNature) return new WorkerError("internal", busyText(connector, act), { cause: error });
  const owner = act === "alter" ? "connector" : "sink connector";
  const text = `Failed to ${act} consumer group offsets for ${owner} ${connector}${isItsNature ? `: ${EMBEDDED}` : reasonOf(error)}`;
  return new WorkerError("internal", text, { cause: error });
}

function topicPartition(map: OffsetPair["partition"]): { readonly topic: string; readonly partition: number } {
  if (map === null) throw invalid("The partition for a sink connector offset cannot be null or missing");
  const { [TOPIC]: topic, [PARTITION]: partition } = map;
  if (topic === undefined || partition === undefined) {
    throw invalid(`The partition for a sink connector offset must contain the keys '${TOPIC}' and '${PARTITION}'`);
  }
  if (topic === null) throw invalid("Kafka topic names must be valid strings and may not be null");
  if (partition === null) throw invalid("Kafka partitions must be valid numbers and may not be null");
  const number = wholeNumber(partition, 32);
  if (number === undefined) throw unreadable("partition", "Partition", partition);
  return { topic: String(topic), partition: Number(number) };
}

/** An offset too large for a number becomes Infinity, for `judge` to refuse. */
function offsetOf(map: OffsetPair["offset"]): number | null {
  if (map === null) return null;
  const offset = map[OFFSET];
  if (offset === undefined) throw invalid(`The offset for a sink connector should either be null or contain the key '${OFFSET}'`);
  const number = wholeNumber(offset, 64);
  if (number === undefined) throw unreadable("offset", "Offset", offset);
  return Number.isSafeInteger(Number(number)) ? Number(number) : number < 0n ? -Infinity : Infinity;
}

/** Integer.parseInt and Long.parseLong of the value's text; undefined where they throw. */
function wholeNumber(value: OffsetValue, bits: 32 | 64): bigint | undefined {
  const text = String(value);
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const number = BigInt(text.replace("+", ""));
  return BigInt.asIntN(bits, number) === number ? number : undefined;
}

/** The rules of Kafka itself: Kafka Connect only meets them on the way there, and answers 500. */
function judge(connector: string, { topic, partition, offset }: SinkOffset): void {
  const place = `partition ${partition} of topic "${topic}"`;
  if (offset !== null && !(offset >= 0 && offset < Infinity)) {
    const rule = `the offset of ${place} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
    throw new WorkerError("internal", `Failed to modify offsets for sink connector ${connector}: ${rule}`);
  }
  if (partition < 0 || topic === "") {
    throw new WorkerError("internal", `Failed to alter consumer group offsets for connector ${connector}: there is no ${place}`);
  }
}

function invalid(message: string): WorkerError {
  return new WorkerError("invalid", message);
}

function unreadable(what: string, What: string, value: OffsetValue): WorkerError {
  return invalid(
    `Failed to parse the following Kafka ${what} value in the provided offsets: '${value}'. ${What} values for sink connectors need to be integers.`,
  );
}

function busyText(connector: string, act: "alter" | "reset"): string {
  return `Failed to ${act} consumer group offsets for connector ${connector} either because its tasks haven't stopped completely yet or the ` +
    `connector was resumed before the request to ${act} its offsets could be successfully completed. If the connector is in a stopped state, this ` +
    "operation can be safely retried. If it doesn't eventually succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks.";
}

/** What Kafka Connect keeps to its log, behind its own words. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? `: ${error.message}` : "";
}
