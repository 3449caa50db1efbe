import { logger } from "../base/log.ts";
import type { FromHost, ServiceAnswers, ServiceRequest, ToHost, WireError } from "../link/messages.ts";
import { faultError, type HostEnd, type HostLimits, whyEnded } from "./host_end.ts";
import { HostProcess } from "./host_process.ts";
import type { Owned } from "./owned.ts";
import type { ChildSpawner, WorkerClock } from "./ports.ts";

const log = logger("worker.service");

/** Why a request to the service host has no answer. */
export class ServiceFailure extends Error {
  override readonly name = "ServiceFailure";
  /**
   * - `refused`: the connector threw; `wire` is what it threw
   * - `timeout`: no answer within the deadline
   * - `lost`: the host died twice under this request, or cannot be started
   * - `aborted`: nobody wants the answer any more
   */
  constructor(readonly reason: "refused" | "timeout" | "lost" | "aborted", readonly wire: WireError) {
    super(wire.message);
  }
}

/** What the service host needs. */
export interface ServiceHostOptions {
  readonly spawner: ChildSpawner;
  readonly clock: WorkerClock;
  readonly limits: HostLimits;
  readonly hello: () => ToHost;
  readonly owned: Owned;
}

type Outcome =
  | { readonly is: "answered"; readonly ok: unknown }
  | { readonly is: "refused"; readonly error: WireError }
  | { readonly is: "timeout" }
  | { readonly is: "aborted" }
  | { readonly is: "died"; readonly end: HostEnd };

/** A child that serves requests, and those it has not answered. */
interface Desk {
  readonly process: HostProcess;
  readonly waiting: Map<number, (outcome: Outcome) => void>;
  /** Requests it was ever given. */
  asked: number;
}

/**
 * A child with nothing to do this long is let go: with the drivers it has loaded it holds 60 MB, and another is there in 60 ms. Long enough for
 * the requests of one create or one form.
 */
const IDLE_MS = 2000;

/**
 * Runs connector code that may block, in a child of its own, under deadlines. All requests share one child; one that blocks it
 * past its deadline has it killed. The others that were under way are then asked once more, each in a child of its own, so that
 * none can be spoilt twice by its neighbours, and one that kills its own child is known for it. Invariant 7
 */
export class ServiceHost {
  readonly #options: ServiceHostOptions;
  readonly #desks = new Set<Desk>();
  #shared: Desk | undefined;
  #calls = 0;
  #isClosed = false;
  readonly #closing = new AbortController();

  constructor(options: ServiceHostOptions) {
    this.#options = options;
  }

