/** librdkafka's error codes that matter here: one row each. */

/** What an error code means for whoever meets it. */
export interface CodeInfo {
  /** librdkafka's name, as `rd_kafka_err2name` writes it; a leading `_` = raised by the client itself, else by the broker. */
  readonly name: string;
  /** Trying the same again later may work, nothing needs changing. */
  readonly retriable: boolean;
  /** The client that met it is of no more use. */
  readonly fatal: boolean;
  /** What happened and what can be done, for a person. */
  readonly sentence: string;
}

type Row = readonly [code: number, name: string, kind: "passing" | "lasting" | "fatal", sentence: string];

/** `passing` = retriable. Names and numbers are those of rdkafka.h. */
const rows: readonly Row[] = [
  [-199, "_BAD_MSG", "lasting", "a message of the broker cannot be read; check that the address is Kafka's own port and not a proxy's"],
  [-198, "_BAD_COMPRESSION", "lasting", "compressed records cannot be read; they are damaged, or this librdkafka lacks the codec"],
  [-197, "_DESTROY", "passing", "the connection was closed on our side"],
  [-196, "_FAIL", "passing", "the broker's answer could not be made sense of"],
  [
    -195,
    "_TRANSPORT",
    "passing",
    "the connection to the broker broke or was refused; check that it runs and that the address and security.protocol are right",
  ],
  [-194, "_CRIT_SYS_RESOURCE", "passing", "the operating system is out of a resource (threads, memory, files); check its limits"],
  [-193, "_RESOLVE", "passing", "the broker's host name cannot be resolved; check bootstrap.servers and the broker's advertised.listeners"],
  [-192, "_MSG_TIMED_OUT", "passing", "the record was not acknowledged within delivery.timeout.ms; check that the brokers can be reached"],
  [-191, "_PARTITION_EOF", "passing", "the end of the partition is reached"],
  [
    -190,
    "_UNKNOWN_PARTITION",
    "lasting",
    "the topic has no such partition; set a partition below the topic's count, or leave it to the partitioner",
  ],
  [
    -188,
    "_UNKNOWN_TOPIC",
    "lasting",
    "the topic does not exist and is not created by itself; create it, or set topic.creation.* in the connector",
  ],
  [-187, "_ALL_BROKERS_DOWN", "passing", "none of the brokers can be reached; check bootstrap.servers and that Kafka runs"],
  [-186, "_INVALID_ARG", "lasting", "librdkafka refuses a value it was given"],
  [-185, "_TIMED_OUT", "passing", "no broker answered in time; check bootstrap.servers and that Kafka runs"],
  [-184, "_QUEUE_FULL", "passing", "the producer's queue is full; it empties as the brokers acknowledge"],
  [-181, "_SSL", "passing", "the TLS handshake failed; check ssl.truststore.* and ssl.keystore.*, and that the port speaks TLS"],
  [-180, "_WAIT_COORD", "passing", "the group's coordinator is not known yet"],
  [-179, "_UNKNOWN_GROUP", "lasting", "the consumer has no group; set group.id"],
  [-178, "_IN_PROGRESS", "passing", "the same is under way already"],
  [-177, "_PREV_IN_PROGRESS", "passing", "what was asked before is still under way"],
  [-172, "_STATE", "lasting", "the client is not in a state for that"],
  [-170, "_NOT_IMPLEMENTED", "lasting", "this librdkafka was built without that"],
  [-169, "_AUTHENTICATION", "passing", "the broker does not accept the credentials; check sasl.mechanism and sasl.jaas.config"],
  [-168, "_NO_OFFSET", "lasting", "there is no offset to commit"],
  [-166, "_TIMED_OUT_QUEUE", "passing", "the request waited too long for a broker connection; check that the brokers can be reached"],
  [
    -165,
    "_UNSUPPORTED_FEATURE",
    "lasting",
    "the broker does not offer that request; Kafka 2.1 or newer is needed, and the embedded broker takes none of the kind",
  ],
  [-152, "_PURGE_QUEUE", "passing", "the record was dropped unsent when the producer was closed"],
  [-151, "_PURGE_INFLIGHT", "passing", "the producer was closed before the record was acknowledged; it may have arrived"],
  [-150, "_FATAL", "fatal", "the producer cannot go on without breaking its guarantee of order and of no duplicates; restart the task"],
  [-149, "_INCONSISTENT", "fatal", "the brokers' state contradicts the producer's; restart the task"],
  [-148, "_GAPLESS_GUARANTEE", "fatal", "a record failed and the records after it may not overtake it; restart the task"],
  [-144, "_FENCED", "fatal", "a newer producer of the same identity has taken over"],
  [
    -147,
    "_MAX_POLL_EXCEEDED",
    "passing",
    "the task asked for nothing for longer than max.poll.interval.ms, so others have its partitions; it joins again",
  ],
  [
    -140,
    "_AUTO_OFFSET_RESET",
    "lasting",
    "the group has no usable offset and auto.offset.reset=none forbids choosing one; commit one, or set earliest or latest",
  ],
  [-1, "UNKNOWN", "lasting", "the broker reports an error without a reason; its log tells more"],
  [1, "OFFSET_OUT_OF_RANGE", "lasting", "the offset is no longer, or not yet, in the topic"],
  [2, "INVALID_MSG", "passing", "the broker found the record damaged on arrival"],
  [
    3,
    "UNKNOWN_TOPIC_OR_PART",
    "passing",
    "the topic or partition does not exist; create the topic, or set topic.creation.* in the connector",
  ],
  [5, "LEADER_NOT_AVAILABLE", "passing", "the partition has no leader at the moment"],
  [6, "NOT_LEADER_FOR_PARTITION", "passing", "the partition's leader has moved"],
  [7, "REQUEST_TIMED_OUT", "passing", "the broker did not finish the request in time"],
  [8, "BROKER_NOT_AVAILABLE", "passing", "the broker is not available"],
  [
    10,
    "MSG_SIZE_TOO_LARGE",
    "lasting",
    "the record, or the batch it was sent in, is larger than allowed; raise max.message.bytes of the topic and max.request.size of the producer, or " +
    "lower the producer's sluice.batch.size below the topic's limit",
  ],
  [13, "NETWORK_EXCEPTION", "passing", "the broker lost the connection"],
  [14, "COORDINATOR_LOAD_IN_PROGRESS", "passing", "the group coordinator is starting"],
  [15, "COORDINATOR_NOT_AVAILABLE", "passing", "the group coordinator is not available"],
  [16, "NOT_COORDINATOR", "passing", "the group coordinator has moved"],
  [17, "TOPIC_EXCEPTION", "lasting", "Kafka refuses the topic name; it may hold letters, digits, '.', '_' and '-', at most 249 of them"],
  [18, "RECORD_LIST_TOO_LARGE", "lasting", "the batch is larger than a log segment of the broker; lower batch.size or raise segment.bytes"],
  [19, "NOT_ENOUGH_REPLICAS", "passing", "fewer replicas are in sync than min.insync.replicas asks for"],
  [20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "passing", "the record was written to fewer replicas than min.insync.replicas asks for"],
  [21, "INVALID_REQUIRED_ACKS", "lasting", "the broker does not know that value of acks"],
  [22, "ILLEGAL_GENERATION", "lasting", "the group has rebalanced since; these partitions may be another member's now"],
  [
    23,
    "INCONSISTENT_GROUP_PROTOCOL",
    "lasting",
    "the group's other members share no partition.assignment.strategy or group.protocol with this one; set the same for all",
  ],
  [24, "INVALID_GROUP_ID", "lasting", "Kafka refuses the group.id"],
  [25, "UNKNOWN_MEMBER_ID", "lasting", "the group does not know this member any more; it was silent for longer than session.timeout.ms"],
  [26, "INVALID_SESSION_TIMEOUT", "lasting", "session.timeout.ms is outside of what the broker allows (group.min/max.session.timeout.ms)"],
  [27, "REBALANCE_IN_PROGRESS", "passing", "the group is rebalancing"],
  [
    29,
    "TOPIC_AUTHORIZATION_FAILED",
    "lasting",
    "this user may not use the topic; grant it Write and Describe (and Create, if the topic is to be made)",
  ],
  [30, "GROUP_AUTHORIZATION_FAILED", "lasting", "this user may not use the consumer group; grant it Read"],
  [
    31,
    "CLUSTER_AUTHORIZATION_FAILED",
    "lasting",
    "this user may not do that on the cluster; grant it Create, or IdempotentWrite for a producer",
  ],
  [32, "INVALID_TIMESTAMP", "lasting", "the record's timestamp is outside of what the topic allows (message.timestamp.*.max.ms)"],
  [33, "UNSUPPORTED_SASL_MECHANISM", "lasting", "the broker does not offer that sasl.mechanism"],
  [34, "ILLEGAL_SASL_STATE", "lasting", "the broker expects another security.protocol"],
  [35, "UNSUPPORTED_VERSION", "lasting", "the broker is too old for that request"],
  [36, "TOPIC_ALREADY_EXISTS", "lasting", "the topic exists already"],
  [37, "INVALID_PARTITIONS", "lasting", "Kafka refuses the number of partitions"],
  [38, "INVALID_REPLICATION_FACTOR", "lasting", "the replication factor is larger than the number of brokers, or below 1"],
  [39, "INVALID_REPLICA_ASSIGNMENT", "lasting", "Kafka refuses the assignment of replicas"],
  [40, "INVALID_CONFIG", "lasting", "Kafka refuses a topic setting"],
  [41, "NOT_CONTROLLER", "passing", "the controller has moved"],
  [42, "INVALID_REQUEST", "lasting", "the broker cannot make sense of the request"],
  [44, "POLICY_VIOLATION", "lasting", "a policy of the cluster forbids it"],
  [45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "fatal", "the broker has lost track of this producer's records; restart the task"],
  [47, "INVALID_PRODUCER_EPOCH", "fatal", "a newer producer of the same identity has taken over"],
  [54, "SECURITY_DISABLED", "lasting", "security features are switched off on the broker"],
  [56, "KAFKA_STORAGE_ERROR", "passing", "the broker's disk has a fault; its log tells more"],
  [58, "SASL_AUTHENTICATION_FAILED", "passing", "the broker does not accept the credentials; check sasl.jaas.config"],
  [59, "UNKNOWN_PRODUCER_ID", "fatal", "the broker has forgotten this producer; restart the task"],
  [68, "NON_EMPTY_GROUP", "lasting", "the consumer group has active members; stop them first"],
  [69, "GROUP_ID_NOT_FOUND", "lasting", "there is no such consumer group"],
  [74, "FENCED_LEADER_EPOCH", "passing", "the partition's leader has changed"],
  [76, "UNSUPPORTED_COMPRESSION_TYPE", "lasting", "the broker does not know that compression.type"],
  [79, "MEMBER_ID_REQUIRED", "passing", "the group wants the member to join with the id it was given"],
  [81, "GROUP_MAX_SIZE_REACHED", "lasting", "the group has as many members as the broker allows (group.max.size)"],
  [82, "FENCED_INSTANCE_ID", "fatal", "another member has joined with the same group.instance.id; set one per task, or none"],
  [86, "GROUP_SUBSCRIBED_TO_TOPIC", "lasting", "the consumer group has active members that read the topic; stop them first"],
  [87, "INVALID_RECORD", "lasting", "the broker refuses the record; a compacted topic takes no record without a key, for one"],
  [89, "THROTTLING_QUOTA_EXCEEDED", "passing", "the quota is used up for now"],
  [90, "PRODUCER_FENCED", "fatal", "a newer producer of the same identity has taken over"],
  [110, "FENCED_MEMBER_EPOCH", "passing", "the group has moved on without this member; it joins again"],
  [111, "UNRELEASED_INSTANCE_ID", "passing", "another member still has the same group.instance.id"],
  [112, "UNSUPPORTED_ASSIGNOR", "lasting", "the broker does not offer that group.remote.assignor"],
  [113, "STALE_MEMBER_EPOCH", "passing", "the group has rebalanced since"],
];

