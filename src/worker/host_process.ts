import { logger } from "../base/log.ts";
import { Heartbeat } from "../link/heartbeat.ts";
import type { FromHost, ToHost } from "../link/messages.ts";
import type { HostEnd, HostLimits, KillCause } from "./host_end.ts";
import { stackOf } from "./owned.ts";
import type { Child, WorkerClock } from "./ports.ts";

const log = logger("worker.host");

/** Between two questions whether a child still answers. */
const HEARTBEAT_MS = 2000;
/** A child told to exit that has not is killed after this. */
const EXIT_MS = 2000;

/** One child process under watch: its messages, its heartbeat, its memory, its end. */
export class HostProcess {
  /** Resolves once it is gone and all it had said was heard; never rejects. */
  readonly ended: Promise<HostEnd>;
  readonly #child: Child;
  readonly #clock: WorkerClock;
  readonly #limits: HostLimits;
  readonly #hear: (message: FromHost) => void;
  readonly #heartbeat: Heartbeat;
  readonly #over = new AbortController();
  #cause: KillCause | undefined;
  #rssBytes = 0;

  /** `hello` is the first message the child gets; `hear` is told everything but heartbeats, in order. */
  constructor(child: Child, hello: ToHost, clock: WorkerClock, limits: HostLimits, hear: (message: FromHost) => void) {
    this.#child = child;
    this.#clock = clock;
    this.#limits = limits;
    this.#hear = hear;
    const options = { intervalMs: HEARTBEAT_MS, giveUpMs: limits.heartbeatTimeoutMs };
    this.#heartbeat = new Heartbeat(clock, () => child.send({ do: "ping", at: clock.now() }), options);
    child.send(hello);
    this.ended = this.#live();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has answered lately: a blocked one stays silent for more than one question. */
  get isResponsive(): boolean {
    return this.#heartbeat.unanswered <= 1;
  }

  send(message: ToHost): void {
    this.#child.send(message);
  }

  /** Ends it at once. The first cause is the one that is told. */
  kill(cause: KillCause): void {
    this.#cause ??= cause;
    this.#child.kill();
  }

  /** Asks it to exit, and kills it when it does not. Resolves when it is gone. */
  async dismiss(exitMs: number = EXIT_MS): Promise<void> {
    this.#cause ??= "unwanted";
    this.#child.send({ do: "exit" });
    await this.#clock.sleep(exitMs, this.#over.signal);
    if (!this.#over.signal.aborted) this.kill("unwanted");
    await this.ended;
  }

  async #live(): Promise<HostEnd> {
    const watch = this.#watch();
    try {
      for await (const message of this.#child.messages) this.#receive(message);
    } catch (error) {
      log.error("Cannot read what a child says, so it is killed", { pid: this.pid, error: `${error}` });
      this.kill("garbled");
    }
    const exit = await this.#child.exit;
    this.#over.abort();
    await watch;
    return { pid: this.pid, exit, cause: this.#cause, rssBytes: this.#rssBytes };
  }

  async #watch(): Promise<void> {
    if (!await this.#heartbeat.run(this.#over.signal)) this.kill("silent");
  }

  #receive(message: FromHost): void {
    this.#heartbeat.heard();
    if (message.is === "pong") return this.#weigh(message.rssBytes);
    try {
      this.#hear(message);
    } catch (error) {
      // A fault of the parent's: it must neither stop this loop, which would mute the child, nor stay unseen.
      log.error("Cannot handle a message of a child", { pid: this.pid, message: message.is, error: stackOf(error) });
    }
  }

  #weigh(rssBytes: number): void {
    this.#rssBytes = rssBytes;
    if (this.#limits.maxMemoryBytes > 0 && rssBytes > this.#limits.maxMemoryBytes) this.kill("memory");
  }
}