  /** Throws a `ServiceFailure`. The signal ends the waiting, not the work. */
  async call<R extends ServiceRequest>(request: R, deadlineMs: number, signal?: AbortSignal): Promise<ServiceAnswers[R["what"]]> {
    const desk = this.#sharedDesk();
    const first = await this.#ask(desk, request, deadlineMs, signal);
    if (!this.#isClosed) this.#options.owned.add("the end of an idle service host", this.#letGo(desk, desk.asked));
    const outcome = first.is === "died" && !this.#isClosed ? await this.#askAlone(request, deadlineMs, signal) : first;
    if (outcome.is === "answered") return outcome.ok as ServiceAnswers[R["what"]];
    throw this.#failure(request.what, deadlineMs, outcome);
  }

  /** Unless it was asked something else meanwhile. */
  async #letGo(desk: Desk, asked: number): Promise<void> {
    await this.#options.clock.sleep(IDLE_MS, this.#closing.signal);
    if (this.#shared !== desk || desk.asked !== asked || desk.waiting.size > 0) return;
    this.#shared = undefined;
    await desk.process.dismiss();
  }

  broadcast(message: ToHost): void {
    for (const desk of this.#desks) desk.process.send(message);
  }

  /** Ends the children; requests under way fail. */
  async close(exitMs: number): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort();
    await Promise.all([...this.#desks].map((desk) => desk.process.dismiss(exitMs)));
  }

  #sharedDesk(): Desk {
    this.#shared ??= this.#open();
    return this.#shared;
  }

  async #askAlone(request: ServiceRequest, deadlineMs: number, signal: AbortSignal | undefined): Promise<Outcome> {
    const desk = this.#open();
    try {
      return await this.#ask(desk, request, deadlineMs, signal);
    } finally {
      this.#options.owned.add("the end of a service host", desk.process.dismiss());
    }
  }

  #open(): Desk {
    const { spawner, clock, limits, hello, owned } = this.#options;
    if (this.#isClosed) throw new ServiceFailure("lost", faultError("Worker is shutting down"));
    const child = startChild(spawner);
    const process = new HostProcess(child, hello(), clock, limits, (message) => hear(desk, message));
    const desk: Desk = { process, waiting: new Map(), asked: 0 };
    this.#desks.add(desk);
    owned.add("the watch over a service host", process.ended.then((end) => this.#lose(desk, end)));
    return desk;
  }

  #lose(desk: Desk, end: HostEnd): void {
    this.#desks.delete(desk);
    if (this.#shared === desk) this.#shared = undefined;
    const waiting = [...desk.waiting.values()];
    if (end.cause !== "unwanted") log.error(whyEnded(end, this.#options.limits), { pid: end.pid, requests: waiting.length });
    for (const settle of waiting) settle({ is: "died", end });
  }

  async #ask(desk: Desk, request: ServiceRequest, deadlineMs: number, signal: AbortSignal | undefined): Promise<Outcome> {
    if (signal?.aborted) return { is: "aborted" };
    const call = ++this.#calls;
    desk.asked++;
    const over = new AbortController();
    const answer = new Promise<Outcome>((resolve) => {
      const settle = (outcome: Outcome) => {
        desk.waiting.delete(call);
        over.abort();
        resolve(outcome);
      };
      desk.waiting.set(call, settle);
      signal?.addEventListener("abort", () => settle({ is: "aborted" }), { signal: over.signal });
      this.#options.owned.add("the deadline of a request", this.#expire(desk, deadlineMs, over.signal, settle));
    });
    desk.process.send({ do: "call", call, request, deadlineMs });
    return await answer;
  }

  async #expire(desk: Desk, deadlineMs: number, over: AbortSignal, settle: (outcome: Outcome) => void): Promise<void> {
    await this.#options.clock.sleep(deadlineMs, over);
    if (over.aborted) return;
    settle({ is: "timeout" });
    // A child that still answers is only slow with this one; one that does not is blocked, and everybody behind it waits.
    if (!desk.process.isResponsive) desk.process.kill("silent");
  }

  #failure(what: string, deadlineMs: number, outcome: Exclude<Outcome, { readonly is: "answered" }>): ServiceFailure {
    switch (outcome.is) {
      case "refused":
        return new ServiceFailure("refused", outcome.error);
      case "timeout":
        return new ServiceFailure("timeout", faultError(`The connector did not finish "${what}" within ${deadlineMs / 1000} s`));
      case "aborted":
        return new ServiceFailure("aborted", faultError(`Request "${what}" was given up`));
      case "died":
        return new ServiceFailure("lost", faultError(`Cannot finish "${what}": ${whyEnded(outcome.end, this.#options.limits)}`));
    }
  }
}

function hear(desk: Desk, message: FromHost): void {
  if (message.is !== "answer") return;
  const settle = desk.waiting.get(message.call);
  if (message.error === undefined) settle?.({ is: "answered", ok: message.ok });
  else settle?.({ is: "refused", error: message.error });
}

function startChild(spawner: ChildSpawner): ReturnType<ChildSpawner["spawn"]> {
  try {
    return spawner.spawn("service");
  } catch (error) {
    throw new ServiceFailure(
      "lost",
      faultError(`Cannot start a process for connector code: ${error instanceof Error ? error.message : error}`),
    );
  }
}
