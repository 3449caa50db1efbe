/**
 * The part of mysql2 that is used, its inner parts included: 3.24.6, pinned. What is not of its public API is named here and touched
 * in `raw_rows.ts` and `raw_statement.ts` alone, which fall back on the public API, or say so, when the shape is another.
 */
import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** An error as mysql2 gives it: of the server (`errno`, `sqlState`) or of the way to it (`code`). */
export interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly fatal?: boolean;
}

/** A packet of the server within a chunk of the socket, good during the call only. */
export interface Packet {
  readonly buffer: Buffer;
  /** Of the four bytes of header. */
  readonly start: number;
  /** Of what is to be read next: at first the place after the header. */
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}

/** A column as the server describes it. */
export interface ColumnPacket {
  readonly name: string;
  /** MySQL's type code. */
  readonly columnType: number;
  readonly flags: number;
  readonly columnLength: number;
  readonly decimals: number;
  /** Collation number; 63 = binary. */
  readonly characterSet: number;
  /** MariaDB's name for a type that the code does not tell: `uuid`, `inet6`. */
  readonly extendedTypeName?: string | undefined;
}

/** One step of a command: takes a packet, returns the next step; null = it is done. */
export type Step = (this: Command, packet: Packet, connection: Connection) => Step | null;

/** A command under way: its steps are methods that another may be put in the place of. */
export interface Command {
  start: Step;
  row: Step;
  readonly resultsetHeader: Step;
  onResult: ((error: DriverError | null, rows?: unknown, fields?: readonly ColumnPacket[]) => void) | undefined;
  on(event: "fields", listener: (fields: readonly ColumnPacket[] | undefined) => void): this;
}

/** What a query is made of. */
export interface QueryOptions {
  readonly sql: string;
  readonly rowsAsArray?: boolean;
  readonly typeCast?: boolean;
}

/** A connection of mysql2. */
export interface Connection {
  readonly stream: Socket;
  readonly config: { readonly clientFlags: number };
  readonly serverCapabilityFlags: number;
  readonly _handshakePacket: { readonly serverVersion: string } | null;
  addCommand(command: Command): Command;
  writePacket(packet: unknown): void;
  write(bytes: Uint8Array): void;
  _bumpSequenceId(packets: number): void;
  query(options: QueryOptions, done: (error: DriverError | null, rows: unknown, fields: readonly ColumnPacket[] | undefined) => void): void;
  prepare(options: { readonly sql: string }, done: (error: DriverError | null, statement: { close(): void } | undefined) => void): void;
  ping(done: (error: DriverError | undefined) => void): void;
  end(done: () => void): void;
  destroy(): void;
  on(event: "error" | "connect", listener: (error: DriverError) => void): this;
}

/** What the module exports. */
export interface Driver {
  createConnection(options: Readonly<Record<string, unknown>>): Connection;
  readonly Connection: {
    createQuery(
      options: QueryOptions,
      values: undefined,
      done: Command["onResult"],
      config: Connection["config"],
    ): Command;
  };
  readonly authPlugins: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => unknown>>;
}

let loaded: Promise<Driver> | undefined;

/** Loads mysql2 when it is first needed, so that processes without a MySQL task do not carry it. */
export function loadDriver(): Promise<Driver> {
  loaded ??= import("mysql2").then((module) => module.default as unknown as Driver);
  return loaded;
}

/** Capability by which a query begins with a count of attributes (MySQL, not MariaDB). */
export const CLIENT_QUERY_ATTRIBUTES = 1 << 27;
