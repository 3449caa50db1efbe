/** Why a child ended, for the trace of the task at fault. */
import type { WireError } from "../link/messages.ts";
import type { ChildExit } from "./ports.ts";

/**
 * Why the parent killed a child itself:
 * - `silent`: no heartbeat
 * - `memory`: more resident memory than its share
 * - `deaf`: a task ignored its stop
 * - `garbled`: what it says cannot be understood
 * - `unwanted`: it was told to exit, as nothing needs it
 */
export type KillCause = "silent" | "memory" | "deaf" | "garbled" | "unwanted";

/** The end of a child. */
export interface HostEnd {
  readonly pid: number;
  readonly exit: ChildExit;
  readonly cause: KillCause | undefined;
  /** Resident memory at its last heartbeat. */
  readonly rssBytes: number;
}

/** Limits a child may have broken, for the sentence. */
export interface HostLimits {
  /** Silence after which a child is given up. */
  readonly heartbeatTimeoutMs: number;
  /** Most resident memory of a task host; 0 = no limit. */
  readonly maxMemoryBytes: number;
}

/** Exit codes of a process ended by a signal: 128 + its number, which is what shells and containers show. */
const OUT_OF_MEMORY = 133; // SIGTRAP: V8 gives up when its heap is full
const ABORTED = 134; // SIGABRT
const KILLED = 137; // SIGKILL
const SEGMENTATION_FAULT = 139; // SIGSEGV
const BUS_ERROR = 135; // SIGBUS

/** The error for the status of the task at fault. */
export function faultOf(end: HostEnd, limits: HostLimits): WireError {
  return faultError(`${whyEnded(end, limits)} Restart the task once the cause is removed; its offsets are kept.`);
}

/** An error of the worker's own, in the form traces have. */
export function faultError(message: string, javaClass = "org.apache.kafka.connect.errors.ConnectException"): WireError {
  return { javaClass, message, trace: `${javaClass}: ${message}\n`, retriable: false };
}

/** One or two sentences, full stop included. */
export function whyEnded(end: HostEnd, limits: HostLimits): string {
  const host = `Task host ${end.pid}`;
  switch (end.cause) {
    case "silent":
      return `Heartbeat lost: ${host} did not answer for ${limits.heartbeatTimeoutMs / 1000} s and was killed. A single call blocked it: ` +
        "an endless loop, a regular expression without end, a native call that does not return, or a heap nearly full of what cannot be freed.";
    case "memory":
      return `Out of memory: ${host} used ${end.rssBytes} bytes, more than its share of ${limits.maxMemoryBytes} bytes ` +
        '("sluice.host.memory.max.bytes"), and was killed.';
    case "deaf":
      return `${host} was killed, as the task did not end within its time to stop.`;
    case "garbled":
      return `${host} was killed, as what it said could not be understood.`;
    case "unwanted":
      return `${host} was ended, as it was no longer needed.`;
    case undefined:
      return `${host} ${exitWords(end.exit)}`;
  }
}

function exitWords({ code, signal }: ChildExit): string {
  const shown = signal === null ? `exit code ${code}` : `exit code ${code}, ${signal}`;
  switch (code) {
    case OUT_OF_MEMORY:
      return `ran out of memory (${shown}): the JavaScript heap reached its limit.`;
    case ABORTED:
    case BUS_ERROR:
    case SEGMENTATION_FAULT:
      return `crashed in native code (${shown}).`;
    case KILLED:
      return `was killed from outside (${shown}), as the system does when memory runs out.`;
    default:
      return `ended unexpectedly (${shown}).`;
  }
}
