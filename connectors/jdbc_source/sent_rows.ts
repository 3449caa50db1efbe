/** Which rows were sent lately, by a hash of all that is in them. Rows that look alike are counted: each reading may show as many as the last one. */
import { Buffer } from "node:buffer";

/** Different rows of one segment at most; the oldest segment goes as a whole. */
const SEGMENT_ROWS = 50_000;
/** Segments kept at most: a million rows, in 40 MB. */
const MAX_SEGMENTS = 20;
/** Rows that are written into an offset; with more of them none is, and they are sent again after a restart. */
const MAX_NOTED = 200;
/** Bytes of a hash of 53 bits. */
const HASH_BYTES = 7;
/** Numbers kept with a hash: the last reading that had it, how often, and how often it was sent before that reading. */
const FACTS = 3;

/** Hashes by open addressing, at most half full. 0 marks a free place. */
class Segment {
  #places = new Float64Array(64);
  #facts = new Uint32Array(FACTS * 64);
  /** The first ones in order with their timestamps (ms), for notes. */
  readonly first: { readonly hash: number; readonly ms: number }[] = [];
  size = 0;
  /** The newest timestamp of its rows, ms. */
  newestMs: number;
  readonly startMs: number;

  constructor(startMs: number) {
    this.startMs = startMs;
    this.newestMs = startMs;
  }

  get facts(): Uint32Array {
    return this.#facts;
  }

  /** Where its facts begin; -1 when it is not there. */
  find(hash: number): number {
    const place = this.#placeOf(hash);
    return this.#places[place] === hash ? FACTS * place : -1;
  }

  /** Adds one that is not there. */
  add(hash: number, ms: number, reading: number): void {
    if (ms > this.newestMs) this.newestMs = ms;
    if (2 * (this.size + 1) > this.#places.length) this.#grow();
    const place = this.#placeOf(hash);
    this.#places[place] = hash;
    this.#facts.set([reading, 1, 0], FACTS * place);
    if (++this.size <= MAX_NOTED) this.first.push({ hash, ms });
  }

  #grow(): void {
    const [places, facts] = [this.#places, this.#facts];
    this.#places = new Float64Array(2 * places.length);
    this.#facts = new Uint32Array(2 * facts.length);
    for (let old = 0; old < places.length; old++) {
      const hash = places[old] as number;
      if (hash === 0) continue;
      const place = this.#placeOf(hash);
      this.#places[place] = hash;
      for (let i = 0; i < FACTS; i++) this.#facts[FACTS * place + i] = facts[FACTS * old + i] as number;
    }
  }

  #placeOf(hash: number): number {
    const mask = this.#places.length - 1;
    // The sign does not matter: only the lower bits are looked at.
    let place = (hash % 0x1_0000_0000) & mask;
    while (this.#places[place] !== 0 && this.#places[place] !== hash) place = (place + 1) & mask;
    return place;
  }
}

/** The memory of one table. What a whole reading did not show is forgotten: when it appears again it is new. */
export class SentRows {
  readonly #spanMs: number;
  #segments: Segment[] = [];
  #reading = 0;
  /** The last reading that came to its end. */
  #complete = 0;
  /** The newest timestamp (ms) the present reading has come to, and the readings that were given up since the last whole one. */
  #reachedMs = -Infinity;
  #givenUpMs = -Infinity;
  /** All rows up to this timestamp (ms) may have been forgotten: they cannot be told from new ones. */
  forgottenMs = -Infinity;

  /** `spanMs`: timestamps one segment holds, so that what is old can go. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** A reading begins, which shows all rows anew. */
  beginReading(): void {
    if (this.#reading > this.#complete) this.#givenUpMs = Math.max(this.#givenUpMs, this.#reachedMs);
    this.#reading++;
    this.#reachedMs = -Infinity;
  }

  /** The reading has come to its end. */
  endReading(): void {
    this.#complete = this.#reading;
    this.#givenUpMs = -Infinity;
  }

  /** Takes a row of the present reading. True: there are more of its kind than were sent, so this one is to be. */
  take(rawHash: number, ms: number): boolean {
    const hash = rawHash || 1;
    this.#reachedMs = Math.max(this.#reachedMs, ms);
    for (const segment of this.#segments) {
      const at = segment.find(hash);
      if (at >= 0) return this.#count(segment.facts, at, ms);
    }
    this.#add(hash, ms);
    return true;
  }

  #count(facts: Uint32Array, at: number, ms: number): boolean {
    if (facts[at] !== this.#reading) {
      facts[at + 2] = this.#sentOf(facts, at, ms < this.#givenUpMs);
      facts[at] = this.#reading;
      facts[at + 1] = 0;
    }
    const count = (facts[at + 1] as number) + 1;
    facts[at + 1] = count;
    return count > (facts[at + 2] as number);
  }

  /** How many of a kind were sent. `isPast`: a reading since the last whole one came by and would have shown them. */
  #sentOf(facts: Uint32Array, at: number, isPast: boolean): number {
    const reading = facts[at] as number;
    const count = facts[at + 1] as number;
    if (reading > this.#complete) return Math.max(count, facts[at + 2] as number);
    return reading === this.#complete && !isPast ? count : 0;
  }

  #add(hash: number, ms: number): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.size >= SEGMENT_ROWS || ms > segment.startMs + this.#spanMs) {
      segment = new Segment(ms);
      this.#segments.push(segment);
      if (this.#segments.length > MAX_SEGMENTS) this.#forgetOldest();
    }
    segment.add(hash, ms, this.#reading);
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

  /** Text for an offset: a hash for each row sent; null when there are too many. */
  note(): string | null {
    if (this.#segments.reduce((sum, segment) => sum + segment.size, 0) > MAX_NOTED) return null;
    const sent: number[] = [];
    for (const segment of this.#segments) {
      for (const { hash, ms } of segment.first) {
        const isPast = this.#reading > this.#complete && ms <= Math.max(this.#reachedMs, this.#givenUpMs);
        const count = this.#sentOf(segment.facts, segment.find(hash), isPast);
        if (sent.length + count > MAX_NOTED) return null;
        for (let i = 0; i < count; i++) sent.push(hash);
      }
    }
    const bytes = Buffer.alloc(sent.length * HASH_BYTES);
    for (const [index, hash] of sent.entries()) {
      bytes.writeUInt32BE(hash % 0x1_0000_0000, index * HASH_BYTES);
      bytes.writeUIntBE(Math.floor(hash / 0x1_0000_0000), index * HASH_BYTES + 4, 3);
    }
    return bytes.toString("base64");
  }

  /** Takes in what `note` wrote; `ms`: the newest timestamp these rows may have. To be called first of all. */
  restore(note: string, ms: number): void {
    const bytes = Buffer.from(note, "base64");
    for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) {
      this.take(bytes.readUIntBE(at + 4, 3) * 0x1_0000_0000 + bytes.readUInt32BE(at), ms);
    }
    this.#reachedMs = -Infinity;
  }
}
