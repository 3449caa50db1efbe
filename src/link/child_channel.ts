import { frame, isToHost, readFrames } from "./framing.ts";
import type { FromHost, ToHost } from "./messages.ts";

/** A child's end of the link. */
export interface ChildChannel {
  /** What the parent says, in order. Ends when the parent closes it or is gone: then the child must exit. */
  readonly messages: AsyncIterable<ToHost>;
  /** Returns once the message is in the pipe. */
  send(message: FromHost): void;
}

/** Opens the child's end over its own stdin and stdout. Whatever else writes to stdout is told apart by the framing. */
export function openChildChannel(): ChildChannel {
  return { messages: readFrames(Deno.stdin.readable, isToHost), send: (message) => writeAll(frame(message)) };
}

function writeAll(bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    // The parent is gone; the end of stdin tells the child so in the next moment.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
