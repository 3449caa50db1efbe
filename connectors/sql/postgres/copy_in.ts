import type { PgConnection, PgStream } from "./driver.ts";
import { Exchange } from "./exchange.ts";

/** Bytes before the rows of a CopyData message. */
export const COPY_HEADER_BYTES = 5;
const COPY_DONE = Uint8Array.of(0x63, 0, 0, 0, 4);

/** A COPY FROM STDIN under way. */
export class CopyIn extends Exchange {
  readonly #text: string;
  #stream: PgStream | null = null;
  #connection: PgConnection | null = null;
  #isReady: () => void = () => {};
  #isFailed = false;
  readonly #ready = new Promise<void>((resolve) => this.#isReady = resolve);

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override submit(connection: PgConnection): Error | null {
    this.#connection = connection;
    connection.query(this.#text);
    return null;
  }

  override handleCopyInResponse(connection: PgConnection): void {
    this.#stream = connection.stream;
    this.#isReady();
  }

  override handleError(error: Error): void {
    this.#isFailed = true;
    this.#isReady();
    super.handleError(error);
  }

  /**
   * Sends `length` bytes of rows that stand behind room for the header. Settles when the memory may be used again. Throws the SqlError by
   * which the server has refused what came before.
   */
  async send(bytes: Uint8Array, length: number): Promise<{ readonly sent: Promise<void> }> {
    await this.#ready;
    if (this.#isFailed) await this.done;
    bytes[0] = 0x64;
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(1, length + 4);
    const message = bytes.subarray(0, COPY_HEADER_BYTES + length);
    // A failed write is heard of in `done`, with its reason.
    const sent = new Promise<void>((resolve) => this.#stream?.write(message, () => resolve()));
    return { sent };
  }

  /** Says that all rows were sent, and waits until the server has stored them. Throws a SqlError. */
  async finish(): Promise<void> {
    await this.#ready;
    if (!this.#isFailed) this.#stream?.write(COPY_DONE);
    await this.done;
  }

  /** Makes the server forget the rows; the transaction is then broken. */
  async abandon(why: string): Promise<void> {
    await this.#ready;
    if (!this.#isFailed) this.#connection?.sendCopyFail(why);
    // What the server answers is what it was told.
    await this.done.catch(() => {});
  }
}
