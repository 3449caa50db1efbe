import { logger } from "../base/log.ts";
import type { FromHost, TaskRef, TaskSpec, ToHost, WireError } from "../link/messages.ts";
import { faultOf, type HostEnd, type HostLimits, whyEnded } from "./host_end.ts";
import { HostProcess } from "./host_process.ts";
import type { Owned } from "./owned.ts";
import { type HostUse, partition, placeTask } from "./placement.ts";
import type { ChildSpawner, WorkerClock } from "./ports.ts";

const log = logger("worker.hosts");

/** A shared host without tasks is kept this long, for the next task that starts. */
const IDLE_MS = 60_000;
/** Between two looks for idle hosts. */
const SWEEP_MS = 15_000;
/** How many hosts the suspects of one dead host are spread over, at most. */
const MAX_GROUPS = 8;

/** What a host says about one of its tasks. */
export type TaskMessage = Extract<FromHost, { readonly task: TaskRef }>;
/** What a host asks. */
export type HostQuestion = Extract<FromHost, { readonly is: "offsets.read" | "topic.create" }>;

/** The host of a task is gone. */
export interface HostLoss {
  /** Why, for the status of the task at fault. */
  readonly error: WireError;
  /** Whether this task is held responsible. */
  readonly isAtFault: boolean;
  /** Where to start it again; undefined: where it likes. */
  readonly use: HostUse | undefined;
}

/** A task as the pool sees it. */
export interface Lodger {
  readonly ref: TaskRef;
  /** In order; `ended` is the last. */
  hear(message: TaskMessage): void;
  lose(loss: HostLoss): void;
}

/** A task's place in a host, until it has ended or the host is lost. */
export interface Seat {
  send(message: ToHost): void;
  /** Whether the host has answered lately. */
  readonly isResponsive: boolean;
  /** Kills the host because of this task; the others in it are placed anew. */
  evict(): void;
}

/** What a pool needs. */
export interface HostPoolOptions {
  readonly spawner: ChildSpawner;
  readonly clock: WorkerClock;
  readonly limits: HostLimits;
  /** Most shared hosts, `sluice.task.hosts`. */
  readonly sharedLimit: number;
  /** The first message to each new host. */
  readonly hello: () => ToHost;
  /** Answers a question, at once or later. What it throws becomes the answer. */
  readonly answer: (question: HostQuestion) => unknown;
  readonly owned: Owned;
}

interface Host {
  readonly use: HostUse;
  readonly process: HostProcess;
  /** By generation. */
  readonly lodgers: Map<number, Lodger>;
  /** Told to exit: takes no task any more. */
  isLeaving: boolean;
  /** The task because of which it is being killed. */
  culprit: Lodger | undefined;
  idleSince: number;
}

/**
 * The task hosts: started when first needed, watched, replaced when they die.
 *
 * Who is at fault when a host dies? A host with one task: that task. With several, nobody can tell from outside: a process that
 * was killed or has crashed says nothing any more, and a note of "the task whose code runs now" would name the wrong one, as tasks
 * of one host take turns at every `await`, share one heap, and share librdkafka's threads. So its tasks become suspects:
 * they are started again at once, spread over fresh hosts apart from all others, at most eight of them. When one of these dies, its
 * tasks are spread again, until a host that dies holds a single task. Of n suspects the one at fault is found after log8(n) more
 * deaths, none of which touches a task that was not in the first host; all others run on meanwhile. Hosts set apart take no further
 * task and end with their last one; a task that was found at fault starts apart until it is reconfigured. Invariant 7
 */
export class HostPool {
  readonly #options: HostPoolOptions;
  readonly #hosts = new Set<Host>();
  readonly #over = new AbortController();
  #groups = 0;

