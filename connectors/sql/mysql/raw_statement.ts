/**
 * Statements sent as bytes: mysql2 takes strings only, and making and encoding them costs five times what the bytes do. A query command
 * of mysql2 is given a `start` step of ours that writes them; the answer is read as ever.
 */
import { Buffer } from "node:buffer";
import { utf8Bytes } from "sdk";
import type { SqlError } from "../sql_error.ts";
import { CLIENT_QUERY_ATTRIBUTES, type Command, type Step } from "./driver.ts";
import type { Link } from "./link.ts";

/** Most bytes of a packet; more go in several (protocol). */
const MAX_PACKET = 0xff_ffff;
const COM_QUERY = 3;
/** Bytes of length and sequence number in front of a packet. */
export const PACKET_HEADER = 4;

/** What sends. */
export type Sender = Pick<Link, "driver" | "connection" | "run">;

/** Bytes to leave free in front of a statement: packet header, command, and where the server counts attributes their count. */
export function statementHeader(link: Sender): number {
  const { config, serverCapabilityFlags } = link.connection;
  return (config.clientFlags & serverCapabilityFlags & CLIENT_QUERY_ATTRIBUTES) === 0 ? PACKET_HEADER + 1 : PACKET_HEADER + 3;
}

/** A statement in a buffer: from its header to its end. */
export interface StatementBytes {
  readonly start: number;
  readonly end: number;
}

/**
 * Sends statements, one behind the other without waiting, and resolves when all are answered. The buffer must not be touched until
 * then. A statement of 16 MB and more goes alone. Throws the first SqlError, but only once all answers are there: the others are run nevertheless.
 */
export function sendStatements(link: Sender, bytes: Uint8Array, statements: readonly StatementBytes[]): Promise<void> {
  const { driver, connection } = link;
  const header = statementHeader(link);
  return new Promise((resolve, reject) => {
    let waiting = statements.length;
    let failure: SqlError | null = null;
    const counts = statements.map(({ start, end }) => writeHeaders(bytes, start, end, header));
    statements.forEach(({ start, end }, i) => {
      const command = driver.Connection.createQuery({ sql: "" }, undefined, undefined, connection.config);
      const packets = counts[i] as number;
      // The first one writes them all: the server finds the next at once when it is done with one.
      const isShort = packets === 1;
      const from = i === 0 || !isShort ? start : -1;
      const to = i === 0 && isShort ? lastShort(statements) : end;
      command.start = startStep(command, bytes, from, to, packets);
      link.run(command, (error) => {
        failure ??= error;
        if (--waiting > 0) return;
        if (failure === null) resolve();
        else reject(failure);
      });
    });
  });
}

/** Sends short statements in one round trip, as `sendStatements` does. */
export function sendTexts(link: Sender, texts: readonly string[]): Promise<void> {
  const header = statementHeader(link);
  const parts = texts.map(utf8Bytes);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + header + part.length, 0));
  let start = 0;
  const statements = parts.map((part) => {
    bytes.set(part, start + header);
    const statement = { start, end: start + header + part.length };
    start = statement.end;
    return statement;
  });
  return sendStatements(link, bytes, statements);
}

/** The end of what goes out in one write. Statements of more than a packet are sent alone. */
function lastShort(statements: readonly StatementBytes[]): number {
  return statements[statements.length - 1]?.end ?? 0;
}

/** Writes the headers of a statement; returns how many packets it takes. */
function writeHeaders(bytes: Uint8Array, start: number, end: number, header: number): number {
  const length = end - start - PACKET_HEADER;
  bytes[start + PACKET_HEADER] = COM_QUERY;
  if (header > PACKET_HEADER + 1) {
    bytes[start + PACKET_HEADER + 1] = 0; // attributes
    bytes[start + PACKET_HEADER + 2] = 1; // sets of them, always one
  }
  writeLength(bytes, start, Math.min(length, MAX_PACKET), 0);
  return Math.floor(length / MAX_PACKET) + 1;
}

function writeLength(bytes: Uint8Array, at: number, length: number, sequence: number): void {
  bytes[at] = length & 0xff;
  bytes[at + 1] = (length >> 8) & 0xff;
  bytes[at + 2] = length >> 16;
  bytes[at + 3] = sequence;
}

function startStep(command: Command, bytes: Uint8Array, from: number, to: number, packets: number): Step {
  return (_packet, connection) => {
    connection._bumpSequenceId(packets);
    if (from >= 0 && packets === 1) connection.write(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from));
    if (packets > 1) writeLarge(connection, bytes, from, to);
    return command.resultsetHeader;
  };
}

/** A statement in several packets, each with a header of its own; the last is shorter than the most, if need be empty. */
function writeLarge(connection: Parameters<Step>[1], bytes: Uint8Array, start: number, end: number): void {
  let sequence = 0;
  for (let at = start + PACKET_HEADER; at <= end; at += MAX_PACKET) {
    const length = Math.min(MAX_PACKET, end - at);
    const header = Buffer.alloc(PACKET_HEADER);
    writeLength(header, 0, length, sequence++);
    connection.write(header);
    if (length > 0) connection.write(Buffer.from(bytes.buffer, bytes.byteOffset + at, length));
    if (length < MAX_PACKET) return;
  }
}
