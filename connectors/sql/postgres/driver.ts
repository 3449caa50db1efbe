/** The part of the driver `pg` 8.23 that is used here, which has no types of its own. */
import type { Buffer } from "node:buffer";

/** A socket, encrypted or not: `net.Socket` or `tls.TLSSocket`. */
export interface PgStream {
  readonly writable: boolean;
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  destroy(error?: Error): void;
  /** Only of one that is encrypted. */
  readonly encrypted?: boolean;
  setTimeout(ms: number): void;
  on(event: "timeout", listener: () => void): void;
  on(event: "data", listener: DataListener): void;
  listeners(event: "data"): DataListener[];
  removeListener(event: "data", listener: DataListener): void;
}

/** Takes bytes from the server as they come. */
export type DataListener = (chunk: Buffer) => void;

/** A column of a result, as RowDescription has it. */
export interface PgField {
  readonly name: string;
  /** Oid of the table the column comes from; 0 = of none, it was computed. */
  readonly tableID: number;
  /** Its number in that table. */
  readonly columnID: number;
  /** Oid of the type; for a domain that of its base type. */
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** The wire protocol under a client. */
export interface PgConnection {
  readonly stream: PgStream;
  query(text: string): void;
  parse(query: { readonly text: string }): void;
  describe(what: { readonly type: "S" | "P"; readonly name?: string }): void;
  sync(): void;
  flush(): void;
  sendCopyFail(message: string): void;
}

/** What may be given to `query` instead of a text: writes its own messages and hears what comes back. */
export interface Submittable {
  submit(connection: PgConnection): Error | null;
  handleRowDescription(message: { readonly fields: readonly PgField[] }): void;
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void;
  handleCommandComplete(message: { readonly text: string }, connection: PgConnection): void;
  handleCopyInResponse(connection: PgConnection): void;
  handleCopyData(): void;
  handleEmptyQuery(): void;
  handlePortalSuspended(): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
}

/** A connection to a server. */
export interface PgClient {
  readonly connection: PgConnection;
  /** What a request to cancel must name. */
  readonly processID: number | null;
  readonly secretKey: number | null;
  connect(): Promise<unknown>;
  query(statement: Submittable): unknown;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
}

/** What is said when a client is made. */
export interface PgClientOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** A function, as for a missing password the driver would look into the environment and into `.pgpass`. */
  readonly password: () => Promise<string>;
  readonly ssl: false | Readonly<Record<string, unknown>>;
  readonly sslnegotiation: "postgres" | "direct";
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelayMillis: number;
  readonly application_name: string;
  readonly options?: string;
}

/** An error the server sent: its fields by the driver's names. */
export interface PgServerError extends Error {
  readonly severity?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly where?: string;
  readonly routine?: string;
}

/** Loads the driver, once. */
export async function loadDriver(): Promise<new (options: PgClientOptions) => PgClient> {
  const module = await import("pg") as unknown as { readonly default: { readonly Client: new (options: PgClientOptions) => PgClient } };
  return module.default.Client;
}
