/** What is left to do when, of all writes and deletes of one key, only the outcome counts. */
import type { Column, Schema } from "sdk";
import { mixHashes, sameCell } from "./cell_keys.ts";

/** Rows in order, with their keys. */
export interface KeyedRows {
  readonly keys: readonly Column[];
  readonly rows: Int32Array;
  /** 1 = the row deletes, by row number; null = none does. */
  readonly deletes: Uint8Array | null;
}

/** Rows per part, in the order of the parts. Deletes come first: no key written is deleted after. */
export interface LastRows {
  readonly deletes: readonly Int32Array[];
  readonly writes: readonly Int32Array[];
}

/**
 * The last action of each key. A key that was deleted and then written again is in both sets: its row must not keep what the table has besides
 * the record's columns. Rows with a null in their key are all kept, as such keys are never equal.
 */
export function lastPerKey(parts: readonly KeyedRows[], schemas: readonly Schema[]): LastRows {
  const index = new KeyIndex(parts, schemas);
  return {
    deletes: parts.map((part, p) => kept(part, index.base(p), (action) => index.isDelete(action))),
    writes: parts.map((part, p) => kept(part, index.base(p), (action) => index.isWrite(action))),
  };
}

function kept({ rows }: KeyedRows, base: number, holds: (action: number) => boolean): Int32Array {
  const chosen = new Int32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) if (holds(base + i)) chosen[count++] = rows[i] as number;
  return count === rows.length ? rows : chosen.subarray(0, count);
}

const SUPERSEDED = 1;
const DELETE = 2;
const DELETED_BEFORE = 4;

/** An open hash table over actions, numbered through all parts; a slot holds the latest action of a key, plus 1. */
class KeyIndex {
  readonly #parts: readonly KeyedRows[];
  readonly #schemas: readonly Schema[];
  readonly #bases: Int32Array;
  readonly #partOf: Uint32Array;
  readonly #flags: Uint8Array;

  constructor(parts: readonly KeyedRows[], schemas: readonly Schema[]) {
    this.#parts = parts;
    this.#schemas = schemas;
    this.#bases = new Int32Array(parts.length + 1);
    parts.forEach((part, p) => this.#bases[p + 1] = (this.#bases[p] as number) + part.rows.length);
    const total = this.#bases[parts.length] as number;
    this.#partOf = new Uint32Array(total);
    this.#flags = new Uint8Array(total);
    const slots = new Int32Array(slotsFor(total));
    parts.forEach((_, p) => this.#add(p, slots));
  }

  base(part: number): number {
    return this.#bases[part] as number;
  }

  isWrite(action: number): boolean {
    return ((this.#flags[action] as number) & (SUPERSEDED | DELETE)) === 0;
  }

  isDelete(action: number): boolean {
    const flags = this.#flags[action] as number;
    return (flags & SUPERSEDED) === 0 && (flags & (DELETE | DELETED_BEFORE)) !== 0;
  }

  #add(p: number, slots: Int32Array): void {
    const { keys, rows, deletes } = this.#parts[p] as KeyedRows;
    const base = this.base(p);
    const hashes = new Int32Array(rows.length);
    keys.forEach((column, k) => mixHashes(column, this.#schemas[k] as Schema, rows, hashes));
    const mask = slots.length - 1;
    for (let i = 0; i < rows.length; i++) {
      const action = base + i;
      this.#partOf[action] = p;
      if (deletes !== null && deletes[rows[i] as number] === 1) this.#flags[action] = DELETE;
      const hash = hashes[i] as number;
      let slot = (hash ^ (hash >>> 16)) & mask;
      for (;; slot = (slot + 1) & mask) {
        const before = (slots[slot] as number) - 1;
        if (before < 0) break;
        if (!this.#isSameKey(before, action)) continue;
        this.#supersede(before, action);
        break;
      }
      slots[slot] = action + 1;
    }
  }

  #supersede(before: number, by: number): void {
    const flags = this.#flags[before] as number;
    if ((flags & (DELETE | DELETED_BEFORE)) !== 0) this.#flags[by] = (this.#flags[by] as number) | DELETED_BEFORE;
    this.#flags[before] = flags | SUPERSEDED;
  }

  #isSameKey(a: number, b: number): boolean {
    const partA = this.#partOf[a] as number;
    const partB = this.#partOf[b] as number;
    const one = this.#parts[partA] as KeyedRows;
    const other = this.#parts[partB] as KeyedRows;
    const rowA = one.rows[a - this.base(partA)] as number;
    const rowB = other.rows[b - this.base(partB)] as number;
    for (let k = 0; k < this.#schemas.length; k++) {
      if (!sameCell(one.keys[k] as Column, rowA, other.keys[k] as Column, rowB, this.#schemas[k] as Schema)) return false;
    }
    return true;
  }
}

/** A power of two at least twice as large as the actions are many. */
function slotsFor(actions: number): number {
  let slots = 16;
  while (slots < actions * 2) slots *= 2;
  return slots;
}
