/** Which records can be written at all, and which of them delete (JDBC connector 10.9, RecordValidator). */
import { ConnectError, isAbsent, isNullAt, javaClassOf, liveRow, liveRows, type Schema, type Side, sideAt, type SinkBatch } from "sdk";
import type { Settings } from "./settings.ts";

/** A row that cannot be written, and why. */
export interface RefusedRow {
  readonly batch: SinkBatch;
  readonly row: number;
  readonly error: Error;
}

/** The live rows of a batch, judged. */
export interface JudgedRows {
  /** Rows to write or delete, in order. */
  readonly rows: Int32Array;
  /** 1 = the row deletes, by row number; null = none does. */
  readonly deletes: Uint8Array | null;
  /** Whether any of `rows` has a value. */
  readonly hasValues: boolean;
}

const PRIMITIVES: ReadonlySet<string> = new Set(["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64", "BOOLEAN", "STRING", "BYTES"]);

/** Judges the live rows of a batch; those that cannot be written are added to `refused`. Looks at each row only where schemas do not decide. */
export function judgeRows(batch: SinkBatch, settings: Settings, refused: RefusedRow[]): JudgedRows {
  const live = liveRows(batch);
  const rows = new Int32Array(live);
  const judge = new RowJudge(batch, settings);
  if (judge.passesAll) {
    for (let i = 0; i < live; i++) rows[i] = liveRow(batch, i);
    return { rows, deletes: null, hasValues: live > 0 };
  }
  const deletes = new Uint8Array(batch.rows);
  let kept = 0;
  let deleted = 0;
  for (let i = 0; i < live; i++) {
    const row = liveRow(batch, i);
    const error = judge.fault(row);
    if (error !== null) {
      refused.push({ batch, row, error });
      continue;
    }
    rows[kept++] = row;
    if (hasNull(batch.value, row)) {
      deletes[row] = 1;
      deleted++;
    }
  }
  return { rows: rows.subarray(0, kept), deletes: deleted === 0 ? null : deletes, hasValues: kept > deleted };
}

/** Whether the key or value of a row is null, schema or not. */
function hasNull(side: Side, row: number): boolean {
  if (isAbsent(side, row)) return true;
  const [whole] = side.columns;
  return side.whole && (whole === undefined || isNullAt(whole, row));
}

class RowJudge {
  readonly #batch: SinkBatch;
  readonly #settings: Settings;
  readonly #keyIsGood: boolean;
  readonly #valueIsGood: boolean;
  readonly #needsKey: boolean;
  readonly #needsValue: boolean;
  readonly #misplacedKeys: readonly string[];

  constructor(batch: SinkBatch, settings: Settings) {
    const { key, value } = batch;
    this.#batch = batch;
    this.#settings = settings;
    this.#keyIsGood = key.schema !== null && (key.schema.type === "STRUCT" || PRIMITIVES.has(key.schema.type));
    this.#valueIsGood = value.schema !== null && (value.schema.type === "STRUCT" || value.schema.type === "STRING");
    this.#needsKey = settings.keyMode === "record_key" || settings.deletes;
    this.#needsValue = !settings.deletes || settings.keyMode === "none" || settings.keyMode === "record_value";
    this.#misplacedKeys = value.schema?.type === "STRING" ? fieldLevelKeys(settings) : [];
  }

  /** Whether schemas alone say that every row has what it needs. */
  get passesAll(): boolean {
    const { key, value } = this.#batch;
    const keysPass = !this.#needsKey || (this.#keyIsGood && isNeverNull(key));
    return keysPass && this.#valueIsGood && isNeverNull(value) && this.#misplacedKeys.length === 0;
  }

  /** Why a row cannot be written; null = it can. */
  fault(row: number): ConnectError | null {
    const { key, value } = this.#batch;
    if (this.#needsKey && (!this.#keyIsGood || hasNull(key, row))) {
      return this.#unfit("a non-null key and non-null Struct or primitive key schema", key, "key", row);
    }
    if (hasNull(value, row) ? this.#needsValue : !this.#valueIsGood) {
      return this.#unfit("a non-null Struct or String value and non-null Struct or String schema", value, "value", row);
    }
    if (this.#misplacedKeys.length === 0 || hasNull(value, row)) return null;
    return new ConnectError(
      `Sink connector '${this.#settings.connector}' is configured with field-level options that are not applicable to String values: ` +
        `${this.#misplacedKeys.join(", ")}. Remove these options, or have the upstream producer emit Struct values instead.`,
    );
  }

  #unfit(needed: string, side: Side, what: "key" | "value", row: number): ConnectError {
    const { connector, deletes, keyMode } = this.#settings;
    const schema = isAbsent(side, row) ? null : side.schema;
    return new ConnectError(
      `Sink connector '${connector}' is configured with 'delete.enabled=${deletes}' and 'pk.mode=${keyMode}' and therefore requires records ` +
        `with ${needed}, but found record at ${place(this.#batch, row)} with a ${className(side, row)} ${what} and ${
          typeName(schema)
        } ${what} schema.`,
    );
  }
}

/** Whether no row can be null: a Struct in columns always is one, unless it is marked as absent. */
function isNeverNull(side: Side): boolean {
  if (side.absent !== undefined && side.absent !== null) return false;
  if (!side.whole) return true;
  const [whole] = side.columns;
  return whole?.kind === "numbers" && whole.nulls === null;
}

function fieldLevelKeys(settings: Settings): readonly string[] {
  const keys: string[] = [];
  if (settings.fields.size > 0) keys.push("fields.whitelist");
  if (settings.epochFields.size > 0) keys.push("timestamp.fields.list");
  return keys;
}

function place(batch: SinkBatch, row: number): string {
  const topic = typeof batch.topic === "string" ? batch.topic : batch.topic[row];
  const partition = typeof batch.partition === "number" ? batch.partition : batch.partition[row];
  const timestamp = batch.timestamps === null ? null : batch.timestamps[row] as number;
  const shown = timestamp === null || timestamp < 0 ? null : timestamp;
  return `(topic='${topic}',partition=${partition},offset=${batch.offsets[row]},timestamp=${shown})`;
}

/** Class.getSimpleName of a key or value. */
function className(side: Side, row: number): string {
  const value = isAbsent(side, row) ? null : sideAt(side, row);
  if (value === null) return "null";
  const name = javaClassOf(value, side.schema);
  return name === "[B" ? "byte[]" : name.substring(name.lastIndexOf(".") + 1);
}

function typeName(schema: Schema | null): string {
  if (schema === null) return "null";
  return schema.type === "STRUCT" ? "Struct" : schema.type.toLowerCase();
}
