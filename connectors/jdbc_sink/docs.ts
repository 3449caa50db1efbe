/** What the connector's README says beyond its keys. */
import type { ConnectorDocs } from "sdk";

/** The page's example and notes. */
export const docs: ConnectorDocs = {
  folder: "jdbc_sink",
  example: {
    "tasks.max": "1",
    "topics": "customers",
    "connection.url": "jdbc:sqlite:/tmp/example.db",
    "table.name.format": "${topic}_sink",
    "insert.mode": "upsert",
    "pk.mode": "record_key",
    "pk.fields": "customer_id",
    "delete.enabled": "true",
    "auto.create": "true",
    "auto.evolve": "true",
  },
  notes: `## What is written where

A record's value must be a Struct with a schema (or a plain string, which goes into the one column \`string.output.value.column.name\`); each field is a
column of its name. Key columns come from \`pk.mode\`. A name that differs from the table's by letter case alone means the table's column; where two columns
would do, the task says so and stops.

| record_key / record_value with \`pk.fields\` | key columns |
| --- | --- |
| empty | all fields of the key / value |
| names | these fields |
| one name, and a key that is no Struct | the key itself, under that name (record_key only) |

The name of the table is \`table.name.format\`. One part is a table of the connection's own database and schema. Two parts are database and table on MySQL
and MariaDB, schema and table on PostgreSQL, attached database and table on SQLite; three are database, schema and table on PostgreSQL. Topics with dots
need quotes: \`"\${topic}"\` or, on MySQL, \`\` \`\${topic}\` \`\`.

## Types of the tables it makes

| Connect | MySQL, MariaDB | PostgreSQL | SQLite |
| --- | --- | --- | --- |
| INT8 | TINYINT | SMALLINT | INTEGER |
| INT16 | SMALLINT | SMALLINT | INTEGER |
| INT32 | INT | INT | INTEGER |
| INT64 | BIGINT | BIGINT | INTEGER |
| FLOAT32 | FLOAT | REAL | REAL |
| FLOAT64 | DOUBLE | DOUBLE PRECISION | REAL |
| BOOLEAN | TINYINT | BOOLEAN | INTEGER |
| STRING | TEXT; VARCHAR(255) in a key | TEXT | TEXT |
| BYTES | VARBINARY(1024); VARBINARY(255) in a key | BYTEA | BLOB |
| Decimal, scale s | DECIMAL(65,s) | DECIMAL | NUMERIC |
| Date | DATE | DATE | NUMERIC, milliseconds since the epoch |
| Time | TIME(3) | TIME | NUMERIC, milliseconds |
| Timestamp | DATETIME(3) | TIMESTAMP | NUMERIC, milliseconds |
| INT64, STRING in \`timestamp.fields.list\` | DATETIME(6) | TIMESTAMP | NUMERIC, milliseconds |
| ARRAY of a scalar | – | array of its type | – |
| STRUCT, MAP | – | – | – |

A required field is NOT NULL, an optional one NULL, and one with a default has that default and takes nulls. A table that is there is taken as it is: types and
nullability are never compared, and columns the records lack are left alone.

A key \`connection.X\` that is not in the list above is the parameter X of the driver, as if it stood in the URL. So a misspelt key is no error; the task's start warns of
parameters that mean nothing. The log shows none of their values.

## What happens when

| | |
| --- | --- |
| a table is missing | made with \`auto.create\`, else the records are refused |
| a column is missing | added with \`auto.evolve\` when the field is optional or has a default, else the records are refused. The table is read again before anything is said to be missing |
| a value does not fit, a constraint is broken | the row is found by halving; with \`errors.tolerance=all\` and a dead letter queue or \`errors.log.enable\` it alone is refused and the others are committed, else the task fails and names topic, partition, offset, column and value |
| a record has no key, value or schema where one is needed | refused like a row that does not fit |
| a deadlock, a lock that is not given | tried again at once, with a pause that differs from task to task |
| the database is away when the task starts | the task waits for it as for one that goes away later; one that refuses the login is asked \`connection.attempts\` times, \`connection.backoff.ms\` apart, then the task is FAILED |
| the database is away, shuts down, has no connection or disk space left, takes no writes now | tried again every \`retry.backoff.ms\` (\`connection.backoff.ms\`), without end unless \`sluice.outage.timeout.ms\` says otherwise; nothing is refused for it |
| any other error of a statement | tried again \`max.retries\` times, each reason counted by itself; then the task fails, or with a dead letter queue refuses the rows it is about |
| the worker is killed | what was not committed to Kafka is written again: with \`upsert\` that changes nothing |

One \`put\` is one transaction, tables are made and widened before it begins. With \`upsert\` only the last record of each key in it is written, and deletes come
first. With \`insert\` a worker that was killed between the database's commit and Kafka's writes rows a second time, or meets them in their way: \`upsert\` with
\`pk.mode=kafka\` is for topics without keys. A connection
lost before a commit was answered does not lead to that where the table has a unique key of integers, texts or decimals: all of the rows are looked for by it,
and only when every one is there the commit counts as done. Where there is no such key the task stops and says so, rather than skip anything.

## Speed

Statements hold as many rows as the database is quickest with, and the next is made while it works on one. What helps further: more tasks, one for each partition at
most; \`consumer.override.max.poll.records\` where rows are small and many. \`batch.size\` below its default makes statements smaller. An upsert into a table with
further unique keys may change another row on MySQL; the task warns of such tables, and refuses those without any key.

## Differences from upstream 10.9.7, and why

- \`om_sink.customers_sink\` on MySQL is database and table, as before 10.7.7; 10.9.7 writes an invalid statement.
- Several rows a statement by default; SQLite rows are updated in place, where INSERT OR REPLACE empties the columns a record does not have.
- Rows that do not fit are not tried again, and outages neither kill the task nor fill the dead letter queue.
- Tombstones for a table that is still to be made make none.
- String keys of MySQL get a type that can be a key. Names with quotes in them are escaped.
- Only the default credentials provider exists; \`mssql.use.merge.holdlock\` means nothing.`,
};
