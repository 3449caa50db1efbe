/**
 * The one `dlopen` of a process. Importing this module opens librdkafka, so commands that may run before setup import `kafka/`
 * dynamically, after `ensureLibrary()`.
 *
 * Calls stay V8 fast calls (about 10 ns) only while three things hold: there is one `dlopen` per isolate, the functions are
 * reached through a module-level const, and every 64-bit parameter is always a bigint, never a number. Addresses and sizes are
 * `u64` here, C strings given to cold functions are `buffer`. The handle also resolves what libc has: memcpy, socket.
 */
import { checkVersion, LibraryError, OLDEST_VERSION, requireLibrary } from "./library.ts";

const client = {
  rd_kafka_version: { parameters: [], result: "i32" },
  rd_kafka_conf_new: { parameters: [], result: "u64" },
  rd_kafka_conf_destroy: { parameters: ["u64"], result: "void" },
  /** conf, name, value, error text, its size → 0 done, -1 refused value, -2 unknown name. */
  rd_kafka_conf_set: { parameters: ["u64", "buffer", "buffer", "buffer", "u64"], result: "i32" },
  rd_kafka_conf_set_events: { parameters: ["u64", "i32"], result: "void" },
  rd_kafka_conf_dump: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_conf_dump_free: { parameters: ["u64", "u64"], result: "void" },
  /** kind (0 producer, 1 consumer), conf (owned by the client once it is made), error text, its size. */
  rd_kafka_new: { parameters: ["i32", "u64", "buffer", "u64"], result: "u64" },
  /** Waits for broker threads, which may sit in a name lookup: hence on a thread of its own. Nothing else may use the handle by then. */
  destroy_flags: { name: "rd_kafka_destroy_flags", parameters: ["u64", "i32"], result: "void", nonblocking: true },
  rd_kafka_set_log_queue: { parameters: ["u64", "u64"], result: "i32" },
  rd_kafka_fatal_error: { parameters: ["u64", "buffer", "u64"], result: "i32" },
  rd_kafka_outq_len: { parameters: ["u64"], result: "i32" },
  rd_kafka_purge: { parameters: ["u64", "i32"], result: "i32" },
  rd_kafka_err2name: { parameters: ["i32"], result: "u64" },
  rd_kafka_err2str: { parameters: ["i32"], result: "u64" },
  rd_kafka_error_code: { parameters: ["u64"], result: "i32" },
  rd_kafka_error_string: { parameters: ["u64"], result: "u64" },
  rd_kafka_error_destroy: { parameters: ["u64"], result: "void" },
} as const;

const queues = {
  rd_kafka_queue_get_main: { parameters: ["u64"], result: "u64" },
  rd_kafka_queue_get_consumer: { parameters: ["u64"], result: "u64" },
  rd_kafka_queue_new: { parameters: ["u64"], result: "u64" },
  rd_kafka_queue_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_queue_length: { parameters: ["u64"], result: "u64" },
  rd_kafka_queue_poll: { parameters: ["u64", "i32"], result: "u64" },
  rd_kafka_queue_io_event_enable: { parameters: ["u64", "i32", "buffer", "u64"], result: "void" },
  rd_kafka_event_type: { parameters: ["u64"], result: "i32" },
  rd_kafka_event_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_event_error: { parameters: ["u64"], result: "i32" },
  rd_kafka_event_error_string: { parameters: ["u64"], result: "u64" },
  rd_kafka_event_opaque: { parameters: ["u64"], result: "u64" },
  rd_kafka_event_log: { parameters: ["u64", "buffer", "buffer", "buffer"], result: "i32" },
  /** event, array of message addresses, its length → how many were written. */
  rd_kafka_event_message_array: { parameters: ["u64", "u64", "u64"], result: "u64" },
} as const;

