import assert from "node:assert/strict";
import fc from "fast-check";
import { frame, FrameReader, FramingError, isFromHost, isToHost, readFrames } from "../../../src/link/framing.ts";
import type { ToHost } from "../../../src/link/messages.ts";

const encoder = new TextEncoder();

function secrets(...values: string[]): ToHost {
  return { do: "secrets", values };
}

/** The bytes in pieces of the given lengths, over and over. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const texts = fc.array(fc.string({ unit: "binary" }).map((text) => text.toWellFormed()), { maxLength: 8 });
/** Lines a library might print: no line feed inside, and no record separator. */
const stray = fc.string({ unit: "grapheme-ascii" });
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

Deno.test("FrameReader gives back every message, however the stream is cut and whatever is printed between", () => {
  fc.assert(fc.property(texts, stray, lengths, (values, noise, cuts) => {
    const parts = values.flatMap((value) => [frame(secrets(value, "ü\n\x1e")), encoder.encode(noise)]);
    const heard: string[] = [];
    const reader = new FrameReader({ onStray: (text) => heard.push(text) });
    const messages = cut(joined(parts), cuts).flatMap((piece) => reader.push(piece));
    reader.end();
    assert.deepEqual(messages, values.map((value) => secrets(value, "ü\n\x1e")));
    assert.equal(heard.join(""), noise.repeat(values.length));
  }));
});

Deno.test("FrameReader keeps its own copy of a chunk that is used again", () => {
  const bytes = frame(secrets("first"));
  const chunk = bytes.slice(0, 12);
  const reader = new FrameReader();
  assert.deepEqual(reader.push(chunk), []);
  chunk.fill(0);
  assert.deepEqual(reader.push(bytes.subarray(12)), [secrets("first")]);
});

Deno.test("FrameReader refuses a message beyond the limit as soon as it is", () => {
  const reader = new FrameReader({ maxFrameBytes: 100 });
  assert.deepEqual(reader.push(frame(secrets("x".repeat(50)))), [secrets("x".repeat(50))]);
  assert.throws(() => reader.push(frame(secrets("x".repeat(200))).subarray(0, 150)), FramingError);
});

Deno.test("FrameReader passes on endless output without line feeds in pieces", () => {
  const pieces: string[] = [];
  const reader = new FrameReader({ maxFrameBytes: 20_000, onStray: (text) => pieces.push(text) });
  for (let n = 0; n < 100; n++) reader.push(encoder.encode("x".repeat(1000)));
  reader.end();
  assert.equal(pieces.join("").length, 100_000);
  assert.ok(pieces.every((piece) => piece.length < 10_000));
});

Deno.test("FrameReader drops half a message at the end", () => {
  const reader = new FrameReader();
  assert.deepEqual(reader.push(frame(secrets("x")).subarray(0, 10)), []);
  reader.end();
});

Deno.test("FrameReader refuses what is not JSON, and stray text when nobody listens for it", () => {
  assert.throws(() => new FrameReader().push(encoder.encode("\x1e{half\n")), FramingError);
  assert.throws(() => new FrameReader().push(encoder.encode("hello\n")), FramingError);
});

Deno.test("readFrames() refuses a message of the other direction", async () => {
  const stream = ReadableStream.from([frame(secrets("x"))]);
  await assert.rejects(() => readFrames(stream, isFromHost).next(), FramingError);
  assert.ok(isToHost(secrets("x")));
  assert.ok(![null, 1, "do", [], { is: 1 }].some((value) => isFromHost(value) || isToHost(value)));
});