const byCode = new Map<number, CodeInfo>(
  rows.map(([code, name, kind, sentence]) => [code, { name, retriable: kind === "passing", fatal: kind === "fatal", sentence }]),
);

/** What is known of a code. One without a row is `CODE_<n>`, not retriable, with a sentence that says no more than that. */
export function codeInfo(code: number): CodeInfo {
  return byCode.get(code) ?? { name: `CODE_${code}`, retriable: false, fatal: false, sentence: `librdkafka reports error code ${code}` };
}

/** The number of a name in the table. */
export function codeOf(name: string): number | undefined {
  return rows.find((row) => row[1] === name)?.[0];
}

/** Every code of the table, for tests that hold it against librdkafka's own. */
export function knownCodes(): number[] {
  return [...byCode.keys()];
}

/** Something Kafka or its client refused. The message is a sentence a user can act on; `detail` is librdkafka's own text. */
export class KafkaError extends Error {
  override readonly name = "KafkaError";
  /** librdkafka's name of the code. */
  readonly code: string;
  readonly retriable: boolean;
  readonly fatal: boolean;

  /** `act`: what failed, e.g. `Cannot create topic "orders"`. `sentence`: why, where more is known than the code. */
  constructor(code: number, act: string, detail = "", sentence = codeInfo(code).sentence) {
    const info = codeInfo(code);
    super(`${act}: ${sentence} (${info.name}${detail === "" || detail === info.name ? "" : `: ${detail}`})`);
    this.code = info.name;
    this.retriable = info.retriable;
    this.fatal = info.fatal;
  }
}
