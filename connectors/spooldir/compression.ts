import { ConnectError } from "sdk";
import type { ByteSource } from "./byte_source.ts";
import { ByteReader } from "./compressed/byte_reader.ts";
import { bunzip2 } from "./compressed/bzip2.ts";
import { gunzip } from "./compressed/gzip.ts";
import { unlz4 } from "./compressed/lz4.ts";
import { unsnappy } from "./compressed/snappy.ts";
import { uncompress } from "./compressed/unix_compress.ts";

const FORMATS = { gz: gunzip, bz2: bunzip2, z: uncompress, lz4: unlz4, snappy: unsnappy } as const;

/** How a file is compressed. */
export type Compression = "none" | keyof typeof FORMATS;

/** What the text after the last dot of a file's name promises, in this case (SpoolDir 2.0.65); `.Z` too, which Unix compress writes. */
export function compressionOf(path: string): Compression {
  const extension = /\.([^./\\]*)$/.exec(path)?.[1] ?? "";
  if (extension === "Z") return "z";
  return Object.hasOwn(FORMATS, extension) ? extension as Compression : "none";
}

/** The decompressed bytes. A file that is cut short or corrupt throws, naming `path`; it never just ends. */
export function decompress(source: ByteSource, compression: Compression, path: string): ByteSource {
  if (compression === "none") return source;
  return new DecompressedSource(source, compression, path);
}

class DecompressedSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #compression: keyof typeof FORMATS;
  readonly #path: string;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  /** A fault of the disk, which is no fault of the file's. */
  #readError: unknown = null;

  constructor(source: ByteSource, compression: keyof typeof FORMATS, path: string) {
    this.#source = source;
    this.#compression = compression;
    this.#path = path;
    this.#chunks = FORMATS[compression](new ByteReader({ read: (into) => this.#readRaw(into), close() {} }));
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    while (this.#chunk.length === 0) {
      const next = await this.#next();
      if (next === null) return 0;
      this.#chunk = next;
    }
    const part = this.#chunk.subarray(0, into.length);
    into.set(part);
    this.#chunk = this.#chunk.subarray(part.length);
    return part.length;
  }

  close(): void {
    // Ends the decompressor where it waits; it has nothing left to fail with.
    void this.#chunks.return(undefined);
    this.#source.close();
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#chunks.next();
      return done ? null : value;
    } catch (error) {
      if (this.#readError !== null) throw this.#readError;
      const why = error instanceof Error ? error.message : String(error);
      throw new ConnectError(`Could not decompress "${this.#path}": ${why}. It is cut short, corrupt, or not ${this.#compression} at all`, {
        cause: error,
        javaClass: "java.io.IOException",
      });
    }
  }

  async #readRaw(into: Uint8Array<ArrayBuffer>): Promise<number> {
    try {
      return await this.#source.read(into);
    } catch (error) {
      this.#readError = error;
      throw error;
    }
  }
}
