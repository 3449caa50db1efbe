/**
 * The first form of the store. Never edited: a change of form is a further migration.
 *
 * `statuses.task` is -1 for the connector itself. `partition` and `offset` are canonical JSON text, kept byte for byte. Offsets
 * know their connector by name only, as they outlive it (Kafka Connect 4: a new connector of the same name goes on from them).
 */
export const initial = `
  CREATE TABLE connectors (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    config TEXT NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('STARTED', 'PAUSED', 'STOPPED'))
  ) STRICT;

  CREATE TABLE task_configs (
    connector TEXT NOT NULL,
    task      INTEGER NOT NULL,
    config    TEXT NOT NULL,
    PRIMARY KEY (connector, task)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE statuses (
    connector TEXT NOT NULL,
    task      INTEGER NOT NULL,
    state     TEXT NOT NULL,
    trace     TEXT,
    PRIMARY KEY (connector, task)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE topics (
    connector TEXT NOT NULL,
    topic     TEXT NOT NULL,
    PRIMARY KEY (connector, topic)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE offsets (
    connector TEXT NOT NULL,
    partition TEXT NOT NULL,
    offset    TEXT NOT NULL,
    PRIMARY KEY (connector, partition)
  ) STRICT, WITHOUT ROWID;
`;
