import { field, range } from "sdk";
import { enumerator, timeZoneName } from "../sql/key_rules.ts";
import { GRANULARITIES, topicPrefix } from "./rules.ts";

const CONNECTOR = "Connector";

/** Keys of the group Connector, in the order of JDBC connector 10.9. */
export const connectorKeys = {
  "table.types": field.list({
    default: ["TABLE"],
    importance: "LOW",
    group: CONNECTOR,
    order: 1,
    width: "MEDIUM",
    displayName: "Table Types",
    doc:
      "Kinds of tables that are listed: TABLE, VIEW, SYSTEM TABLE, PARTITIONED TABLE, MATERIALIZED VIEW and others, as far as the database has them.",
  }),
  "poll.interval.ms": field.int({
    default: 5000,
    importance: "HIGH",
    group: CONNECTOR,
    order: 2,
    width: "SHORT",
    displayName: "Poll Interval (ms)",
    doc: "Milliseconds between the end of one reading of a table and the next.",
  }),
  "batch.max.rows": field.int({
    default: 1000,
    importance: "LOW",
    group: CONNECTOR,
    order: 3,
    width: "SHORT",
    displayName: "Max Rows Per Batch",
    doc: "Most rows handed on at once, where it is written in the config. Left out, batches are as large as is fast (sluice.page.rows).",
  }),
  "max.buffer.size": field.int({
    default: 0,
    importance: "LOW",
    group: CONNECTOR,
    order: 4,
    width: "SHORT",
    displayName: "Maximum Buffer Size",
    doc: "Accepted and without effect: one page is read ahead, about 4 MB.",
  }),
  "poll.linger.ms": field.long({
    default: 5000,
    importance: "LOW",
    group: CONNECTOR,
    order: 5,
    width: "SHORT",
    displayName: "Poll Linger Milliseconds",
    doc: "Accepted and without effect: rows are handed on as soon as they are read.",
  }),
  "table.monitoring.startup.polling.limit.ms": field.long({
    default: 10000,
    importance: "LOW",
    group: "",
    isUndocumented: true,
    doc: "Accepted and without effect: tables are listed before tasks are made.",
  }),
  "table.poll.interval.ms": field.long({
    default: 60000,
    importance: "LOW",
    group: CONNECTOR,
    order: 6,
    width: "SHORT",
    displayName: "Metadata Change Monitoring Interval (ms)",
    doc: "Milliseconds between two looks for tables that came or went; the tasks are divided anew when there are any.",
  }),
  "topic.prefix": field.string({
    default: "",
    importance: "HIGH",
    group: CONNECTOR,
    order: 7,
    width: "MEDIUM",
    displayName: "Topic Prefix",
    doc: "Put in front of the bare table name to make the topic's name. With a query it is the whole name.",
    validate: topicPrefix(),
  }),
  "timestamp.delay.interval.ms": field.long({
    default: 0,
    importance: "HIGH",
    group: CONNECTOR,
    order: 8,
    width: "MEDIUM",
    displayName: "Delay Interval (ms)",
    doc:
      "Milliseconds a row's timestamp must have passed for before the row is read. sluice.late.rows.window.ms does better against rows that commit late.",
  }),
  "db.timezone": field.string({
    default: "UTC",
    importance: "MEDIUM",
    group: CONNECTOR,
    order: 9,
    width: "MEDIUM",
    displayName: "DB time zone",
    doc: "Zone in which dates with time but without zone are to be understood.",
    validate: timeZoneName(),
  }),
  "timestamp.granularity": field.string({
    default: "connect_logical",
    importance: "LOW",
    group: CONNECTOR,
    order: 10,
    width: "MEDIUM",
    displayName: "Timestamp granularity for timestamp columns",
    doc:
      "What a timestamp becomes: Connect's Timestamp in milliseconds (connect_logical); micro- or nanoseconds since the epoch as INT64 (micros_long, " +
      "nanos_long) or as text (micros_string, nanos_string); ISO text in db.timezone (micros_iso_datetime_string, nanos_iso_datetime_string).",
    validate: enumerator(...GRANULARITIES),
    recommended: () => GRANULARITIES,
  }),
};

/** Keys of our own. */
export const ownKeys = {
  "sluice.late.rows.window.ms": field.long({
    default: 10000,
    importance: "MEDIUM",
    group: CONNECTOR,
    doc:
      "Milliseconds for which rows are awaited that commit behind newer ones. Timestamp modes read that much again at each poll and leave out what " +
      "was sent; incrementing mode asks again for ids that are missing. 0: rows that commit late are lost, as in the reference.",
    validate: range({ min: 0 }),
  }),
  "sluice.late.rows.max.wait.ms": field.long({
    default: 600000,
    importance: "LOW",
    group: CONNECTOR,
    doc:
      "Milliseconds up to which that wait is extended while a transaction is open that began earlier and may write (where the database tells).",
    validate: range({ min: 0 }),
  }),
  "sluice.page.rows": field.int({
    default: 5000,
    importance: "LOW",
    group: CONNECTOR,
    doc: "Rows asked for by one statement where a table is read in pages, and most rows handed on at once.",
    validate: range({ min: 1, max: 1_000_000 }),
  }),
};
