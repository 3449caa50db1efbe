/** Which rows were sent lately, by a hash of what tells them apart. */
import { Buffer } from "node:buffer";

/** Rows of one segment at most; the oldest segment goes as a whole. */
const SEGMENT_ROWS = 50_000;
/** Segments kept at most: a million rows, in 16 MB. */
const MAX_SEGMENTS = 20;
/** Rows that are written into an offset; with more of them none is, and they are sent again after a restart. */
const MAX_NOTED = 200;
/** Bytes of a hash of 53 bits. */
const HASH_BYTES = 7;

/** Hashes by open addressing, at most half full. 0 marks a free place. */
class Segment {
  #places = new Float64Array(64);
  /** The first ones in order, for notes. */
  readonly first: number[] = [];
  size = 0;
  /** The newest timestamp of its rows, ms. */
  newestMs: number;
  readonly startMs: number;

  constructor(startMs: number) {
    this.startMs = startMs;
    this.newestMs = startMs;
  }

  has(hash: number): boolean {
    return this.#places[this.#placeOf(hash)] === hash;
  }

  add(hash: number, ms: number): void {
    if (ms > this.newestMs) this.newestMs = ms;
    const place = this.#placeOf(hash);
    if (this.#places[place] === hash) return;
    this.#places[place] = hash;
    if (++this.size <= MAX_NOTED) this.first.push(hash);
    if (2 * this.size > this.#places.length) this.#grow();
  }

  #grow(): void {
    const old = this.#places;
    this.#places = new Float64Array(2 * old.length);
    for (const hash of old) if (hash !== 0) this.#places[this.#placeOf(hash)] = hash;
  }

  #placeOf(hash: number): number {
    const mask = this.#places.length - 1;
    // The sign does not matter: only the lower bits are looked at.
    let place = (hash % 0x1_0000_0000) & mask;
    while (this.#places[place] !== 0 && this.#places[place] !== hash) place = (place + 1) & mask;
    return place;
  }
}

/** The memory of one table. */
export class SentRows {
  readonly #spanMs: number;
  #segments: Segment[] = [];
  /** All rows up to this timestamp (ms) may have been forgotten: they cannot be told from new ones. */
  forgottenMs = -Infinity;

  /** `spanMs`: timestamps one segment holds, so that what is old can go. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Whether the row was sent. */
  has(hash: number): boolean {
    const wanted = hash || 1;
    return this.#segments.some((segment) => segment.has(wanted));
  }

  add(hash: number, ms: number): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.size >= SEGMENT_ROWS || ms > segment.startMs + this.#spanMs) {
      segment = new Segment(ms);
      this.#segments.push(segment);
      if (this.#segments.length > MAX_SEGMENTS) this.#forgetOldest();
    }
    segment.add(hash || 1, ms);
  }

  #forgetOldest(): void {
    const gone = this.#segments.shift();
    if (gone !== undefined) this.forgottenMs = Math.max(this.forgottenMs, gone.newestMs);
  }

  /** Rows before that timestamp are not asked about any more. */
  forgetBefore(ms: number): void {
    this.#segments = this.#segments.filter(({ newestMs }) => newestMs >= ms);
  }

  clear(): void {
    this.#segments = [];
    this.forgottenMs = -Infinity;
  }

  /** Text for an offset; null when there are too many. */
  note(): string | null {
    const count = this.#segments.reduce((sum, segment) => sum + segment.size, 0);
    if (count > MAX_NOTED) return null;
    const bytes = Buffer.alloc(count * HASH_BYTES);
    for (const [index, hash] of this.#segments.flatMap(({ first }) => first).entries()) {
      bytes.writeUInt32BE(hash % 0x1_0000_0000, index * HASH_BYTES);
      bytes.writeUIntBE(Math.floor(hash / 0x1_0000_0000), index * HASH_BYTES + 4, 3);
    }
    return bytes.toString("base64");
  }

  /** Takes in what `note` wrote; `ms`: the newest timestamp these rows may have. */
  restore(note: string, ms: number): void {
    const bytes = Buffer.from(note, "base64");
    for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) {
      this.add(bytes.readUIntBE(at + 4, 3) * 0x1_0000_0000 + bytes.readUInt32BE(at), ms);
    }
  }
}
