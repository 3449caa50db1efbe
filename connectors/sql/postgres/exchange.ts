/** Statements on their way: what is sent to the server, and a promise of what comes back. */
import type { PgClient, PgConnection, PgField, Submittable } from "./driver.ts";
import { sqlErrorOf } from "./server_errors.ts";

/** One exchange with the server; the promise is settled when the server is ready for the next, or has refused. */
export class Exchange implements Submittable {
  readonly done: Promise<void>;
  /** The last command's tag: `COMMIT`, `INSERT 0 5`. */
  tag = "";
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who asked may hear of the failure later than it happens.
    this.done.catch(() => {});
  }

  /** Sends the statement when the client is free. */
  start(client: PgClient): this {
    client.query(this);
    return this;
  }

  submit(_connection: PgConnection): Error | null {
    return null;
  }

  handleRowDescription(_message: { readonly fields: readonly PgField[] }): void {}

  handleDataRow(_message: { readonly fields: readonly (string | null)[] }): void {}

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.tag = text;
  }

  /** A COPY FROM STDIN that nobody meant to feed. */
  handleCopyInResponse(connection: PgConnection): void {
    connection.sendCopyFail("No data was given");
  }

  handleCopyData(): void {}

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleError(error: Error): void {
    this.#reject(sqlErrorOf(error));
  }

  handleReadyForQuery(): void {
    this.#resolve();
  }
}

/** Statements as text, several allowed; rows as texts. For questions to the catalog and commands, not for tables. */
export class TextExchange extends Exchange {
  fields: readonly PgField[] = [];
  readonly rows: (readonly (string | null)[])[] = [];
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override submit(connection: PgConnection): Error | null {
    connection.query(this.#text);
    return null;
  }

  override handleRowDescription({ fields }: { readonly fields: readonly PgField[] }): void {
    this.fields = fields;
    this.rows.length = 0; // of several statements the last one's rows count
  }

  override handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.rows.push(fields);
  }
}

/** Asks what columns a statement has, without running it (Parse and Describe of the extended protocol). */
export class DescribeExchange extends Exchange {
  fields: readonly PgField[] = [];
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override submit(connection: PgConnection): Error | null {
    connection.stream.cork();
    connection.parse({ text: this.#text });
    connection.describe({ type: "S" });
    connection.sync();
    connection.stream.uncork();
    return null;
  }

  override handleRowDescription({ fields }: { readonly fields: readonly PgField[] }): void {
    this.fields = fields;
  }
}

/** Messages made elsewhere, Sync included. The bytes stay as they are until `done` is fulfilled; after a failure they may be on their way still. */
export class BytesExchange extends Exchange {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override submit(connection: PgConnection): Error | null {
    connection.stream.write(this.#bytes);
    return null;
  }
}