const producing = {
  rd_kafka_topic_new: { parameters: ["u64", "buffer", "u64"], result: "u64" },
  rd_kafka_topic_name: { parameters: ["u64"], result: "u64" },
  rd_kafka_topic_destroy: { parameters: ["u64"], result: "void" },
  /** topic, partition, flags, messages, how many → how many were taken. */
  rd_kafka_produce_batch: { parameters: ["u64", "i32", "i32", "u64", "i32"], result: "i32" },
  /** client, entries, how many → 0 or an error object. */
  rd_kafka_produceva: { parameters: ["u64", "u64", "u64"], result: "u64" },
} as const;

const consuming = {
  rd_kafka_poll_set_consumer: { parameters: ["u64"], result: "i32" },
  rd_kafka_assign: { parameters: ["u64", "u64"], result: "i32" },
  rd_kafka_topic_partition_list_new: { parameters: ["i32"], result: "u64" },
  rd_kafka_topic_partition_list_add: { parameters: ["u64", "buffer", "i32"], result: "u64" },
  rd_kafka_topic_partition_list_set_offset: { parameters: ["u64", "buffer", "i32", "i64"], result: "i32" },
  rd_kafka_topic_partition_list_destroy: { parameters: ["u64"], result: "void" },
  /** queue, wait in ms, array of message addresses, its length → how many were written; -1 = an error. */
  rd_kafka_consume_batch_queue: { parameters: ["u64", "i32", "u64", "u64"], result: "i64" },
  rd_kafka_message_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_message_timestamp: { parameters: ["u64", "u64"], result: "i64" },
  rd_kafka_message_headers: { parameters: ["u64", "u64"], result: "i32" },
  rd_kafka_header_get_all: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "i32" },
  /** Blocks on the network, hence on a thread of its own: one call per partition, for people and tests. */
  query_watermark_offsets: {
    name: "rd_kafka_query_watermark_offsets",
    parameters: ["u64", "buffer", "i32", "buffer", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

/** What a member of a group needs beside the above. Every `error object` of a result is freed by who got it. */
const grouping = {
  rd_kafka_subscribe: { parameters: ["u64", "u64"], result: "i32" },
  rd_kafka_unsubscribe: { parameters: ["u64"], result: "i32" },
  /** "NONE", "EAGER" or "COOPERATIVE". */
  rd_kafka_rebalance_protocol: { parameters: ["u64"], result: "u64" },
  rd_kafka_assignment_lost: { parameters: ["u64"], result: "i32" },
  /** client, list → 0 or an error object. */
  rd_kafka_incremental_assign: { parameters: ["u64", "u64"], result: "u64" },
  rd_kafka_incremental_unassign: { parameters: ["u64", "u64"], result: "u64" },
  rd_kafka_event_topic_partition_list: { parameters: ["u64"], result: "u64" },
  rd_kafka_event_message_next: { parameters: ["u64"], result: "u64" },
  rd_kafka_queue_get_partition: { parameters: ["u64", "buffer", "i32"], result: "u64" },
  rd_kafka_queue_forward: { parameters: ["u64", "u64"], result: "void" },
  rd_kafka_message_errstr: { parameters: ["u64"], result: "u64" },
  rd_kafka_pause_partitions: { parameters: ["u64", "u64"], result: "i32" },
  rd_kafka_resume_partitions: { parameters: ["u64", "u64"], result: "i32" },
  /** client, list, queue for the answer, callback (0), opaque. Copies the list. */
  rd_kafka_commit_queue: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "i32" },
  /** client, queue for what is told on the way → 0 or an error object. */
  rd_kafka_consumer_close_queue: { parameters: ["u64", "u64"], result: "u64" },
  rd_kafka_consumer_closed: { parameters: ["u64"], result: "i32" },
  /** client, list whose offsets are where to go, wait in ms (0 = do not wait) → 0 or an error object. */
  rd_kafka_seek_partitions: { parameters: ["u64", "u64", "i32"], result: "u64" },
  /** Waits for the fetchers, hence on a thread of its own. */
  seek_partitions: { name: "rd_kafka_seek_partitions", parameters: ["u64", "u64", "i32"], result: "u64", nonblocking: true },
  /** Waits for the coordinator. Writes offsets and errors into the list. */
  committed: { name: "rd_kafka_committed", parameters: ["u64", "u64", "i32"], result: "i32", nonblocking: true },
  /** client, whether all topics, topic, where the address of the result goes, wait in ms. Waits for a broker. */
  metadata: { name: "rd_kafka_metadata", parameters: ["u64", "i32", "u64", "u64", "i32"], result: "i32", nonblocking: true },
  rd_kafka_metadata_destroy: { parameters: ["u64"], result: "void" },
} as const;

const administering = {
  rd_kafka_AdminOptions_new: { parameters: ["u64", "i32"], result: "u64" },
  rd_kafka_AdminOptions_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_AdminOptions_set_request_timeout: { parameters: ["u64", "i32", "buffer", "u64"], result: "i32" },
  rd_kafka_AdminOptions_set_opaque: { parameters: ["u64", "u64"], result: "void" },
  rd_kafka_NewTopic_new: { parameters: ["buffer", "i32", "i32", "buffer", "u64"], result: "u64" },
  rd_kafka_NewTopic_set_config: { parameters: ["u64", "buffer", "buffer"], result: "i32" },
  rd_kafka_NewTopic_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_CreateTopics: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "void" },
  rd_kafka_event_CreateTopics_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_CreateTopics_result_topics: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_topic_result_error: { parameters: ["u64"], result: "i32" },
  rd_kafka_topic_result_error_string: { parameters: ["u64"], result: "u64" },
  rd_kafka_TopicCollection_of_topic_names: { parameters: ["u64", "u64"], result: "u64" },
  rd_kafka_TopicCollection_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_DescribeTopics: { parameters: ["u64", "u64", "u64", "u64"], result: "void" },
  rd_kafka_event_DescribeTopics_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_DescribeTopics_result_topics: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_TopicDescription_partitions: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_TopicDescription_error: { parameters: ["u64"], result: "u64" },
  /** group, list; 0 instead of the list = all partitions. */
  rd_kafka_ListConsumerGroupOffsets_new: { parameters: ["buffer", "u64"], result: "u64" },
  rd_kafka_ListConsumerGroupOffsets_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_ListConsumerGroupOffsets: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "void" },
  rd_kafka_event_ListConsumerGroupOffsets_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_ListConsumerGroupOffsets_result_groups: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_AlterConsumerGroupOffsets_new: { parameters: ["buffer", "u64"], result: "u64" },
  rd_kafka_AlterConsumerGroupOffsets_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_AlterConsumerGroupOffsets: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "void" },
  rd_kafka_event_AlterConsumerGroupOffsets_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_AlterConsumerGroupOffsets_result_groups: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_DeleteConsumerGroupOffsets_new: { parameters: ["buffer", "u64"], result: "u64" },
  rd_kafka_DeleteConsumerGroupOffsets_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_DeleteConsumerGroupOffsets: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "void" },
  rd_kafka_event_DeleteConsumerGroupOffsets_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_DeleteConsumerGroupOffsets_result_groups: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_DeleteGroup_new: { parameters: ["buffer"], result: "u64" },
  rd_kafka_DeleteGroup_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_DeleteGroups: { parameters: ["u64", "u64", "u64", "u64", "u64"], result: "void" },
  rd_kafka_event_DeleteGroups_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_DeleteGroups_result_groups: { parameters: ["u64", "buffer"], result: "u64" },
  rd_kafka_group_result_error: { parameters: ["u64"], result: "u64" },
  rd_kafka_group_result_partitions: { parameters: ["u64"], result: "u64" },
  rd_kafka_DescribeCluster: { parameters: ["u64", "u64", "u64"], result: "void" },
  rd_kafka_event_DescribeCluster_result: { parameters: ["u64"], result: "u64" },
  rd_kafka_DescribeCluster_result_cluster_id: { parameters: ["u64"], result: "u64" },
} as const;

