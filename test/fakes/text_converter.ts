/** A converter that writes texts as they are and can be told which ones to refuse. */
import { liveRow, liveRows, type RecordBatch } from "../../src/data/batch.ts";
import type { Arena } from "../../src/data/region.ts";
import { sideAt } from "../../src/data/row_view.ts";
import { primitiveSchema, type Schema } from "../../src/data/schema.ts";
import type { SchemaAndValue, Value } from "../../src/data/value.ts";
import type { AnyConverter, Converter, HeaderConverter } from "../../src/sdk/converter.ts";
import { FAILED_ROW, NO_BYTES } from "../../src/sdk/converter.ts";
import { DataError, RetriableError } from "../../src/sdk/errors.ts";

export const TEXT_CONVERTER = "test.TextConverter";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const TEXT = primitiveSchema("STRING");

/** What the converters made by one definition do, and how often they were called. */
export class TextConverterScript {
  /** Texts refused with a DataError, in writing and in reading. */
  readonly bad = new Set<string>();
  /** How often the next `write`, or read value, throws a RetriableError before it works. */
  retries = 0;
  /** The next `write` throws this instead of marking rows. */
  breaks: Error | undefined;
  headerCalls = 0;
  writes = 0;

  readonly definition: AnyConverter = {
    class: TEXT_CONVERTER,
    version: "1",
    summary: "Texts as they are.",
    config: {},
    create: () => this.#converter(),
    createHeader: () => this.#headerConverter(),
  };

  #converter(): Converter {
    return {
      write: (batch, side, arena, out) => this.#write(batch, side, arena, out),
      toBytes: (_topic, _schema, value) => this.#bytes(value),
      fromBytes: (_topic, bytes) => this.#value(bytes),
    };
  }

  #headerConverter(): HeaderConverter {
    return {
      toHeader: (_topic: string, _name: string, _schema: Schema | null, value: Value) => {
        this.headerCalls++;
        return this.#bytes(value);
      },
      fromHeader: (_topic, _name, bytes) => this.#value(bytes),
    };
  }

  #write(batch: RecordBatch, side: "key" | "value", arena: Arena, out: Int32Array): void {
    this.writes++;
    this.#mayThrow();
    for (let i = 0; i < liveRows(batch); i++) {
      const row = liveRow(batch, i);
      try {
        const bytes = this.#bytes(sideAt(batch[side], row));
        out[2 * i] = arena.used;
        out[2 * i + 1] = bytes === null ? NO_BYTES : bytes.length;
        if (bytes === null) continue;
        arena.reserve(bytes.length);
        arena.bytes.set(bytes, arena.used);
        arena.used += bytes.length;
      } catch (error) {
        out[2 * i + 1] = FAILED_ROW;
        const stage = side === "key" ? "KEY_CONVERTER" : "VALUE_CONVERTER";
        batch.failures.push({ row, stage, component: TEXT_CONVERTER, error: error as Error });
      }
    }
  }

  #mayThrow(): void {
    if (this.retries > 0) {
      this.retries--;
      throw new RetriableError("the registry does not answer");
    }
    const error = this.breaks;
    this.breaks = undefined;
    if (error !== undefined) throw error;
  }

  #value(bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return { schema: null, value: null };
    this.#mayThrow();
    const text = decoder.decode(bytes);
    if (this.bad.has(text)) throw new DataError(`Cannot read "${text}"`);
    return { schema: TEXT, value: text };
  }

  #bytes(value: Value): Uint8Array | null {
    if (value === null) return null;
    const text = String(value);
    if (this.bad.has(text)) throw new DataError(`Cannot convert "${text}"`);
    return encoder.encode(text);
  }
}
