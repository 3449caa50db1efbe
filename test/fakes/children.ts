import type { FromHost, ServiceRequest, TaskRef, TaskSpec, ToHost } from "../../src/link/messages.ts";
import type { Child, ChildExit, ChildSpawner } from "../../src/worker/ports.ts";

/** What a service host answers: a value, an error message in a `ConnectException`, or nothing ever. */
export type ServiceAnswer = { readonly ok: unknown } | { readonly error: string; readonly javaClass?: string } | "never";

/** A task that a fake host holds. */
export interface HeldTask {
  readonly ref: TaskRef;
  readonly spec: TaskSpec;
  isPaused: boolean;
}

/** Starts fake children. They obey at once unless told otherwise, and what they may not see, two generations of a task at a time, is noted. */
export class FakeSpawner implements ChildSpawner {
  readonly children: FakeChild[] = [];
  /** Broken rules of the protocol; empty in every good test. */
  readonly violations: string[] = [];
  /** What service hosts answer. */
  serve: (request: ServiceRequest) => ServiceAnswer = () => ({ ok: [] });
  /** Set: no process can be started. */
  refuses: string | undefined;
  /** Whether tasks say that they run as soon as they are started. */
  startsAtOnce = true;
  /** Whether tasks end as soon as they are told to. */
  stopsAtOnce = true;
  #pids = 100;

  spawn(role: "tasks" | "service"): FakeChild {
    if (this.refuses !== undefined) throw new Error(this.refuses);
    const child = new FakeChild(++this.#pids, role, this);
    this.children.push(child);
    return child;
  }

  /** Children of that role that live. */
  living(role: "tasks" | "service"): readonly FakeChild[] {
    return this.children.filter((child) => child.role === role && !child.isDead);
  }

  /** The living host that holds a task. */
  hostOf(connector: string, task = 0): FakeChild {
    const host = this.living("tasks").find((child) => child.held(connector, task) !== undefined);
    if (host === undefined) throw new Error(`No host holds ${connector}-${task}`);
    return host;
  }

  /** Generations of a task that live now, over all hosts. */
  generations(connector: string, task: number): readonly number[] {
    return this.living("tasks").flatMap((child) => child.held(connector, task)?.ref.generation ?? []);
  }
}

/** A child that exists in this process alone. */
export class FakeChild implements Child {
  readonly pid: number;
  readonly role: "tasks" | "service";
  /** Everything it was told. */
  readonly told: ToHost[] = [];
  readonly exit: Promise<ChildExit>;
  readonly tasks: HeldTask[] = [];
  /** Answers nothing any more, as if one call blocked it. */
  isHung = false;
  isDead = false;
  rssBytes = 50_000_000;
  readonly #world: FakeSpawner;
  #said: FromHost[] = [];
  #hear: () => void = () => {};
  readonly #exited = Promise.withResolvers<ChildExit>();

  constructor(pid: number, role: "tasks" | "service", world: FakeSpawner) {
    this.pid = pid;
    this.role = role;
    this.#world = world;
    this.exit = this.#exited.promise;
  }

  get messages(): AsyncIterable<FromHost> {
    return this.#messages();
  }

  send(message: ToHost): void {
    if (this.isDead) return;
    this.told.push(message);
    if (message.do === "start") this.#hold(message);
    if (!this.isHung) this.#obey(message);
  }

  kill(): void {
    this.die(137, "SIGKILL");
  }

  /** Ends, with what it had said still to be heard. */
  die(code: number, signal: string | null = null): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#exited.resolve({ code, signal });
    this.#hear();
  }

  say(message: FromHost): void {
    if (this.isDead) throw new Error("A dead child says nothing");
    this.#said.push(message);
    this.#hear();
  }

  held(connector: string, task: number): HeldTask | undefined {
    return this.tasks.find(({ ref }) => ref.connector === connector && ref.task === task);
  }

  /** Says that a task runs, or is paused. */
  run(held: HeldTask): void {
    this.say({ is: "state", task: held.ref, state: held.isPaused ? "PAUSED" : "RUNNING" });
  }

  /** A task fails and is gone, as hosts do it. */
  fail(held: HeldTask, message = "boom"): void {
    this.#release(held);
    const javaClass = "org.apache.kafka.connect.errors.ConnectException";
    const error = { javaClass, message, trace: `${javaClass}: ${message}\n\tat test\n`, retriable: false };
    this.say({ is: "failed", task: held.ref, error });
    const isToStop = this.told.some((message) => message.do === "stop" && message.task.generation === held.ref.generation);
    if (isToStop) this.say({ is: "ended", task: held.ref, clean: true });
  }

  /** A task is gone after a stop. */
  finish(held: HeldTask, clean = true): void {
    this.#release(held);
    this.say({ is: "ended", task: held.ref, clean });
  }

  #hold({ task, spec, paused }: Extract<ToHost, { readonly do: "start" }>): void {
    const others = this.#world.generations(task.connector, task.task);
    if (others.length > 0) this.#world.violations.push(`${task.connector}-${task.task}: ${task.generation} beside ${others}`);
    this.tasks.push({ ref: task, spec, isPaused: paused });
  }

  #release(held: HeldTask): void {
    this.tasks.splice(this.tasks.indexOf(held), 1);
  }

  #obey(message: ToHost): void {
    switch (message.do) {
      case "hello":
        return this.say({ is: "ready", pid: this.pid });
      case "ping":
        return this.say({ is: "pong", at: message.at, rssBytes: this.rssBytes });
      case "start":
      case "pause":
      case "resume":
        return this.#change(message);
      case "stop":
        return this.#stop(message.task);
      case "call":
        return this.#serve(message.call, message.request);
      case "exit":
        return this.die(0);
      default:
        return;
    }
  }

  #find(ref: TaskRef): HeldTask | undefined {
    return this.tasks.find((held) => held.ref.generation === ref.generation);
  }

  #change(message: Extract<ToHost, { readonly do: "start" | "pause" | "resume" }>): void {
    const held = this.#find(message.task);
    if (held === undefined) return;
    if (message.do !== "start") held.isPaused = message.do === "pause";
    if (this.#world.startsAtOnce) this.run(held);
  }

  #stop(ref: TaskRef): void {
    const held = this.#find(ref);
    if (held === undefined) this.say({ is: "ended", task: ref, clean: true });
    else if (this.#world.stopsAtOnce) this.finish(held);
  }

  #serve(call: number, request: ServiceRequest): void {
    const answer = this.#world.serve(request);
    if (answer === "never") return;
    if ("ok" in answer) return this.say({ is: "answer", call, ok: answer.ok });
    const { error: message, javaClass = "org.apache.kafka.connect.errors.ConnectException" } = answer;
    this.say({ is: "answer", call, error: { javaClass, message, trace: `${javaClass}: ${message}\n`, retriable: false } });
  }

  async *#messages(): AsyncGenerator<FromHost> {
    for (;;) {
      const next = this.#said.shift();
      if (next !== undefined) yield next;
      else if (this.isDead) return;
      else await new Promise<void>((resolve) => this.#hear = resolve);
    }
  }
}