const mocking = {
  rd_kafka_mock_cluster_new: { parameters: ["u64", "i32"], result: "u64" },
  rd_kafka_mock_cluster_destroy: { parameters: ["u64"], result: "void" },
  rd_kafka_mock_cluster_bootstraps: { parameters: ["u64"], result: "u64" },
  rd_kafka_mock_broker_set_host_port: { parameters: ["u64", "i32", "buffer", "i32"], result: "void" },
  rd_kafka_mock_broker_set_down: { parameters: ["u64", "i32"], result: "i32" },
  rd_kafka_mock_broker_set_up: { parameters: ["u64", "i32"], result: "i32" },
  /** Newer than the oldest librdkafka that will do. */
  rd_kafka_mock_set_controller_id: { parameters: ["u64", "i32"], result: "void", optional: true },
  /** Newer than the oldest librdkafka that will do. */
  rd_kafka_mock_group_initial_rebalance_delay_ms: { parameters: ["u64", "i32"], result: "void", optional: true },
  rd_kafka_mock_topic_create: { parameters: ["u64", "buffer", "i32", "i32"], result: "i32" },
} as const;

const libc = {
  memcpy: { parameters: ["u64", "u64", "u64"], result: "void" },
  strlen: { parameters: ["u64"], result: "u64" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u64"], result: "i64" },
  close: { parameters: ["i32"], result: "i32" },
  setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
  /** path, flags → handle. On older systems it is in a library of its own. */
  dlopen: { parameters: ["buffer", "i32"], result: "u64", optional: true },
  /** Linux alone has it. */
  prctl: { parameters: ["i32", "u64"], result: "i32", optional: true },
} as const;

const declarations = { ...client, ...queues, ...producing, ...consuming, ...grouping, ...administering, ...mocking, ...libc } as const;

/** Load now, and never unload (dlfcn.h). */
const RTLD_NOW = 2;
const RTLD_NODELETE = Deno.build.os === "darwin" ? 0x80 : 0x1000;

/** librdkafka and the little of libc that is needed. Never closed: broker threads run in it until the process ends. */
export const native: Deno.DynamicLibrary<typeof declarations>["symbols"] = openLibrary(requireLibrary());

function openLibrary(path: string): Deno.DynamicLibrary<typeof declarations>["symbols"] {
  let library: Deno.DynamicLibrary<typeof declarations>;
  try {
    library = Deno.dlopen(path, declarations);
  } catch (cause) {
    checkVersion(versionOf(path) ?? OLDEST_VERSION, path); // An old one lacks functions: its age is the better reason.
    throw new LibraryError(openFailure(path, cause), { cause });
  }
  checkVersion(library.symbols.rd_kafka_version(), path);
  pin(library.symbols, path);
  return library.symbols;
}

/**
 * Deno unloads its libraries when an isolate ends, for instance a test file's: a client that is being freed in the background would find the code
 * gone under its threads. An embedded library has another path than this one, and an isolate that ends with its process.
 */
function pin(symbols: { readonly dlopen: ((path: BufferSource, flags: number) => bigint) | null }, path: string): void {
  symbols.dlopen?.(new TextEncoder().encode(`${path}\0`), RTLD_NOW | RTLD_NODELETE);
}

/** The version of a library that could not be opened whole; undefined when it cannot be opened at all. */
function versionOf(path: string): number | undefined {
  try {
    return Deno.dlopen(path, { rd_kafka_version: client.rd_kafka_version }).symbols.rd_kafka_version();
  } catch {
    return undefined; // The first attempt's reason is the one that is told.
  }
}

/** A compiled binary unpacks its library into the temp folder first, which may be read-only or mounted noexec. */
function openFailure(path: string, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `Cannot open librdkafka at "${path}": ${reason}; ${wayOut(path)}`;
}

function wayOut(path: string): string {
  if (path === Deno.env.get("SLUICE_LIBRDKAFKA")) return "set SLUICE_LIBRDKAFKA to another one, or unset it";
  if (!Deno.build.standalone) return 'remove the file and run "deno task setup" again';
  return "the temp folder (TMPDIR) must be writable and must allow programs to run; or set SLUICE_LIBRDKAFKA to a librdkafka of your own";
}
