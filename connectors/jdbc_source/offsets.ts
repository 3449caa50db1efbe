/** Source partitions and offsets in the form of JDBC connector 10.9, and our own notes in them. */
import { ConnectError, type OffsetValue, type SourceOffset, type SourcePartition } from "sdk";
import type { Moment } from "../sql/dialect.ts";
import { plainName, type TableId } from "../sql/table_id.ts";

/** An id as columns carry it: bigint beyond what a number holds. */
export type Id = number | bigint;

/** Where reading goes on. */
export interface Position {
  readonly moment: Moment | null;
  readonly id: Id | null;
}

/** Our own members of an offset: what may still come behind the newest row. Text by member name. */
export type Notes = Readonly<Record<string, string>>;

/** The partition of a table outside of bulk mode. The members' order is the reference's: its store compares texts. */
export function tablePartition(id: TableId): SourcePartition {
  return { protocol: "1", table: plainName(id) };
}

/** The partition of a table in bulk mode, and in releases before 5.0: read for upgrades. */
export function bareTablePartition(id: TableId): SourcePartition {
  return { table: id.name };
}

/** The partition of a query, in all modes. */
export const QUERY_PARTITION: SourcePartition = { query: "query" };

/** The offset for a position; without a moment and an id it is empty. */
export function offsetOf({ moment, id }: Position, notes: Notes): SourceOffset {
  const offset: Record<string, OffsetValue> = {};
  if (moment !== null) offset["timestamp_nanos"] = moment.nanos;
  if (id !== null) offset["incrementing"] = id;
  if (moment !== null) offset["timestamp"] = moment.ms;
  return { ...offset, ...notes };
}

/** Position and notes of a stored offset; a member that is missing is null. Throws a ConnectError for values that are none. */
export function readOffset(offset: SourceOffset): { readonly position: Position; readonly notes: Notes } {
  const ms = member(offset, "timestamp");
  const nanos = member(offset, "timestamp_nanos");
  const id = member(offset, "incrementing");
  const notes = Object.entries(offset).filter((entry): entry is [string, string] => {
    return entry[0].startsWith("sluice.") && typeof entry[1] === "string";
  });
  const moment = ms === null ? null : { ms: Number(ms), nanos: nanos === null ? nanosOf(Number(ms)) : Number(nanos) };
  return { position: { moment, id }, notes: Object.fromEntries(notes) };
}

function member(offset: SourceOffset, name: string): Id | null {
  const value = offset[name] ?? null;
  if (value === null) return null;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return value;
  throw new ConnectError(`Cannot use "${String(value)}" as member "${name}" of a source offset: it must be a whole number`);
}

/** Nanoseconds within the second, of a time that has milliseconds only. */
export function nanosOf(ms: number): number {
  return (ms - Math.floor(ms / 1000) * 1000) * 1_000_000;
}

/** A moment of whole milliseconds. */
export function momentOfMillis(ms: number): Moment {
  return { ms, nanos: nanosOf(ms) };
}

/** Negative when `a` comes first in its column: by the wall clocks, if both have one. */
export function compareMoments(a: Moment, b: Moment): number {
  if (a.wall !== undefined && b.wall !== undefined) return Math.floor(a.wall / 1000) - Math.floor(b.wall / 1000) || a.nanos - b.nanos;
  return Math.floor(a.ms / 1000) - Math.floor(b.ms / 1000) || a.nanos - b.nanos;
}

/** Refuses offsets that no task could read. */
export function judgeOffset(partition: SourcePartition | null, offset: SourceOffset | null): void {
  if (offset === null) return;
  const names = Object.keys(partition ?? {}).sort().join(",");
  if (!["protocol,table", "table", "query"].includes(names)) {
    throw new ConnectError(
      'A partition must name a table or a query: {"protocol":"1","table":"‹qualified name›"}, {"table":"‹bare name›"} or {"query":"query"}',
    );
  }
  readOffset(offset);
}
