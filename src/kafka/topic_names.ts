/** The names of all topics, out of a `rd_kafka_metadata_t`: brokers 0, 8; number of topics 16, topics 24. */
import { KafkaError } from "./codes.ts";
import { cString, NativeBuffer, textAt } from "./memory.ts";
import { native } from "./symbols.ts";

const TOPIC_EXCEPTION = 17;
const HEAD_BYTES = 32;
/** Bytes of a `rd_kafka_metadata_topic_t`: name 0, partitions 8, 16, error 24. */
const TOPIC_BYTES = 32;
/** What brokers keep for themselves (Kafka 4.2, Topic.isInternal); librdkafka does not pass on their mark. */
const internal = new Set(["__consumer_offsets", "__transaction_state", "__share_group_state"]);

/** Asks a broker, waiting at most `timeoutMs`. `client` must not be freed meanwhile. Throws a `KafkaError`. */
export async function askTopicNames(client: bigint, timeoutMs: number, withInternal: boolean): Promise<string[]> {
  using out = new NativeBuffer(8);
  const code = await native.metadata(client, 1, 0n, out.address, timeoutMs);
  if (code !== 0) throw new KafkaError(code, "Cannot list the topics of the cluster");
  const metadata = new BigUint64Array(out.buffer)[0] as bigint;
  const names = namesIn(metadata);
  native.rd_kafka_metadata_destroy(metadata); // Invariant 6
  return withInternal ? names : names.filter((name) => !internal.has(name));
}

function namesIn(metadata: bigint): string[] {
  using head = new NativeBuffer(HEAD_BYTES);
  native.memcpy(head.address, metadata, BigInt(HEAD_BYTES));
  const view = new DataView(head.buffer);
  const count = view.getInt32(16, true);
  if (count === 0) return [];
  using topics = new NativeBuffer(count * TOPIC_BYTES);
  native.memcpy(topics.address, view.getBigUint64(24, true), BigInt(count * TOPIC_BYTES));
  const each = new DataView(topics.buffer);
  return Array.from({ length: count }, (_, i) => textAt(each.getBigUint64(i * TOPIC_BYTES, true)));
}

/** Asks for one topic, which a broker that makes topics by itself takes as the wish to have it, if `allow.auto.create.topics` says so. Throws a `KafkaError`. */
export async function wishForTopic(client: bigint, name: string, timeoutMs: number): Promise<void> {
  using out = new NativeBuffer(8);
  const topic = native.rd_kafka_topic_new(client, cString(name), 0n);
  if (topic === 0n) throw new KafkaError(TOPIC_EXCEPTION, `Cannot ask for topic "${name}"`);
  const code = await native.metadata(client, 0, topic, out.address, timeoutMs);
  native.rd_kafka_topic_destroy(topic); // Invariant 6
  if (code !== 0) throw new KafkaError(code, `Cannot ask for topic "${name}"`);
  native.rd_kafka_metadata_destroy(new BigUint64Array(out.buffer)[0] as bigint);
}
