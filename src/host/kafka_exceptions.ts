/** Java's names of what librdkafka reports: the first word of a cause in a trace. */
const NAMES: Readonly<Record<string, string>> = {
  MSG_SIZE_TOO_LARGE: "RecordTooLargeException",
  RECORD_LIST_TOO_LARGE: "RecordBatchTooLargeException",
  TOPIC_AUTHORIZATION_FAILED: "TopicAuthorizationException",
  GROUP_AUTHORIZATION_FAILED: "GroupAuthorizationException",
  NON_EMPTY_GROUP: "GroupNotEmptyException",
  GROUP_ID_NOT_FOUND: "GroupIdNotFoundException",
  GROUP_SUBSCRIBED_TO_TOPIC: "GroupSubscribedToTopicException",
  UNKNOWN_MEMBER_ID: "UnknownMemberIdException",
  REBALANCE_IN_PROGRESS: "RebalanceInProgressException",
  OFFSET_OUT_OF_RANGE: "OffsetOutOfRangeException",
  CLUSTER_AUTHORIZATION_FAILED: "ClusterAuthorizationException",
  TOPIC_EXCEPTION: "InvalidTopicException",
  UNKNOWN_TOPIC_OR_PART: "UnknownTopicOrPartitionException",
  _UNKNOWN_TOPIC: "UnknownTopicOrPartitionException",
  _UNKNOWN_PARTITION: "UnknownTopicOrPartitionException",
  INVALID_PARTITIONS: "InvalidPartitionsException",
  INVALID_REPLICATION_FACTOR: "InvalidReplicationFactorException",
  INVALID_CONFIG: "InvalidConfigurationException",
  INVALID_TIMESTAMP: "InvalidTimestampException",
  UNSUPPORTED_COMPRESSION_TYPE: "UnsupportedCompressionTypeException",
  POLICY_VIOLATION: "PolicyViolationException",
  _MSG_TIMED_OUT: "TimeoutException",
  _TIMED_OUT: "TimeoutException",
  REQUEST_TIMED_OUT: "TimeoutException",
  NOT_ENOUGH_REPLICAS: "NotEnoughReplicasException",
  OUT_OF_ORDER_SEQUENCE_NUMBER: "OutOfOrderSequenceException",
  SASL_AUTHENTICATION_FAILED: "SaslAuthenticationException",
};

/** The Java exception for one of librdkafka's code names; KafkaException for one without a name of its own. */
export function kafkaExceptionOf(code: string): string {
  const name = NAMES[code];
  return name === undefined ? "org.apache.kafka.common.KafkaException" : `org.apache.kafka.common.errors.${name}`;
}
