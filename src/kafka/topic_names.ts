/** Facts about all topics, out of a `rd_kafka_metadata_t`: brokers 0, 8; number of topics 16, topics 24. */
import { KafkaError } from "./codes.ts";
import { cString, NativeBuffer, textAt } from "./memory.ts";
import { native } from "./symbols.ts";

const TOPIC_EXCEPTION = 17;
const HEAD_BYTES = 32;
/** Bytes of a `rd_kafka_metadata_topic_t`: name 0, partitions 8, 16, error 24. */
const TOPIC_BYTES = 32;
/** What brokers keep for themselves (Kafka 4.2, Topic.isInternal); librdkafka does not pass on their mark. */
const internal = new Set(["__consumer_offsets", "__transaction_state", "__share_group_state"]);

/** The names of all topics, asked of a broker. The same of waiting, of `client` and of errors as `askTopics`. */
export async function askTopicNames(client: bigint, timeoutMs: number, withInternal: boolean): Promise<string[]> {
  const names = [...(await askTopics(client, timeoutMs)).keys()];
  return withInternal ? names : names.filter((name) => !internal.has(name));
}

/** Partition counts of all topics, waiting at most `timeoutMs`. `client` must not be freed meanwhile. Throws a `KafkaError`. */
export async function askTopics(client: bigint, timeoutMs: number): Promise<Map<string, number>> {
  using out = new NativeBuffer(8);
  const code = await native.metadata(client, 1, 0n, out.address, timeoutMs);
  if (code !== 0) throw new KafkaError(code, "Cannot list the topics of the cluster");
  const metadata = new BigUint64Array(out.buffer)[0] as bigint;
  const topics = topicsIn(metadata);
  native.rd_kafka_metadata_destroy(metadata); // Invariant 6
  return topics;
}

function topicsIn(metadata: bigint): Map<string, number> {
  using head = new NativeBuffer(HEAD_BYTES);
  native.memcpy(head.address, metadata, BigInt(HEAD_BYTES));
  const view = new DataView(head.buffer);
  const count = view.getInt32(16, true);
  if (count === 0) return new Map();
  using topics = new NativeBuffer(count * TOPIC_BYTES);
  native.memcpy(topics.address, view.getBigUint64(24, true), BigInt(count * TOPIC_BYTES));
  const each = new DataView(topics.buffer);
  return new Map(Array.from({ length: count }, (_, i) => {
    const at = i * TOPIC_BYTES;
    return [textAt(each.getBigUint64(at, true)), each.getInt32(at + 8, true)];
  }));
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
