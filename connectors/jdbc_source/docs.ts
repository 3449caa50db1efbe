import type { ConnectorDocs } from "sdk";

const TYPES = `Types of columns and what they become. *unsigned* has the next wider integer.

| MySQL, MariaDB | becomes |
| --- | --- |
| tinyint, tinyint(1), boolean | INT8; tinyint(1) is BOOLEAN with \`transformedBitIsBoolean=true\` in the URL, and with a \`jdbc:mariadb:\` URL |
| smallint, mediumint, int, bigint | INT16, INT32, INT32, INT64; unsigned INT16 for tinyint, INT32, INT64, INT64, INT64. A bigint unsigned beyond 9223372036854775807 fails |
| float, double | FLOAT32, FLOAT64 |
| decimal, numeric | Decimal with the column's scale; \`numeric.mapping\` does not matter |
| bit(n) | INT8, the lowest eight bits; larger values fail. bit(1) is BOOLEAN with a \`jdbc:mariadb:\` URL |
| year | Date, 1 January; INT32 with \`yearIsDateType=false\` |
| date, time, datetime, timestamp | Date, Time, Timestamp, Timestamp. A zero date fails, or is null with \`zeroDateTimeBehavior=CONVERT_TO_NULL\` |
| char, varchar, text types, json, enum, set, uuid, inet4, inet6 | STRING; uuid is left out, with a warning, with a \`jdbc:mariadb:\` URL, as its driver does |
| binary, varbinary, blob types, geometry | BYTES; geometry as SRID and WKB |

| PostgreSQL | becomes |
| --- | --- |
| smallint, integer, bigint, oid | INT16, INT32, INT64, INT64 |
| real, double precision, money | FLOAT32, FLOAT64, FLOAT64 |
| numeric(p,s) | Decimal, or what \`numeric.mapping\` says |
| boolean, bit(1) | BOOLEAN |
| bit(2) to bit(8), longer | INT8, BYTES |
| char, varchar, text, name, enum types, uuid, json, jsonb, xml | STRING |
| bytea | BYTES |
| date, time, timetz, timestamp, timestamptz | Date, Time, Time, Timestamp, Timestamp |
| arrays, composite types, interval, inet, ranges, geometric types | left out, with a warning |

| SQLite, as declared | becomes |
| --- | --- |
| TINYINT; SMALLINT, INT2; INT, MEDIUMINT, BIGINT, INT8 | INT16; INT32; INT64 |
| INTEGER and other words with INT | INT32, and INT64 once a value needs it |
| REAL; DOUBLE, FLOAT | FLOAT32; FLOAT64 |
| NUMERIC, DECIMAL with digits behind the point | Decimal |
| NUMERIC, DECIMAL without | INT32 and INT64; INT64 and FLOAT64 once a value needs it |
| BOOLEAN | BOOLEAN |
| DATE | Date |
| TIMESTAMP, DATETIME | Timestamp: numbers are milliseconds since the epoch (seconds with \`date_precision=SECONDS\`), texts \`2024-01-31 12:00:00[.123]\` or ISO |
| BLOB, BINARY | BYTES |
| all else | STRING |

\`timestamp.granularity\` makes INT64 or STRING of a Timestamp. A column that may be null becomes optional.`;

const CONNECTING =
  `**What to read.** \`query\` (or \`query.masked\`), or at least one of the four lists of tables is needed: \`table.whitelist\`, \`table.blacklist\`,
\`table.include.list\`, \`table.exclude.list\`. A query goes with none of the lists.

**Settings of the driver.** A key \`connection.X\` that is not in the list above is the parameter X of the driver, as if it stood in the URL: \`connection.useSSL\`. So a misspelt
key is no error; the task's start warns of parameters that mean nothing. The log shows none of their values.

**A database that is away.** A config is refused while its database cannot be reached. Where the connector or a task starts later, with the worker or by a restart, a connection is tried
\`connection.attempts\` times (3), \`connection.backoff.ms\` (10 s) apart; then it is FAILED until somebody restarts it. A task that runs waits for its database without
end, with \`poll.interval.ms\` between its tries, stays RUNNING, and goes on behind the last row sent.`;

const LATE =
  `**Rows that commit late.** A transaction that commits behind a newer one has older ids and timestamps. The reference never reads its rows; here they
are waited for, \`sluice.late.rows.window.ms\` (10 s), and longer while the database says that an older transaction is open:

- incrementing: ids that are missing below the newest are asked for again. After that they count as given up (rolled back). Of a table that is read for the
  first time only the newest 10,000 ids are looked at, and at most 20,000 gaps are remembered.
  The offset holds them exactly up to 64 kB of text (ids that grow by a fixed step take a few characters); beyond it a restart repeats rows between gaps
  that lie close to one another.
- timestamp modes: each reading begins that much before the newest timestamp and leaves out what the one before showed, by the content of all columns;
  rows that look alike are counted, and a second change within one tick of the column is sent too. At most a million rows are remembered; beyond that
  the window is shorter.

What is still waited for stands in the stored offset, in members that REST does not show. A restart within the window goes on waiting; of a table that had more
than 200 rows within the window, these rows are sent again then. To see other users' transactions the user needs \`pg_read_all_stats\` on PostgreSQL
(\`GRANT pg_read_all_stats TO connect_dev\`) and PROCESS on MySQL and MariaDB; without that the window alone counts while others write. With \`query.suffix\` timestamp modes do not wait.`;

const DIFFERENCES = `Differences from the reference, all on the side of more rows and fewer surprises:

- Tables are read in pages by key, in short statements, the next one while the last is on its way to Kafka; no transaction stays open while Kafka is slow.
  Bulk mode, queries, and tables whose incrementing column is not unique are read through one cursor. A statement that is slow to begin is not cut into pages.
- The first reading has no lower bound: ids below 0 and instants up to 1970 are read too. Instants are compared to the microsecond.
- Outside of bulk mode a \`query\` is put into brackets, so it may have WHERE, GROUP BY, joins, WITH; columns may be named \`t.col\`.
- MySQL: without \`catalog.pattern\` only the URL's database is listed. A table without a column to go by fails with a sentence, where the reference
  repeats a broken statement for ever.
- Lost connections, deadlocks and shutdowns are waited for at \`poll.interval.ms\` and reading goes on behind the last row sent; wrong statements fail the task at once, on every
  database. A table that is dropped is left out while the task has others, until tables are divided anew (\`table.poll.interval.ms\`).
- With \`errors.tolerance=all\` a row that cannot be read is left out where tables are read in pages by a unique column; elsewhere it fails the task.
- \`poll.linger.ms\`, \`max.buffer.size\` have no effect; \`batch.max.rows\` only where it is written.

Deletes are not seen, keys are null (\`ValueToKey\` makes them), and one instant's rows that a LIMIT in \`query.suffix\` cuts in mode timestamp are lost, as in the reference.
In SQLite a column has to write its instants in one form: they are compared as what they are stored as. URLs that load extensions are refused.`;

/** What the README says besides the keys. */
export const docs: ConnectorDocs = {
  folder: "jdbc_source",
  example: {
    "connection.url": "jdbc:sqlite:/tmp/shop.db",
    "mode": "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "customers",
    "topic.prefix": "shop_",
  },
  notes: `${CONNECTING}

${TYPES}

${LATE}

${DIFFERENCES}`,
};
