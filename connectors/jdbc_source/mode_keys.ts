import { field } from "sdk";
import { columnMapping, ISOLATION_MODES, MODES, oneMode, QUOTING, timestampMapping } from "./rules.ts";

const MODE = "Mode";
const MODE_CHOICES: readonly string[] = ["", ...MODES];

type Values = Readonly<Record<string, unknown>>;

/** Without a mode, or with one that is none, everything is shown. */
function inMode(...modes: readonly string[]): (values: Values) => boolean {
  return ({ mode }) => typeof mode !== "string" || mode === "" || !MODE_CHOICES.includes(mode) || modes.includes(mode);
}

/** Keys of the group Mode, in the order of JDBC connector 10.9. */
export const modeKeys = {
  "mode": field.string({
    default: "",
    importance: "HIGH",
    group: MODE,
    order: 1,
    width: "MEDIUM",
    displayName: "Table Loading Mode",
    dependents: [
      "incrementing.column.name",
      "timestamp.column.name",
      "incrementing.column.mapping",
      "timestamp.columns.mapping",
      "validate.non.null",
    ],
    doc:
      "bulk: all rows at each poll. incrementing: new rows, by a column that grows. timestamp: new and changed rows, by a column that holds the time " +
      "of the change. timestamp+incrementing: both columns, which also tells rows of one instant apart. Deleted rows are not seen in any mode.",
    validate: oneMode(),
  }),
  "incrementing.column.name": field.string({
    default: "",
    importance: "MEDIUM",
    group: MODE,
    order: 2,
    width: "MEDIUM",
    displayName: "Incrementing Column Name",
    doc: "The column that grows with each new row. Empty: the column of each table that the database counts up itself.",
    visible: inMode("incrementing", "timestamp+incrementing"),
  }),
  "timestamp.column.name": field.list({
    default: [],
    importance: "MEDIUM",
    group: MODE,
    order: 3,
    width: "MEDIUM",
    displayName: "Timestamp Column Name",
    doc: "The column that holds the time of the last change. Of several the first that is not null counts.",
    visible: inMode("timestamp", "timestamp+incrementing"),
  }),
  "timestamp.columns.mapping": field.list({
    default: [],
    importance: "MEDIUM",
    group: MODE,
    order: 4,
    width: "LONG",
    displayName: "Table to timestamp columns mappings",
    doc: "Timestamp columns by table: regex:[column1|column2], the regex matches the whole qualified name. For table.include.list.",
    validate: timestampMapping(),
    visible: inMode("timestamp", "timestamp+incrementing"),
  }),
  "incrementing.column.mapping": field.list({
    default: [],
    importance: "MEDIUM",
    group: MODE,
    order: 5,
    width: "LONG",
    displayName: "Table to incrementing column mappings",
    doc: "The incrementing column by table: regex:column, the regex matches the whole qualified name. For table.include.list.",
    validate: columnMapping(),
    visible: inMode("incrementing", "timestamp+incrementing"),
  }),
  "timestamp.initial": field.long({
    default: null,
    importance: "LOW",
    group: MODE,
    order: 6,
    width: "MEDIUM",
    displayName: "Unix time value of initial timestamp",
    doc: "Where to begin when no offset is stored, in milliseconds since the epoch; -1 is the database's present time. Not set: all rows.",
    visible: inMode(),
  }),
  "validate.non.null": field.boolean({
    default: true,
    importance: "LOW",
    group: MODE,
    order: 7,
    width: "SHORT",
    displayName: "Validate Non Null",
    doc: "Whether a task refuses to start when the columns it goes by may be null. Rows in which they are null are never read.",
    visible: inMode("incrementing", "timestamp", "timestamp+incrementing"),
  }),
  "query": field.string({
    default: "",
    importance: "MEDIUM",
    group: MODE,
    order: 8,
    width: "SHORT",
    displayName: "Query",
    doc:
      "A SELECT to read instead of tables. Outside of bulk mode conditions are put around it as a sub-select, so it may have clauses of any kind. " +
      "The topic is topic.prefix.",
  }),
  "query.masked": field.password({
    default: "",
    importance: "MEDIUM",
    group: MODE,
    order: 9,
    width: "SHORT",
    displayName: "Query (Masked)",
    doc: "As query, and shown nowhere.",
    visible: () => false,
  }),
  "quote.sql.identifiers": field.string({
    default: "ALWAYS",
    importance: "MEDIUM",
    group: MODE,
    order: 10,
    width: "MEDIUM",
    displayName: "Quote Identifiers",
    doc: "Whether names of tables and columns are quoted in statements: always or never.",
    recommended: () => QUOTING,
  }),
  "query.suffix": field.string({
    default: "",
    importance: "LOW",
    group: MODE,
    order: 11,
    width: "MEDIUM",
    displayName: "Query suffix",
    doc:
      "Text put at the very end of each statement, as it is. Statements then have no limit of the connector's own and rows that commit late are " +
      "not asked for again in timestamp modes. A LIMIT in it may cut rows of one instant in timestamp mode, and the rest of them is lost.",
  }),
  "transaction.isolation.mode": field.string({
    default: "DEFAULT",
    importance: "LOW",
    group: MODE,
    order: 12,
    width: "MEDIUM",
    displayName: "Transaction Isolation Mode",
    doc:
      "Isolation of the reading transactions, in capital letters: DEFAULT (the database's own), READ_UNCOMMITTED, READ_COMMITTED, REPEATABLE_READ, " +
      "SERIALIZABLE; SQL_SERVER_SNAPSHOT for SQL Server alone. One the database does not have is ignored with a warning.",
    recommended: () => ISOLATION_MODES.map((mode) => mode.toLowerCase()),
  }),
  "query.retry.attempts": field.int({
    default: -1,
    importance: "LOW",
    group: MODE,
    order: 13,
    width: "MEDIUM",
    displayName: "Query Retry Attempts",
    doc:
      "How often in a row a statement may fail for a reason that passes (lost connection, deadlock) before the task fails; 0 and less: for ever.",
  }),
};
