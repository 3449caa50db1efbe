import { connect } from "node:net";
import { Buffer } from "node:buffer";
import { SqlError } from "../sql_error.ts";
import type { PgClient } from "./driver.ts";
import { type Exchange, TextExchange } from "./exchange.ts";
import { lostConnection, sqlErrorOf } from "./server_errors.ts";
import { WireTap } from "./wire_tap.ts";

/** Where a client is connected to, for requests to cancel. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

/** How long a good-bye and a request to cancel may take. */
const LAST_WORD_MS = 2_000;
/** Silence after which an encrypted connection is knocked at. */
const KNOCK_MS = 3_000;
/** How long a server may take to accept the connection that is made to see whether it is there. */
const PROBE_MS = 10_000;

/** When a silent server is looked after. */
export interface Silence {
  /** Silence after which the connection is given up while an answer is due; 0 = never. */
  readonly giveUpMs: number;
  /** Silence after which it is tried whether the server can still be reached, while an answer is due. */
  readonly probeMs: number;
}

/** A client that is connected, one exchange at a time. Knows when the connection is gone. */
export class Link {
  readonly client: PgClient;
  readonly tap: WireTap;
  readonly #server: Server;
  #lost: SqlError | null = null;
  #due = 0;
  #isPaused = false;
  readonly #silence: Silence;
  readonly #intervalMs: number;
  #silentMs = 0;
  #heard = -1;

  constructor(client: PgClient, server: Server, silence: Silence) {
    this.client = client;
    this.#server = server;
    const { stream } = client.connection;
    this.tap = new WireTap(stream);
    client.on("error", (error) => this.#lose(sqlErrorOf(error, true)));
    client.on("end", () => this.#lose(lostConnection("The connection to the server has ended")));
    this.#silence = silence;
    const knockMs = stream.encrypted === true ? Math.min(KNOCK_MS, silence.probeMs) : silence.probeMs;
    this.#intervalMs = silence.giveUpMs > 0 ? silence.giveUpMs : knockMs;
    stream.on("timeout", () => this.#onSilence());
    this.#arm();
  }

  #arm(): void {
    this.client.connection.stream.setTimeout(this.#intervalMs);
  }

  /** Looks after a server that is silent. A statement may take hours, but a machine that is gone sends nothing that would end it. */
  #onSilence(): void {
    if (this.#lost !== null) return;
    this.#arm();
    if (this.#due === 0 || this.#isPaused) return;
    const { giveUpMs, probeMs } = this.#silence;
    if (giveUpMs > 0) this.drop(`The server was silent for ${giveUpMs / 1000} s, the limit that "socketTimeout" sets`);
    // Deno 2.9 does not tell that an encrypted connection ended while it was paused: writing to it does. The server passes over a Flush.
    else this.client.connection.flush();
    const { heard } = this.tap;
    this.#silentMs = heard === this.#heard ? this.#silentMs + this.#intervalMs : this.#intervalMs;
    this.#heard = heard;
    if (this.#silentMs < probeMs) return;
    this.#silentMs = 0;
    void this.#probe().then((isReached) => isReached || this.drop("The server can no longer be reached"));
  }

  /** Whether the server still takes connections. */
  #probe(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#server.port, this.#server.host, () => {
        resolve(true);
        socket.destroy();
      });
      socket.setTimeout(PROBE_MS, () => socket.destroy());
      socket.on("error", () => socket.destroy());
      socket.on("close", () => resolve(false));
    });
  }

  /** Why the connection is gone; null while it is there. */
  get lost(): SqlError | null {
    return this.#lost;
  }

  /** Sends an exchange; its end is heard in `done`. Throws a SqlError when the connection is gone. */
  start<T extends Exchange>(exchange: T): T {
    if (this.#lost !== null) throw this.#lost;
    this.#due++;
    exchange.done.then(() => this.#due--, (error: unknown) => {
      this.#due--;
      // The server's last word: that it has hung up may never be heard, over TLS for one.
      if (error instanceof SqlError && error.isConnectionLost) this.#hangUp(error);
    });
    this.client.query(exchange);
    return exchange;
  }

  /** Sends an exchange and waits for its end. Throws a SqlError. */
  async run<T extends Exchange>(exchange: T): Promise<T> {
    await this.start(exchange).done;
    return exchange;
  }

  /** Statements and the rows of the last one. Throws a SqlError. */
  async ask(text: string): Promise<TextExchange> {
    return await this.run(new TextExchange(text));
  }

  /** Stops reading from the server, or goes on; rows then wait in the server and in between. */
  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    const { stream } = this.client.connection;
    if (isPaused) stream.pause();
    else stream.resume();
    this.#arm(); // the time does not run while the stream is paused
  }

  /** Ends the connection without a word. */
  drop(why: string): void {
    this.#hangUp(lostConnection(why));
  }

  #hangUp(error: SqlError): void {
    this.#lose(error);
    this.client.connection.stream.destroy(error);
  }

  /** Asks the server, over a connection of its own, to give up what it does. Settles when it was asked; says nothing of success. */
  cancel(): Promise<void> {
    const { processID, secretKey } = this.client;
    const request = Buffer.alloc(16);
    // CancelRequest: its length, a code in place of a protocol version, whom it is for (PostgreSQL 15, 55.7).
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80_877_102, 4);
    request.writeInt32BE(processID ?? 0, 8);
    request.writeInt32BE(secretKey ?? 0, 12);
    return new Promise((resolve) => {
      const socket = connect(this.#server.port, this.#server.host, () => socket.end(request));
      socket.setTimeout(LAST_WORD_MS, () => socket.destroy());
      socket.on("error", () => socket.destroy()); // then the rest is read and dropped
      socket.on("close", () => resolve());
    });
  }

  /** Says good-bye and waits a moment for the end; then, or when something is under way, the connection is dropped. Never throws. */
  async close(): Promise<void> {
    if (this.#lost === null) this.#lost = lostConnection("The connection was closed");
    this.setPaused(false);
    const { stream } = this.client.connection;
    stream.on("timeout", () => stream.destroy());
    stream.setTimeout(LAST_WORD_MS);
    await this.client.end();
  }

  #lose(error: SqlError): void {
    this.#lost ??= error;
  }
}
