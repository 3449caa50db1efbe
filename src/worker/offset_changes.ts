/** Changing offsets over REST, those of sources above all: what is refused, in which order and words (Kafka Connect 4.2, golden: offsets-of-a-source). */
import type { SourceOffset, SourcePartition } from "../data/record.ts";
import { offsetText, parseOffsetText } from "../link/offset_text.ts";
import type { OffsetEntry } from "../link/messages.ts";
import { type OffsetPair, WorkerError } from "./api.ts";
import { ServiceFailure } from "./service_host.ts";

const NO_OFFSETS = "Partitions / offsets need to be provided for an alter offsets request";

/** Refuses a request without offsets; comes before the question whether there is such a connector. */
export function requireOffsets(pairs: readonly OffsetPair[]): void {
  if (pairs.length === 0) throw new WorkerError("invalid", NO_OFFSETS);
}

/** The text for a connector that is not stopped. */
export function notStopped(name: string): WorkerError {
  return new WorkerError(
    "invalid",
    "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a " +
      `'PUT' request to the '/connectors/${name}/stop' endpoint`,
  );
}

/** What was asked for in the form it is stored, the last of equal partitions only. Throws for values that are not primitive. */
export function entriesOf(pairs: readonly OffsetPair[]): readonly OffsetEntry[] {
  const entries = new Map<string, string | null>();
  for (const { partition, offset } of pairs) {
    const key = mapText(partition);
    // A partition named twice takes the later place too.
    entries.delete(key);
    entries.set(key, offset === null ? null : mapText(offset));
  }
  return [...entries];
}

/** Stored offsets as clients see them. */
export function pairsOf(entries: readonly (readonly [partition: string, offset: string])[]): readonly OffsetPair[] {
  return entries.map(([partition, offset]) => ({ partition: partitionOf(partition), offset: parseOffsetText(offset) }));
}

/** A partition as the service host is told it: null for the partition that is none. */
export function hookPartition(partition: string): string | null {
  return partition === "null" ? null : partition;
}

/** Kafka Connect's answer. `isByConnector`: the connector said that it took care of its offsets itself. */
export function changeMessage(done: "altered" | "reset", isByConnector: boolean): string {
  if (isByConnector) return `The offsets for this connector have been ${done} successfully`;
  return `The Connect framework-managed offsets for this connector have been ${done} successfully. However, if this connector manages offsets ` +
    `externally, they will need to be manually ${done} in the system that the connector uses.`;
}

/** What a failed hook becomes: its own message for Connect's exceptions, else a general one. */
export function hookError(kind: "source" | "sink", name: string, error: unknown): WorkerError {
  const text = error instanceof ServiceFailure ? hookText(kind, name, error) : `Failed to modify offsets for ${kind} connector ${name}`;
  return new WorkerError("internal", text, { cause: error });
}

function hookText(kind: "source" | "sink", name: string, failure: ServiceFailure): string {
  const { javaClass, message } = failure.wire;
  if (failure.reason === "timeout") return `Timed out while calling the 'alterOffsets' method for ${kind} connector ${name}`;
  if (failure.reason !== "refused") return message;
  if (javaClass === "java.lang.UnsupportedOperationException") {
    return `Failed to modify offsets for connector ${name} because it doesn't support external modification of offsets`;
  }
  const isConnects = javaClass.startsWith("org.apache.kafka.connect.");
  return isConnects ? message : `Failed to modify offsets for ${kind} connector ${name}`;
}

function mapText(map: SourcePartition | SourceOffset | null): string {
  if (map === null) return "null";
  for (const [name, value] of Object.entries<unknown>(map)) {
    if (typeof value !== "object" || value === null) continue;
    const type = Array.isArray(value) ? "ARRAY" : "MAP";
    throw new WorkerError("internal", `Offsets may only contain primitive types as values, but field ${name} contains ${type}`);
  }
  return offsetText(map);
}

function partitionOf(text: string): SourcePartition | null {
  return text === "null" ? null : parseOffsetText(text);
}