  constructor(options: HostPoolOptions) {
    this.#options = options;
    options.owned.add("the sweep of idle hosts", this.#sweep());
  }

  /** A use that no other task has: a host of one's own for as long as one stays. */
  apart(): HostUse {
    return { kind: "apart", group: ++this.#groups };
  }

  /** Starts a task on a host of that use, which is started if need be. Throws when the system starts no further process. */
  start(lodger: Lodger, spec: TaskSpec, paused: boolean, use: HostUse): Seat {
    const host = this.#hostFor(use);
    const { ref } = lodger;
    host.lodgers.set(ref.generation, lodger);
    host.process.send({ do: "start", task: ref, spec, paused });
    return {
      send: (message) => host.process.send(message),
      get isResponsive() {
        return host.process.isResponsive;
      },
      evict: () => {
        host.culprit = lodger;
        host.process.kill("deaf");
      },
    };
  }

  /** Tells every host, those to come through `hello`. */
  broadcast(message: ToHost): void {
    for (const host of this.#hosts) host.process.send(message);
  }

  /** Ends all hosts, killing those that do not obey. Their tasks should have ended before. */
  async close(exitMs: number): Promise<void> {
    this.#over.abort();
    await Promise.all([...this.#hosts].map((host) => this.#dismiss(host, exitMs)));
  }

  #hostFor(use: HostUse): Host {
    const known = [...this.#hosts].filter((host) => !host.isLeaving).map((host) => ({ use: host.use, tasks: host.lodgers.size, host }));
    return placeTask(known, use, this.#options.sharedLimit)?.host ?? this.#open(use);
  }

  #open(use: HostUse): Host {
    const { spawner, clock, limits, hello, owned } = this.#options;
    const child = spawner.spawn("tasks");
    const process = new HostProcess(child, hello(), clock, limits, (message) => this.#hear(host, message));
    const host: Host = { use, process, lodgers: new Map(), isLeaving: false, culprit: undefined, idleSince: clock.now() };
    this.#hosts.add(host);
    log.info("Task host started", { pid: process.pid, use: use.kind });
    owned.add("the watch over a task host", process.ended.then((end) => this.#lose(host, end)));
    return host;
  }

  #hear(host: Host, message: FromHost): void {
    switch (message.is) {
      case "offsets.read":
      case "topic.create":
        this.#options.owned.add("the answer to a host", this.#answer(host, message));
        return;
      case "state":
      case "failed":
      case "offsets":
      case "topics":
        // Of a task that is no longer known nothing counts.
        host.lodgers.get(message.task.generation)?.hear(message);
        return;
      case "ended":
        this.#seeOff(host, message);
        return;
      case "ready":
      case "pong":
      case "answer":
        return;
    }
  }

  #seeOff(host: Host, message: Extract<TaskMessage, { readonly is: "ended" }>): void {
    const lodger = host.lodgers.get(message.task.generation);
    host.lodgers.delete(message.task.generation);
    host.idleSince = this.#options.clock.now();
    lodger?.hear(message);
    // Only now: a task that starts again at once may do so in the same host.
    if (host.lodgers.size === 0 && host.use.kind !== "shared") this.#release(host);
  }

  /** A refusal goes back as retriable: what was asked for may be had later, once the store or the broker is well. */
  async #answer(host: Host, question: HostQuestion): Promise<void> {
    try {
      host.process.send({ do: "answer", call: question.call, ok: await this.#options.answer(question) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const javaClass = "org.apache.kafka.connect.errors.ConnectException";
      host.process.send({
        do: "answer",
        call: question.call,
        error: { javaClass, message, trace: `${javaClass}: ${message}\n`, retriable: true },
      });
    }
  }

  /** See the class: the task at fault if it is known, else every task of the host under suspicion. */
  #lose(host: Host, end: HostEnd): void {
    this.#hosts.delete(host);
    const lodgers = [...host.lodgers.values()];
    const why = whyEnded(end, this.#options.limits);
    if (lodgers.length === 0) return log.info(why, { pid: end.pid });
    log.error(why, { pid: end.pid, tasks: lodgers.map(({ ref }) => `${ref.connector}-${ref.task}`).join(", ") });
    const error = faultOf(end, this.#options.limits);
    const culprit = host.culprit ?? (lodgers.length === 1 ? lodgers[0] : undefined);
    if (culprit !== undefined) {
      for (const lodger of lodgers) lodger.lose({ error, isAtFault: lodger === culprit, use: undefined });
      return;
    }
    for (const group of partition(lodgers, MAX_GROUPS)) {
      const use = this.apart();
      for (const lodger of group) lodger.lose({ error, isAtFault: false, use });
    }
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#over.signal.aborted) {
      await clock.sleep(SWEEP_MS, this.#over.signal);
      for (const host of this.#hosts) {
        if (host.lodgers.size === 0 && !host.isLeaving && clock.now() - host.idleSince >= IDLE_MS) this.#release(host);
      }
    }
  }

  #release(host: Host): void {
    this.#options.owned.add("the end of an idle host", this.#dismiss(host));
  }

  #dismiss(host: Host, exitMs?: number): Promise<void> {
    host.isLeaving = true;
    return host.process.dismiss(exitMs);
  }
}
