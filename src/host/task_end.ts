/** What source and sink loops do alike when a task ends. */
import { nextTurn } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { FromHost, TaskRef } from "../link/messages.ts";
import type { LoopControl } from "./loop_control.ts";
import { traceOf, wireError } from "./trace.ts";

/** Who is told of the end. */
export interface EndOptions {
  readonly ref: TaskRef;
  readonly control: LoopControl;
  readonly log: Logger;
  readonly tell: (message: FromHost) => void;
}

/** Tells log and parent how the task ended, once all it held is released. `clean`: in time. */
export function tellEnd({ ref, control, log, tell }: EndOptions, failure: { readonly error: unknown } | undefined, clean: boolean): void {
  if (failure !== undefined) {
    log.error(
      "Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover until manually restarted\n" +
        traceOf(failure.error).trimEnd(),
    );
    tell({ is: "failed", task: ref, error: wireError(failure.error) });
  }
  if (control.isStopAsked) tell({ is: "ended", task: ref, clean });
  control.gone();
}

/** A task that is created paused opens nothing before it is resumed (Kafka Connect 4, WorkerTask). */
export async function waitBeforeStart({ ref, control, tell }: EndOptions): Promise<void> {
  while (control.pauseWanted && !control.stopping.aborted) {
    tell({ is: "state", task: ref, state: "PAUSED" });
    await control.untilResumed();
  }
}

/** Waits for the work or the signal; gives whether the work was done first, or was as good as done. Rejects as the work does. */
export async function endedBefore(work: Promise<unknown> | undefined, signal: AbortSignal): Promise<boolean> {
  if (work === undefined) return true;
  let ended = false;
  const over = Promise.withResolvers<void>();
  const abort = () => over.resolve();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const done = work.then(() => {
    ended = true;
  });
  await Promise.race([done, over.promise]);
  if (!ended) await nextTurn();
  signal.removeEventListener("abort", abort);
  return ended;
}
