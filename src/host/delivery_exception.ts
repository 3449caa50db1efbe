import { ConnectError } from "../sdk/errors.ts";
import type { DeliveryError } from "./ports.ts";

/** Java's names of what librdkafka reports, for the first word of a cause in a trace (org.apache.kafka.common.errors). */
const JAVA_CLASSES: Readonly<Record<string, string>> = {
  MSG_SIZE_TOO_LARGE: "RecordTooLargeException",
  RECORD_LIST_TOO_LARGE: "RecordBatchTooLargeException",
  TOPIC_AUTHORIZATION_FAILED: "TopicAuthorizationException",
  CLUSTER_AUTHORIZATION_FAILED: "ClusterAuthorizationException",
  TOPIC_EXCEPTION: "InvalidTopicException",
  UNKNOWN_TOPIC_OR_PART: "UnknownTopicOrPartitionException",
  _UNKNOWN_TOPIC: "UnknownTopicOrPartitionException",
  _UNKNOWN_PARTITION: "UnknownTopicOrPartitionException",
  INVALID_TIMESTAMP: "InvalidTimestampException",
  UNSUPPORTED_COMPRESSION_TYPE: "UnsupportedCompressionTypeException",
  POLICY_VIOLATION: "PolicyViolationException",
  _MSG_TIMED_OUT: "TimeoutException",
  REQUEST_TIMED_OUT: "TimeoutException",
  NOT_ENOUGH_REPLICAS: "NotEnoughReplicasException",
  OUT_OF_ORDER_SEQUENCE_NUMBER: "OutOfOrderSequenceException",
};

/** A refused record as the cause of a task's failure. `message` of the report says why and what to do; the topic is added. */
export function deliveryException(failure: DeliveryError, topic: string | undefined): ConnectError {
  const name = JAVA_CLASSES[failure.code];
  const javaClass = name === undefined ? "org.apache.kafka.common.KafkaException" : `org.apache.kafka.common.errors.${name}`;
  return new ConnectError(`Cannot write a record to topic "${topic ?? "unknown"}": ${failure.message}`, { javaClass });
}
