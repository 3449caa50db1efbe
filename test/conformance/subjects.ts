/** Surroundings for each connector of the registry: what it reads, and what must come of it. A connector without a subject fails the run. */

import { DatabaseSync } from "node:sqlite";

/** One connector in a folder of its own. */
export interface Subject {
  /** Puts the input into the folder and gives the config to read it with. */
  prepare(folder: string): Readonly<Record<string, string>>;
  /** Values of all records, in order, as text. */
  readonly expected: readonly string[];
  /** What of a record's value is compared. */
  value(text: string): string;
}

/** What records of a sink's input look like; `sink_shapes.ts` has them. */
export type Shape = "strings" | "structs" | "structs in columns" | "maps without schema" | "tombstones" | "null keys";

/** One sink connector in a folder of its own. */
export interface SinkSubject {
  /** Prepares the folder and gives the config to write with. */
  prepare(folder: string): Readonly<Record<string, string>>;
  /** What has arrived for good, as text per record, in order: read as somebody else would, never through the task. */
  arrived(folder: string): readonly string[] | Promise<readonly string[]>;
  /** For each shape what arrives, or, where the sink takes no such records, what the error of `put` says. */
  readonly expected: Readonly<Record<Shape, readonly string[] | RegExp>>;
  /** What a batch that is put again leaves: a second copy, or nothing new. */
  readonly again: "copies" | "nothing";
  /** Makes the next `put` end in a `RetriableError`, until the function it gives back is called. Absent: nothing of it passes by waiting. */
  disturb?(folder: string): () => void;
}

const NUMBERS = Array.from({ length: 25 }, (_, index) => `row ${index} ž`);

/** By class name. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  "org.apache.kafka.connect.file.FileStreamSourceConnector": {
    prepare(folder) {
      Deno.writeTextFileSync(`${folder}/lines.txt`, NUMBERS.map((line) => line + "\n").join(""));
      return { file: `${folder}/lines.txt`, topic: "t", "batch.size": "4" };
    },
    expected: NUMBERS,
    value: (text) => text,
  },
  "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector": {
    prepare(folder) {
      for (const name of ["in", "done", "bad"]) Deno.mkdirSync(`${folder}/${name}`);
      Deno.writeTextFileSync(`${folder}/in/rows.csv`, "text\n" + NUMBERS.map((line) => line + "\n").join(""));
      return {
        "topic": "t",
        "input.path": `${folder}/in`,
        "finished.path": `${folder}/done`,
        "error.path": `${folder}/bad`,
        "input.file.pattern": ".*\\.csv",
        "csv.first.row.as.header": "true",
        "schema.generation.enabled": "true",
        "empty.poll.wait.ms": "10",
        "batch.size": "4",
      };
    },
    expected: NUMBERS,
    value: (text) => text,
  },
  "io.confluent.connect.jdbc.JdbcSourceConnector": {
    prepare(folder) {
      using database = new DatabaseSync(`${folder}/rows.db`);
      database.exec("CREATE TABLE rows (text VARCHAR(20) NOT NULL, id INTEGER PRIMARY KEY)");
      const insert = database.prepare("INSERT INTO rows VALUES (?, ?)");
      for (const [id, line] of NUMBERS.entries()) insert.run(line, id);
      return {
        "connection.url": `jdbc:sqlite:${folder}/rows.db`,
        "mode": "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "rows",
        "topic.prefix": "t-",
        "poll.interval.ms": "10",
        "batch.max.rows": "4",
      };
    },
    expected: NUMBERS,
    value: (text) => text,
  },
};

/** By class name. */
export const SINK_SUBJECTS: Readonly<Record<string, SinkSubject>> = {
  "org.apache.kafka.connect.file.FileStreamSinkConnector": {
    prepare: (folder) => ({ file: `${folder}/out.txt`, topics: "t" }),
    arrived: (folder) => Deno.readTextFileSync(`${folder}/out.txt`).split("\n").slice(0, -1),
    expected: {
      "strings": ["one", 'tw"o ž', ""],
      "structs": ["Struct{id=1,name=a,price=1.5}", "Struct{id=2,price=1.0E7}", "Struct{id=4,name=d ž,price=-0.5}"],
      "structs in columns": ["Struct{id=1,name=a,price=1.5}", "Struct{id=2,price=1.0E7}", "Struct{id=4,name=d ž,price=-0.5}"],
      "maps without schema": ["{id=1, name=a}", "{id=2, name=null}"],
      "tombstones": ["Struct{id=1,name=a,price=1.5}", "null"],
      "null keys": ["Struct{id=1,name=a,price=1.5}", "Struct{id=2,price=1.0E7}"],
    },
    again: "copies",
  },
  "io.confluent.connect.jdbc.JdbcSinkConnector": {
    prepare: (folder) => ({
      "topics": "t",
      "connection.url": `jdbc:sqlite:${folder}/rows.db?busy_timeout=1`,
      "insert.mode": "upsert",
      "pk.mode": "record_key",
      "delete.enabled": "true",
      "auto.create": "true",
    }),
    arrived(folder) {
      using database = new DatabaseSync(`${folder}/rows.db`);
      return database.prepare("SELECT id, name, price FROM t ORDER BY id").all().map((row) => Object.values(row).join(" "));
    },
    expected: {
      "strings": /requires records with a non-null key/,
      "structs": ["1 a 1.5", "2  10000000", "4 d ž -0.5"],
      "structs in columns": ["1 a 1.5", "2  10000000", "4 d ž -0.5"],
      "maps without schema": /requires records with a non-null key/,
      "tombstones": [],
      "null keys": /requires records with a non-null key/,
    },
    again: "nothing",
    disturb(folder) {
      const database = new DatabaseSync(`${folder}/rows.db`);
      database.exec("BEGIN IMMEDIATE");
      return () => database.close();
    },
  },
};
