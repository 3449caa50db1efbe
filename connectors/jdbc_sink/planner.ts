/** From batches to steps: judges rows, finds and makes tables, and decides what is written in which order. */
import { ConnectError, RetriableError, type Schema, schemasEqual, type SinkBatch, type TaskLog } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { shownName, type TableId } from "../sql/table_id.ts";
import { judgeRows, type RefusedRow } from "./record_checks.ts";
import { RecordColumns } from "./record_columns.ts";
import type { Settings } from "./settings.ts";
import { tableNameParts } from "./table_name.ts";
import { type TableShape, TableShapes } from "./table_shape.ts";
import { Tables } from "./tables.ts";
import { exceptionChain } from "./write_failure.ts";
import { ordered, type RunPart, type Step, stepsByKey, stepsInOrder } from "./write_plan.ts";

/** What is to be done, and rows that cannot be written whatever is done. */
export interface WritePlan {
  readonly steps: readonly Step[];
  readonly refused: readonly RefusedRow[];
}

/** How a `put` goes about its rows: at once, looking for bad rows, or also refusing rows for statements that are refused. */
export type Care = "none" | "for rows" | "for statements";

/** What outlives sessions. */
export interface PlannerOptions {
  readonly settings: Settings;
  readonly log: TaskLog;
  /** Tables that were warned of. */
  readonly warned: Set<string>;
}

/** Rows of one table between two changes of the schemas. */
interface OpenRun {
  readonly key: Schema | null;
  value: Schema | null;
  readonly parts: RunPart[];
}

interface OpenTable {
  readonly id: TableId;
  readonly runs: OpenRun[];
}

/** Plans for one session, and remembers what it saw of the database. */
export class Planner {
  readonly #session: Session;
  readonly #options: PlannerOptions;
  #shapes: TableShapes;

  constructor(session: Session, options: PlannerOptions) {
    this.#session = session;
    this.#options = options;
    this.#shapes = this.#freshShapes();
  }

  /** Forgets what the tables looked like: the database said otherwise. */
  forget(): void {
    this.#shapes = this.#freshShapes();
  }

  /**
   * The plan for these batches. Tables are made and widened on the way, so no transaction may run. Throws a `SqlError`, but with care "for
   * statements" rows are refused for what the database does not take. With any care each row is in the plan: where the last one of a
   * key is bad, the one before it counts.
   */
  async plan(batches: readonly SinkBatch[], care: Care = "none"): Promise<WritePlan> {
    const refused: RefusedRow[] = [];
    const tables = this.#gather(batches, refused);
    const steps: (readonly Step[])[] = [];
    for (const table of tables) steps.push(await this.#stepsOf(table, refused, care));
    return { steps: ordered(steps), refused };
  }

  #freshShapes(): TableShapes {
    const { settings, log } = this.#options;
    return new TableShapes(this.#session, new Tables(this.#session, settings, log), this.#options);
  }

  /** Rows by table, in order of first appearance. */
  #gather(batches: readonly SinkBatch[], refused: RefusedRow[]): readonly OpenTable[] {
    const { settings } = this.#options;
    const byTopic = new Map<string, OpenTable>();
    const byName = new Map<string, OpenTable>();
    for (const batch of batches) {
      const { rows, deletes } = judgeRows(batch, settings, refused);
      if (rows.length === 0) continue;
      const columns = new RecordColumns(batch, settings.replaceNulls);
      for (const [topic, ofTopic] of rowsByTopic(batch, rows)) {
        try {
          const table = byTopic.get(topic) ?? this.#open(topic, byName);
          byTopic.set(topic, table);
          this.#append(table, { batch, columns, rows: ofTopic, deletes });
        } catch (error) {
          refuseAll(batch, ofTopic, refusable(error), refused);
        }
      }
    }
    return [...byName.values()];
  }

  #open(topic: string, byName: Map<string, OpenTable>): OpenTable {
    const parts = tableNameParts(this.#options.settings.tableFormat, topic, this.#session.quote);
    const id = this.#session.tableId(parts);
    const name = shownName(id);
    const table = byName.get(name) ?? { id, runs: [] };
    byName.set(name, table);
    return table;
  }

  #append({ runs }: OpenTable, part: RunPart): void {
    // Key schemas matter only where the key's fields are columns.
    const key = this.#options.settings.keyMode === "record_key" ? part.batch.key.schema : null;
    const { deletes } = part;
    const hasValues = deletes === null || part.rows.some((row) => deletes[row] === 0);
    const value = hasValues ? part.batch.value.schema : null;
    const last = runs.at(-1);
    if (last === undefined || !schemasEqual(last.key, key) || (value !== null && last.value !== null && !schemasEqual(last.value, value))) {
      runs.push({ key, value, parts: [part] });
      return;
    }
    last.value ??= value;
    last.parts.push(part);
  }

  async #stepsOf(table: OpenTable, refused: RefusedRow[], care: Care): Promise<readonly Step[]> {
    const steps: Step[] = [];
    for (const { key, value, parts } of table.runs) {
      try {
        const shape = await this.#shapes.of(table.id, key, value);
        if (shape === null) continue;
        const run = { shape, parts };
        steps.push(...(care === "none" && this.#countsByKey(shape, parts) ? stepsByKey(run) : stepsInOrder(run)));
      } catch (error) {
        const isStatement = care === "for statements" && error instanceof SqlError && error.kind === "fatal";
        const reason = isStatement
          ? exceptionChain(error, { isWrite: false, trims: this.#options.settings.trimsSensitive })
          : refusable(error);
        for (const { batch, rows } of parts) refuseAll(batch, rows, reason, refused);
      }
    }
    return steps;
  }

  #countsByKey({ columns, fields }: TableShape, parts: readonly RunPart[]): boolean {
    if (this.#options.settings.insertMode !== "upsert") return false;
    // A delete of 'a' behind a write of 'A' deletes it where the two are one key: then the order must be the records'.
    const keys = columns.slice(0, fields.keys.length);
    const mayEquate = keys.some(({ schema, definition }) => schema.type === "STRING" && definition?.comparesBytes !== true);
    return !mayEquate || parts.every(({ deletes }) => deletes === null);
  }
}

function* rowsByTopic({ topic }: SinkBatch, rows: Int32Array): Iterable<readonly [topic: string, rows: Int32Array]> {
  if (typeof topic === "string") return yield [topic, rows];
  for (const [name, some] of Map.groupBy(rows, (row) => topic[row] as string)) yield [name, Int32Array.from(some)];
}

/** The error, when it is one of a record; others are thrown on: they are the database's, or ours. */
function refusable(error: unknown): Error {
  if (!(error instanceof ConnectError) || error instanceof SqlError || error instanceof RetriableError) throw error;
  return error;
}

function refuseAll(batch: SinkBatch, rows: Int32Array, error: Error, refused: RefusedRow[]): void {
  for (const row of rows) refused.push({ batch, row, error });
}
