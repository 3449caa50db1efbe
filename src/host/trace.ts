/** Errors as Kafka Connect's clients know them: a Java stack trace (Throwable.printStackTrace) made from a JavaScript one. */
import { withoutSecrets } from "../base/log.ts";
import type { WireError } from "../link/messages.ts";
import { kafkaExceptionOf } from "./kafka_exceptions.ts";

/** Longest chain of causes that is written out; a longer one is most likely a circle. */
const MAX_CAUSES = 20;
/** Where our sources lie on this machine, or in the compiled binary; frames name what lies below as `sluice/…`. */
const OWN_SOURCES = new URL("../../", import.meta.url).href;
const NPM_CACHE = /\(?file:\/\/[^\s()]*?\/(?:npm\/[\w.-]+|node_modules)\//g;

/** The error as it crosses to the parent: masked, with its whole trace. */
export function wireError(error: unknown): WireError {
  return {
    javaClass: javaClassOf(error),
    message: withoutSecrets(messageOf(error)),
    trace: traceOf(error),
    retriable: isRetriable(error),
  };
}

/** The whole trace: `class: message`, frames, causes; ends in a line feed. Invariant 5: secrets are masked by value. */
export function traceOf(error: unknown): string {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    lines.push((depth === 0 ? "" : "Caused by: ") + headline(current), ...framesOf(current));
    for (const part of current instanceof AggregateError ? current.errors : []) {
      lines.push(`\tSuppressed: ${headline(part)}`, ...framesOf(part).map((frame) => `\t${frame}`));
    }
    current = current instanceof Error ? current.cause : undefined;
    if (current === undefined || current === null) break;
  }
  return withoutSecrets(lines.join("\n") + "\n");
}

/** Whether calling again may help: the error says so itself. */
export function isRetriable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "RetriableException" || ("retriable" in error && error.retriable === true);
}

/** The Java class an error carries, or the JavaScript name of one that carries none. */
export function javaClassOf(error: unknown): string {
  if (!(error instanceof Error)) return "org.apache.kafka.connect.errors.ConnectException";
  if ("javaClass" in error && typeof error.javaClass === "string") return error.javaClass;
  return error.name === "KafkaError" && "code" in error ? kafkaExceptionOf(String(error.code)) : error.name;
}

/** What was thrown need not be an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `Thrown value is not an error: ${String(error)}`;
}

/** Throwable.toString. */
function headline(error: unknown): string {
  const message = messageOf(error);
  return message === "" ? javaClassOf(error) : `${javaClassOf(error)}: ${message}`;
}

function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  // V8 writes the message first, which may have lines of its own.
  const start = error.stack.indexOf("\n    at ");
  if (start < 0) return [];
  const lines = error.stack.slice(start + 1).split("\n").filter((line) => line.startsWith("    at "));
  return lines.map((line) => `\tat ${withoutMachinePaths(line.slice(7))}`);
}

/** A trace is shown to clients, who have no business with this machine's folders. */
function withoutMachinePaths(frame: string): string {
  return frame.replaceAll(OWN_SOURCES, "sluice/").replace(NPM_CACHE, (match) => match.startsWith("(") ? "(npm/" : "npm/");
}
