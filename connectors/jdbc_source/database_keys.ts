import { field, range } from "sdk";
import { CREDENTIALS_PROVIDER, credentialsProvider, DIALECT_NAMES, enumerator } from "../sql/key_rules.ts";
import { calendarSystem, dialectChoice, NUMERIC_MAPPINGS, regexes } from "./rules.ts";

const DATABASE = "Database";

/** Keys of the group Database, in the order of JDBC connector 10.9. */
export const databaseKeys = {
  "connection.url": field.string({
    default: "",
    importance: "HIGH",
    group: DATABASE,
    order: 1,
    width: "LONG",
    displayName: "JDBC URL",
    dependents: ["table.whitelist", "table.blacklist"],
    doc:
      "The database to read: jdbc:mysql://host:3306/db, jdbc:mariadb://…, jdbc:postgresql://host:5432/db or jdbc:sqlite:/path/file.db, with " +
      "the driver's parameters behind a question mark. Better keep passwords out of it: connection.password is for them.",
  }),
  "connection.user": field.string({
    default: null,
    importance: "HIGH",
    group: DATABASE,
    order: 2,
    width: "LONG",
    displayName: "JDBC User",
    doc: "Name to log in with.",
  }),
  "connection.password": field.password({
    default: null,
    importance: "HIGH",
    group: DATABASE,
    order: 3,
    width: "SHORT",
    displayName: "JDBC Password",
    doc: "Password to log in with. It is shown nowhere.",
  }),
  "jdbc.credentials.provider.class": field.class({
    default: CREDENTIALS_PROVIDER,
    importance: "LOW",
    group: DATABASE,
    order: 4,
    width: "LONG",
    displayName: "JDBC Credentials Provider Class",
    doc:
      "Where user and password come from. The default, the two keys above, is the only one there is; use a config provider to keep them elsewhere.",
    validate: credentialsProvider(),
  }),
  "connection.attempts": field.int({
    default: 3,
    importance: "LOW",
    group: DATABASE,
    order: 5,
    width: "SHORT",
    displayName: "JDBC connection attempts",
    doc:
      "How often a connection is tried when the task starts, and again while it runs when the database refuses it (wrong password). A database " +
      "that cannot be reached while the task runs is waited for.",
    validate: range({ min: 1 }),
  }),
  "connection.backoff.ms": field.long({
    default: 10000,
    importance: "LOW",
    group: DATABASE,
    order: 6,
    width: "SHORT",
    displayName: "JDBC connection backoff in milliseconds",
    doc: "Milliseconds between two attempts to connect.",
  }),
  "table.whitelist": field.list({
    default: [],
    importance: "MEDIUM",
    group: DATABASE,
    order: 7,
    width: "LONG",
    displayName: "Table Whitelist",
    doc: "Tables to read: bare or qualified names (customers, om.customers), case counts. When it is set the blacklist is ignored.",
  }),
  "table.blacklist": field.list({
    default: [],
    importance: "MEDIUM",
    group: DATABASE,
    order: 8,
    width: "LONG",
    displayName: "Table Blacklist",
    doc: "Tables not to read, by bare or qualified name; all others are read.",
  }),
  "table.include.list": field.list({
    default: [],
    importance: "MEDIUM",
    group: DATABASE,
    order: 9,
    width: "LONG",
    displayName: "Tables Included (Regex)",
    doc: "Tables to read: regular expressions that match the whole qualified name without quotes (om\\.cust.*). Commas separate them.",
    validate: regexes(),
  }),
  "table.exclude.list": field.list({
    default: [],
    importance: "MEDIUM",
    group: DATABASE,
    order: 10,
    width: "LONG",
    displayName: "Tables Excluded (Regex)",
    doc: "Regular expressions for tables that table.include.list matches and that are not to be read.",
    validate: regexes(),
  }),
  "catalog.pattern": field.string({
    default: null,
    importance: "MEDIUM",
    group: DATABASE,
    order: 11,
    width: "SHORT",
    displayName: "Schema pattern",
    doc:
      "MySQL: the database whose tables are listed; without it the URL's, and all of them where the URL names none. PostgreSQL: the connected database.",
  }),
  "schema.pattern": field.string({
    default: null,
    importance: "HIGH",
    group: DATABASE,
    order: 12,
    width: "SHORT",
    displayName: "Schema pattern",
    doc: "LIKE pattern of the schemas whose tables are listed (PostgreSQL); without it all.",
  }),
  "numeric.precision.mapping": field.boolean({
    default: false,
    importance: "LOW",
    group: DATABASE,
    order: 13,
    width: "SHORT",
    displayName: "Map Numeric Values By Precision (deprecated)",
    doc: "true means numeric.mapping=precision_only, where that key is not set.",
  }),
  "numeric.mapping": field.string({
    default: null,
    importance: "LOW",
    group: DATABASE,
    order: 14,
    width: "SHORT",
    displayName: "Map Numeric Values, Integral or Decimal, By Precision and Scale",
    doc:
      "What a NUMERIC of PostgreSQL becomes: Decimal (none); an integer where it has no decimals (precision_only); also FLOAT64 where it has " +
      "(best_fit), even beyond 18 digits (best_fit_eager_double). MySQL's DECIMAL is always Decimal.",
    validate: enumerator(...NUMERIC_MAPPINGS),
    recommended: () => NUMERIC_MAPPINGS,
  }),
  "dialect.name": field.string({
    default: "",
    importance: "LOW",
    group: DATABASE,
    order: 15,
    width: "LONG",
    displayName: "Database Dialect",
    doc:
      "The kind of database. Empty: as the URL says. MySqlDatabaseDialect (MariaDB too), PostgreSqlDatabaseDialect and SqliteDatabaseDialect are served.",
    validate: dialectChoice(),
    recommended: () => DIALECT_NAMES,
  }),
  "date.calendar.system": field.string({
    default: "LEGACY",
    importance: "LOW",
    group: DATABASE,
    order: 16,
    width: "MEDIUM",
    displayName: "Date Calendar System",
    doc: "Calendar before 15 October 1582: LEGACY is Julian, as old Java has it, PROLEPTIC_GREGORIAN is Gregorian throughout.",
    validate: calendarSystem(),
  }),
};
