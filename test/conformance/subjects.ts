/** Surroundings for each connector of the registry: what it reads, and what must come of it. A connector without a subject fails the run. */

/** One connector in a folder of its own. */
export interface Subject {
  /** Puts the input into the folder and gives the config to read it with. */
  prepare(folder: string): Readonly<Record<string, string>>;
  /** Values of all records, in order, as text. */
  readonly expected: readonly string[];
  /** What of a record's value is compared. */
  value(text: string): string;
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
};
