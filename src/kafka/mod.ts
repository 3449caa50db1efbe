/**
 * The room's door. Importing it opens librdkafka; commands import it dynamically, after `ensureLibrary()` of `cli/setup.ts`.
 * A librdkafka pointer never leaves this folder.
 */
import { KafkaAdmin } from "./admin.ts";
import { GroupConsumer } from "./group_consumer.ts";
import { KafkaProducer } from "./producer.ts";

export { KafkaAdmin } from "./admin.ts";
export { GroupConsumer } from "./group_consumer.ts";
export { KafkaError } from "./codes.ts";
export { type ReadHeader, type ReadRecord, TopicReader } from "./consumer.ts";
export { EmbeddedKafka, type EmbeddedKafkaOptions } from "./mock_cluster.ts";
export { beNice, dieWithParent } from "./process.ts";
export { KafkaProducer, type ProducerLimits } from "./producer.ts";
export { ClientConfigError } from "./setting.ts";

/** Fits the host's `KafkaPort` by shape. */
export const kafka = {
  /** A producer of one task. `warn` is told at most once which properties were left out or taken otherwise. Throws a `ClientConfigError` for a wrong property. */
  openProducer(properties: Readonly<Record<string, string>>, warn: (message: string) => void): KafkaProducer {
    return new KafkaProducer(properties, warn);
  },
  /** A member of a sink's group. The same of `warn` and of wrong properties. */
  openConsumer(properties: Readonly<Record<string, string>>, headers: boolean, warn: (message: string) => void): GroupConsumer {
    return new GroupConsumer(properties, headers, warn);
  },
  /** Topic administration. The same of `warn` and of wrong properties. */
  openAdmin(properties: Readonly<Record<string, string>>, warn: (message: string) => void): KafkaAdmin {
    return new KafkaAdmin(properties, warn);
  },
};
