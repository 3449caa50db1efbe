import { type ConfigOf, field, nonEmpty, oneOf, range } from "sdk";
import {
  CREDENTIALS_PROVIDER,
  credentialsProvider,
  DIALECT_NAMES,
  dialectName,
  enumerator,
  enumerators,
  timeZoneName,
} from "../sql/key_rules.ts";

const CONNECTION = "Connection";
const WRITES = "Writes";
const MAPPING = "Data Mapping";
const DDL = "DDL Support";
const RETRIES = "Retries";

/** Every key of the connector, in the order of JDBC connector 10.9. */
export const config = {
  "connection.url": field.string({
    importance: "HIGH",
    group: CONNECTION,
    order: 1,
    width: "LONG",
    displayName: "JDBC URL",
    doc:
      "The database to write to: jdbc:mysql://host:3306/db, jdbc:mariadb://…, jdbc:postgresql://host:5432/db or jdbc:sqlite:/path/file.db, with the " +
      "driver's parameters behind a question mark. Better keep passwords out of it: connection.password is for them.",
  }),
  "connection.user": field.string({
    default: null,
    importance: "HIGH",
    group: CONNECTION,
    order: 2,
    width: "MEDIUM",
    displayName: "JDBC User",
    doc: "Name to log in with.",
  }),
  "connection.password": field.password({
    default: null,
    importance: "HIGH",
    group: CONNECTION,
    order: 3,
    width: "MEDIUM",
    displayName: "JDBC Password",
    doc: "Password to log in with. It is shown nowhere.",
  }),
  "jdbc.credentials.provider.class": field.class({
    default: CREDENTIALS_PROVIDER,
    importance: "LOW",
    group: CONNECTION,
    order: 4,
    width: "LONG",
    displayName: "JDBC Credentials Provider Class",
    doc:
      "Where user and password come from. The default, the two keys above, is the only one there is; use a config provider to keep them elsewhere.",
    validate: credentialsProvider(),
  }),
  "dialect.name": field.string({
    default: "",
    importance: "LOW",
    group: CONNECTION,
    order: 5,
    width: "LONG",
    displayName: "Database Dialect",
    doc:
      "The kind of database. Empty: as the URL says. MySqlDatabaseDialect (MariaDB too), PostgreSqlDatabaseDialect and SqliteDatabaseDialect are served.",
    validate: dialectName(),
    recommended: () => DIALECT_NAMES,
  }),
  "connection.attempts": field.int({
    default: 3,
    importance: "LOW",
    group: CONNECTION,
    order: 6,
    width: "SHORT",
    displayName: "JDBC connection attempts",
    doc:
      "How often the database may refuse a connection (wrong password, no such database) before the task fails. A database that cannot be " +
      "reached is waited for: see sluice.outage.timeout.ms.",
    validate: range({ min: 1 }),
  }),
  "connection.backoff.ms": field.long({
    default: 10000,
    importance: "LOW",
    group: CONNECTION,
    order: 7,
    width: "SHORT",
    displayName: "JDBC connection backoff in milliseconds",
    doc: "Milliseconds between two attempts to connect.",
  }),
  "insert.mode": field.string({
    default: "insert",
    importance: "HIGH",
    group: WRITES,
    order: 1,
    width: "MEDIUM",
    displayName: "Insert Mode",
    doc:
      "insert: a row for each record. upsert: the row with the record's key is inserted or overwritten, so that a record that comes twice changes " +
      "nothing. update: rows that are there are changed, others are not made. upsert and update need keys: pk.mode.",
    validate: enumerator("insert", "upsert", "update"),
  }),
  "batch.size": field.int({
    default: 3000,
    importance: "MEDIUM",
    group: WRITES,
    order: 2,
    width: "SHORT",
    displayName: "Batch Size",
    doc:
      "Most rows written by one statement, where that is less than the database takes at best and less than the default; 0 and 1: one row a " +
      "statement. How many rows one transaction has depends on how many records were read at once.",
    validate: range({ min: 0 }),
  }),
  "delete.enabled": field.boolean({
    default: false,
    importance: "MEDIUM",
    group: WRITES,
    order: 3,
    width: "SHORT",
    displayName: "Enable deletes",
    doc: "Whether a record with a key and a null value deletes the row with that key. Needs pk.mode=record_key.",
    recommended: (raw) => isRecordKey(raw["pk.mode"]) ? ["true", "false"] : ["false"],
    visible: (values) => isRecordKey(values["pk.mode"]),
  }),
  "table.types": field.list({
    default: ["TABLE"],
    importance: "LOW",
    group: WRITES,
    order: 4,
    width: "MEDIUM",
    displayName: "Table Types",
    doc: "What may be written to: table, partitioned table, view.",
    validate: enumerators("table", "partitioned table", "view"),
  }),
  "replace.null.with.default": field.boolean({
    default: true,
    importance: "LOW",
    group: WRITES,
    order: 5,
    width: "MEDIUM",
    displayName: "Replace null value with default value",
    doc: "Whether the default of a field's schema is written where a record has null. Keys always take it.",
  }),
  "table.name.format": field.string({
    default: "${topic}",
    importance: "MEDIUM",
    group: MAPPING,
    order: 1,
    width: "LONG",
    displayName: "Table Name Format",
    doc:
      "The table of a record; ${topic} stands for its topic. A dot sets a database (MySQL) or schema (PostgreSQL) in front of the table; " +
      "put the name in the database's quotes where a dot belongs to it.",
    validate: nonEmpty(),
  }),
  "pk.mode": field.string({
    default: "none",
    importance: "HIGH",
    group: MAPPING,
    order: 2,
    width: "MEDIUM",
    displayName: "Primary Key Mode",
    doc:
      "Where the key of a row comes from. none: rows have no key. kafka: topic, partition and offset. record_key: the record's key or fields of it. " +
      "record_value: fields of the record's value.",
    validate: enumerator("none", "kafka", "record_key", "record_value"),
    recommended: (raw) =>
      raw["delete.enabled"]?.trim().toLowerCase() === "true" ? ["record_key"] : ["none", "kafka", "record_key", "record_value"],
  }),
  "pk.fields": field.list({
    default: [],
    importance: "MEDIUM",
    group: MAPPING,
    order: 3,
    width: "LONG",
    displayName: "Primary Key Fields",
    doc: "Key columns. Empty: all fields of the key (record_key) or value (record_value), or __connect_topic, __connect_partition and " +
      "__connect_offset (kafka, which else wants exactly three names). A key that is no Struct wants exactly one: the column's name.",
  }),
  "fields.whitelist": field.list({
    default: [],
    importance: "MEDIUM",
    group: MAPPING,
    order: 4,
    width: "LONG",
    displayName: "Fields Whitelist",
    doc: "Fields of the value to write besides the key columns. Empty: all.",
  }),
  "db.timezone": field.string({
    default: "UTC",
    importance: "MEDIUM",
    group: MAPPING,
    order: 5,
    width: "MEDIUM",
    displayName: "DB Time Zone",
    doc: "Zone whose wall clock is written into columns of times and timestamps that know no zone.",
    validate: timeZoneName(),
  }),
  "date.timezone": field.string({
    default: "DB_TIMEZONE",
    importance: "LOW",
    group: MAPPING,
    order: 6,
    width: "MEDIUM",
    displayName: "Time Zone used for Date",
    doc:
      "Zone in which the day of a Date is told: db_timezone, or utc, which is what Connect's Date means. West of Greenwich the default writes the day before.",
    validate: enumerator("db_timezone", "utc"),
    recommended: () => ["db_timezone", "utc"],
  }),
  "timestamp.fields.list": field.list({
    default: [],
    importance: "MEDIUM",
    group: MAPPING,
    order: 7,
    width: "MEDIUM",
    displayName: "Timestamp Fields Whitelist",
    doc: "INT64 and STRING fields that hold micro- or nanoseconds since the epoch and are written as timestamps.",
  }),
  "timestamp.precision.mode": field.string({
    default: "MICROSECONDS",
    importance: "LOW",
    group: MAPPING,
    order: 8,
    width: "MEDIUM",
    displayName: "Sink Timestamp Precision mode",
    doc: "Unit of the fields in timestamp.fields.list: microseconds or nanoseconds.",
    validate: enumerator("microseconds", "nanoseconds"),
    recommended: () => ["microseconds", "nanoseconds"],
  }),
  "date.calendar.system": field.string({
    default: "LEGACY",
    importance: "LOW",
    group: MAPPING,
    order: 9,
    width: "MEDIUM",
    displayName: "Date Calendar System",
    doc: "Calendar of days before 15 October 1582: LEGACY (Julian, as old Java has it) or PROLEPTIC_GREGORIAN.",
    validate: oneOf("LEGACY", "PROLEPTIC_GREGORIAN"),
  }),
  "string.output.value.column.name": field.string({
    default: "record_value",
    importance: "LOW",
    group: MAPPING,
    order: 10,
    width: "MEDIUM",
    displayName: "String Value Column Name",
    doc: "Column for values that are plain strings.",
    validate: nonEmpty(),
  }),
  "auto.create": field.boolean({
    default: false,
    importance: "MEDIUM",
    group: DDL,
    order: 1,
    width: "SHORT",
    displayName: "Auto-Create",
    doc: "Whether a table that is missing is made from the record's schemas.",
  }),
  "auto.evolve": field.boolean({
    default: false,
    importance: "MEDIUM",
    group: DDL,
    order: 2,
    width: "SHORT",
    displayName: "Auto-Evolve",
    doc: "Whether columns that a table lacks are added. Columns are never changed or dropped.",
  }),
  "quote.sql.identifiers": field.string({
    default: "ALWAYS",
    importance: "MEDIUM",
    group: DDL,
    order: 3,
    width: "MEDIUM",
    displayName: "Quote Identifiers",
    doc: "Whether names of tables and columns are quoted: always or never.",
    recommended: () => ["always", "never"],
  }),
  "mssql.use.merge.holdlock": field.boolean({
    default: true,
    importance: "LOW",
    group: "DML Support",
    order: 1,
    width: "MEDIUM",
    displayName: "SQL Server - Use HOLDLOCK in MERGE",
    doc: "Means something to SQL Server only, which is not served.",
  }),
  "max.retries": field.int({
    default: 10,
    importance: "MEDIUM",
    group: RETRIES,
    order: 1,
    width: "SHORT",
    displayName: "Maximum Retries",
    doc:
      "How often a write is tried again that the database refused for a reason other than the rows themselves. Counted anew for each reason. Lost " +
      "connections, deadlocks and shutdowns do not count: see sluice.outage.timeout.ms. Rows that do not fit are not tried again at all.",
    validate: range({ min: 0 }),
  }),
  "retry.backoff.ms": field.int({
    default: 3000,
    importance: "MEDIUM",
    group: RETRIES,
    order: 2,
    width: "SHORT",
    displayName: "Retry Backoff (millis)",
    doc: "Milliseconds before a write is tried again.",
    validate: range({ min: 0 }),
  }),
  "trim.sensitive.log": field.boolean({
    default: false,
    importance: "LOW",
    group: "",
    isUndocumented: true,
    doc: "Whether the database's own error texts and the values of rows, which may tell what is in them, are kept out of logs and errors.",
  }),
  "sluice.outage.timeout.ms": field.long({
    default: -1,
    importance: "LOW",
    group: RETRIES,
    order: 3,
    width: "SHORT",
    displayName: "Outage timeout",
    doc:
      "Milliseconds after which the task fails when the database cannot be reached or goes on refusing for reasons that pass (shutdown, too many " +
      "connections, deadlock). -1: it waits without end, and goes on by itself.",
    validate: range({ min: -1 }),
  }),
};

/** A config as the task reads it. */
export type Config = ConfigOf<typeof config>;

function isRecordKey(mode: unknown): boolean {
  return typeof mode === "string" && mode.trim().toLowerCase() === "record_key";
}
