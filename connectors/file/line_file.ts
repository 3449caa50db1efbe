/** A complete line and the byte position after its end. */
export interface Line {
  readonly text: string;
  readonly end: number;
}

const LF = 10;
const CR = 13;
const CHUNK_BYTES = 65536;

/** Reads complete lines of a file that may still grow, keeping what has no end yet for the next call. */
export class LineFile {
  readonly #file: Deno.FsFile;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Byte position of the first byte of `#rest`. */
  #at: number;

  /** Whether the file was shorter than the wanted position. */
  readonly startedAnew: boolean;

  private constructor(file: Deno.FsFile, position: number) {
    this.#file = file;
    this.startedAnew = file.statSync().size < position;
    this.#at = this.startedAnew ? 0 : position;
    file.seekSync(this.#at, Deno.SeekMode.Start);
  }

  /** Throws `Deno.errors.NotFound` while there is no such file. The caller closes it. */
  static open(path: string, position: number): LineFile {
    return new LineFile(Deno.openSync(path), position);
  }

  /** At most `most` lines; none when no line is complete yet. */
  read(most: number): readonly Line[] {
    const lines = this.#take(most);
    while (lines.length < most && this.#fill()) lines.push(...this.#take(most - lines.length));
    return lines;
  }

  close(): void {
    this.#file.close();
  }

  /** Whether there was more to read. */
  #fill(): boolean {
    const count = this.#file.readSync(this.#chunk);
    if (count === null || count === 0) return false;
    const joined = new Uint8Array(this.#rest.length + count);
    joined.set(this.#rest);
    joined.set(this.#chunk.subarray(0, count), this.#rest.length);
    this.#rest = joined;
    return true;
  }

  #take(most: number): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let i = 0; i < this.#rest.length && lines.length < most; i++) {
      const byte = this.#rest[i];
      if (byte !== LF && byte !== CR) continue;
      // A CR at the very end may be half of a CRLF: wait for the next byte.
      if (byte === CR && i + 1 === this.#rest.length) break;
      const text = this.#decoder.decode(this.#rest.subarray(start, i));
      if (byte === CR && this.#rest[i + 1] === LF) i++;
      start = i + 1;
      lines.push({ text, end: this.#at + start });
    }
    this.#rest = this.#rest.slice(start);
    this.#at += start;
    return lines;
  }
}
