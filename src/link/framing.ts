/**
 * Messages over byte streams: a record separator, one JSON object, a line feed (RFC 7464, JSON text sequences). JSON text holds
 * neither byte, so a stray line that a library printed on the same stream is told from a message and does no harm.
 */
import type { FromHost, ToHost } from "./messages.ts";

const RECORD_SEPARATOR = 0x1e;
const LINE_FEED = 0x0a;
/** A start message or the offsets of 100,000 partitions stay well below; a stream that has lost its line feeds does not fill the memory. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** Stray output without line feeds is passed on in pieces of this size. */
const MAX_STRAY_BYTES = 8 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What came over the stream is no message: the two ends no longer understand each other. */
export class FramingError extends Error {
  override readonly name = "FramingError";
}

/** How a stream is read. */
export interface FrameOptions {
  /** Default 64 MiB. */
  readonly maxFrameBytes?: number;
  /** Told of text between messages, about a line at a time; without it such text is a `FramingError`. */
  readonly onStray?: (text: string) => void;
}

/** The bytes of one message. */
export function frame(message: ToHost | FromHost): Uint8Array<ArrayBuffer> {
  return encoder.encode(`\x1e${JSON.stringify(message)}\n`);
}

/** Gathers messages from chunks cut anywhere. */
export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #onStray: (text: string) => void;
  /** Chunks of the line that has not ended yet. */
  #open: Uint8Array[] = [];
  #openBytes = 0;

  constructor(options: FrameOptions = {}) {
    this.#maxFrameBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
    this.#onStray = options.onStray ?? refuseStray;
  }

  /** The messages that end in this chunk. */
  push(chunk: Uint8Array): unknown[] {
    const messages: unknown[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#endLine(messages);
      start = end + 1;
    }
    this.#keep(chunk.slice(start));
    return messages;
  }

  /** To be called when the stream has ended; half a message is what a killed process leaves behind and is dropped. */
  end(): void {
    const line = this.#takeLine();
    const separator = line.indexOf(RECORD_SEPARATOR);
    const stray = separator < 0 ? line : line.subarray(0, separator);
    if (stray.length > 0) this.#onStray(decoder.decode(stray));
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#open.push(part);
    this.#openBytes += part.length;
    if (this.#openBytes > MAX_STRAY_BYTES && !this.#open.some((piece) => piece.includes(RECORD_SEPARATOR))) {
      this.#onStray(decoder.decode(this.#takeLine()));
    } else if (this.#openBytes > this.#maxFrameBytes) {
      throw new FramingError(`Cannot read a message, as it is longer than ${this.#maxFrameBytes} bytes`);
    }
  }

  #endLine(messages: unknown[]): void {
    const line = this.#takeLine();
    const separator = line.indexOf(RECORD_SEPARATOR);
    const stray = separator < 0 ? line : line.subarray(0, separator);
    if (stray.length > 0) this.#onStray(decoder.decode(stray));
    if (separator >= 0) messages.push(parse(line.subarray(separator + 1)));
  }

  #takeLine(): Uint8Array {
    const [first, ...more] = this.#open;
    const line = more.length === 0 ? first ?? new Uint8Array(0) : joined(this.#open, this.#openBytes);
    this.#open = [];
    this.#openBytes = 0;
    return line;
  }
}

/** The messages of a stream, in order, until it ends. Throws a `FramingError`. */
export async function* readFrames<T extends ToHost | FromHost>(
  stream: ReadableStream<Uint8Array>,
  isMessage: (value: unknown) => value is T,
  options: FrameOptions = {},
): AsyncGenerator<T> {
  const reader = new FrameReader(options);
  for await (const chunk of stream) {
    for (const message of reader.push(chunk)) {
      if (!isMessage(message)) throw new FramingError(`Cannot understand a message: "${JSON.stringify(message).slice(0, 80)}"`);
      yield message;
    }
  }
  reader.end();
}

/** Both ends are the same program, so the tag alone tells a message from anything else. */
export function isFromHost(value: unknown): value is FromHost {
  return typeof value === "object" && value !== null && "is" in value && typeof value.is === "string";
}

/** See `isFromHost`. */
export function isToHost(value: unknown): value is ToHost {
  return typeof value === "object" && value !== null && "do" in value && typeof value.do === "string";
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new FramingError("Cannot read a message, as it is not JSON", { cause: error });
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function refuseStray(text: string): never {
  throw new FramingError(`Cannot understand what stands between messages: "${text.slice(0, 80)}"`);
}
