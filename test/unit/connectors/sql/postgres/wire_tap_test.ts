import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { DataListener, PgStream } from "../../../../../connectors/sql/postgres/driver.ts";
import { WireTap } from "../../../../../connectors/sql/postgres/wire_tap.ts";

/** A socket that gives what it is told. */
class FakeStream {
  readonly #listeners: DataListener[] = [];
  on(_event: "data", listener: DataListener): void {
    this.#listeners.push(listener);
  }
  listeners(): DataListener[] {
    return [...this.#listeners];
  }
  removeListener(_event: "data", listener: DataListener): void {
    this.#listeners.splice(this.#listeners.indexOf(listener), 1);
  }
  give(chunk: Buffer): void {
    for (const listener of this.listeners()) listener(chunk);
  }
}

interface Message {
  readonly type: string;
  readonly payload: Uint8Array;
}

function bytesOf({ type, payload }: Message): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 0, "latin1");
  header.writeUInt32BE(4 + payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** Messages out of a stretch of whole ones. */
function messagesIn(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at + 1);
    found.push(bytes.toString("hex", at, at + 1 + length));
    at += 1 + length;
  }
  return found;
}

const message = fc.record({ type: fc.constantFrom("d", "d", "d", "D", "Z", "C", "S"), payload: fc.uint8Array({ maxLength: 40 }) });
const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });

/** Gives a stream in pieces of the given sizes, over and over. */
function giveInPieces(stream: FakeStream, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const next = Math.min(bytes.length, at + (sizes[i % sizes.length] as number));
    const piece = Buffer.from(bytes.subarray(at, next));
    stream.give(piece);
    piece.fill(0xff); // nobody may still look at it
    at = next;
  }
}

Deno.test("WireTap gives rows of a COPY to their taker and all else to the driver, in order and whole, however the bytes are cut", () => {
  fc.assert(fc.property(fc.array(message, { maxLength: 30 }), cuts, (messages, sizes) => {
    const stream = new FakeStream();
    const driver: string[] = [];
    const rows: string[] = [];
    stream.on("data", (bytes) => driver.push(...messagesIn(bytes)));
    const tap = new WireTap(stream as unknown as PgStream);
    tap.taker = (bytes, start, end) => rows.push(Buffer.from(bytes.subarray(start, end)).toString("hex"));
    giveInPieces(stream, Buffer.concat(messages.map(bytesOf)), sizes);
    assert.deepEqual(rows, messages.filter(({ type }) => type === "d").map(({ payload }) => Buffer.from(payload).toString("hex")));
    assert.deepEqual(driver, messages.filter(({ type }) => type !== "d").map((one) => bytesOf(one).toString("hex")));
  }));
});

Deno.test("WireTap gives the driver everything while nobody takes rows", () => {
  fc.assert(fc.property(fc.array(message, { maxLength: 30 }), cuts, (messages, sizes) => {
    const stream = new FakeStream();
    const driver: string[] = [];
    stream.on("data", (bytes) => driver.push(...messagesIn(bytes)));
    new WireTap(stream as unknown as PgStream);
    giveInPieces(stream, Buffer.concat(messages.map(bytesOf)), sizes);
    assert.deepEqual(driver, messages.map((one) => bytesOf(one).toString("hex")));
  }));
});
