import { Buffer } from "node:buffer";
import type { DataListener, PgStream } from "./driver.ts";

/** Takes rows of a COPY TO STDOUT: the payload of one CopyData message, which is one row with its line feed. Must not keep the bytes. */
export type CopyRowTaker = (bytes: Uint8Array, start: number, end: number) => void;

/** A type byte and a length (PostgreSQL 15, 55.2). */
const HEADER_BYTES = 5;
const COPY_DATA = 0x64;

/**
 * Stands between the socket and the driver and takes the rows of a COPY out of the stream: the driver would make three objects and an
 * event of each. All else it hands on, in whole messages.
 */
export class WireTap {
  /** Who gets the rows; null: the driver. Changed only while no message of a COPY can be under way. */
  taker: CopyRowTaker | null = null;
  /** Pieces that came so far: whether the server is silent. */
  heard = 0;
  readonly #drivers: readonly DataListener[];
  /** The beginning of a message whose rest is still to come. */
  #held = Buffer.alloc(HEADER_BYTES);
  #heldBytes = 0;

  /** Takes over the socket of a client that is connected and has nothing to hear. */
  constructor(stream: PgStream) {
    this.#drivers = stream.listeners("data");
    stream.on("data", (chunk) => this.#take(chunk));
    for (const listener of this.#drivers) stream.removeListener("data", listener);
  }

  #take(chunk: Buffer): void {
    this.heard++;
    let at = this.#heldBytes > 0 ? this.#completeHeld(chunk) : 0;
    const end = chunk.length;
    // Messages of others that lie side by side are handed on in one piece.
    let others = at;
    while (at + HEADER_BYTES <= end) {
      const next = at + 1 + chunk.readUInt32BE(at + 1);
      if (next > end) break;
      if (chunk[at] === COPY_DATA && this.taker !== null) {
        if (others < at) this.#handOn(chunk.subarray(others, at));
        this.taker(chunk, at + HEADER_BYTES, next);
        others = next;
      }
      at = next;
    }
    if (others < at) this.#handOn(chunk.subarray(others, at));
    if (at < end) this.#hold(chunk, at, end);
  }

  /** Adds to the message that had begun; returns where in the chunk the next one begins. */
  #completeHeld(chunk: Buffer): number {
    let at = 0;
    if (this.#heldBytes < HEADER_BYTES) {
      at = Math.min(HEADER_BYTES - this.#heldBytes, chunk.length);
      this.#hold(chunk, 0, at);
      if (this.#heldBytes < HEADER_BYTES) return at;
    }
    const length = 1 + this.#held.readUInt32BE(1);
    const more = Math.min(length - this.#heldBytes, chunk.length - at);
    this.#hold(chunk, at, at + more);
    if (this.#heldBytes === length) this.#deliverHeld(length);
    return at + more;
  }

  #deliverHeld(length: number): void {
    this.#heldBytes = 0;
    if (this.#held[0] === COPY_DATA && this.taker !== null) {
      this.taker(this.#held, HEADER_BYTES, length);
      return;
    }
    // The driver may keep what it is given.
    const own = Buffer.alloc(length);
    own.set(this.#held.subarray(0, length));
    this.#handOn(own);
  }

  #hold(chunk: Buffer, from: number, to: number): void {
    const needed = this.#heldBytes + to - from;
    if (needed > this.#held.length) {
      // All of a message at once, so that a value of megabytes does not make the buffer grow at each chunk.
      const length = this.#heldBytes >= HEADER_BYTES
        ? 1 + this.#held.readUInt32BE(1)
        : to - from >= HEADER_BYTES
        ? 1 + chunk.readUInt32BE(from + 1)
        : 0;
      const grown = Buffer.alloc(Math.max(needed, Math.min(length, 2 * needed + 65_536)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(from, to), this.#heldBytes);
    this.#heldBytes = needed;
  }

  #handOn(bytes: Buffer): void {
    for (const listener of this.#drivers) listener(bytes);
  }
}
