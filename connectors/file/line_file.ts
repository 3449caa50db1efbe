import { ConnectError } from "sdk";

/** A complete line and the byte position after its end. */
export interface Line {
  readonly text: string;
  readonly end: number;
}

const LF = 10;
const CR = 13;
const CHUNK_BYTES = 65536;
/** Kafka takes about 1 MB per record by default; a line this long is no line. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Reads complete lines of a file that may still grow, keeping what has no end yet for the next call. */
export class LineFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #maxLineBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Bytes read and not yet given out: from `#start` to `#end`; up to `#scanned` there is no line end. */
  #buffer = new Uint8Array(2 * CHUNK_BYTES);
  #start = 0;
  #scanned = 0;
  #end = 0;
  /** Byte position in the file of `#start`. */
  #position: number;
  /** How often reading began at the start again because the file was shorter than what had been read of it. */
  restarts = 0;

  private constructor(path: string, file: Deno.FsFile, position: number, maxLineBytes: number) {
    this.#path = path;
    this.#file = file;
    this.#position = position;
    this.#maxLineBytes = maxLineBytes;
    file.seekSync(position, Deno.SeekMode.Start);
    this.#restartIfShorter();
  }

  /** Throws `Deno.errors.NotFound` while there is no such file. The caller closes it. `maxLineBytes`: default 16 MiB. */
  static open(path: string, position: number, maxLineBytes: number = MAX_LINE_BYTES): LineFile {
    return new LineFile(path, Deno.openSync(path), position, maxLineBytes);
  }

  /** At most `most` lines; none when no line is complete yet. Throws a `ConnectError` at a line that is too long to be one. */
  read(most: number): readonly Line[] {
    const lines: Line[] = [];
    do {
      for (let line = this.#next(); line !== undefined; line = this.#next()) {
        lines.push(line);
        if (lines.length === most) return lines;
      }
    } while (this.#fill());
    return lines;
  }

  close(): void {
    this.#file.close();
  }

  #next(): Line | undefined {
    for (let at = this.#scanned; at < this.#end; at++) {
      const byte = this.#buffer[at];
      if (byte !== LF && byte !== CR) continue;
      // A CR at the very end may be half of a CRLF: wait for the next byte.
      if (byte === CR && at + 1 === this.#end) {
        this.#scanned = at;
        return undefined;
      }
      const text = this.#decoder.decode(this.#buffer.subarray(this.#start, at));
      const next = byte === CR && this.#buffer[at + 1] === LF ? at + 2 : at + 1;
      this.#position += next - this.#start;
      this.#start = this.#scanned = next;
      return { text, end: this.#position };
    }
    this.#scanned = this.#end;
    return undefined;
  }

  /** Whether there was more to read. At the end of the file it looks whether the file has been cut meanwhile (logrotate's copytruncate). */
  #fill(): boolean {
    if (this.#end - this.#start > this.#maxLineBytes) throw this.#tooLong();
    this.#makeRoom();
    const count = this.#file.readSync(this.#buffer.subarray(this.#end, this.#end + CHUNK_BYTES));
    if (count === null || count === 0) return this.#restartIfShorter();
    this.#end += count;
    return true;
  }

  /** Room for a chunk: bytes given out are dropped, and a line that is longer than the buffer gets one twice as large. */
  #makeRoom(): void {
    if (this.#end + CHUNK_BYTES <= this.#buffer.length) return;
    const kept = this.#buffer.subarray(this.#start, this.#end);
    const target = kept.length > this.#buffer.length / 2 ? new Uint8Array(this.#buffer.length * 2) : this.#buffer;
    if (target === this.#buffer) target.copyWithin(0, this.#start, this.#end);
    else target.set(kept);
    this.#buffer = target;
    this.#scanned -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }

  #restartIfShorter(): boolean {
    if (this.#file.statSync().size >= this.#position + (this.#end - this.#start)) return false;
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#start = this.#scanned = this.#end = 0;
    this.#position = 0;
    this.restarts++;
    return true;
  }

  #tooLong(): ConnectError {
    return new ConnectError(
      `Cannot read the line that begins at byte ${this.#position} of "${this.#path}": it is longer than ${this.#maxLineBytes} bytes. ` +
        "Cut the file, or leave that line out by setting the connector's offset behind it",
    );
  }
}
