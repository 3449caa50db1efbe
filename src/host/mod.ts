/** The inside of a child process: runs tasks, and connector code that may block. */
import { configureLog, hideSecrets, logger } from "../base/log.ts";
import type { FromHost, TaskRef, TaskSpec, ToHost } from "../link/messages.ts";
import type { AnyConverter } from "../sdk/converter.ts";
import type { ConnectorDefinition } from "../sdk/connector.ts";
import { LoopControl } from "./loop_control.ts";
import { ParentLine } from "./parent_calls.ts";
import type { HostClock, KafkaPort } from "./ports.ts";
import { Service } from "./service.ts";
import { SinkLoop } from "./sink_loop.ts";
import { SinkOpening } from "./sink_opening.ts";
import { SourceLoop } from "./source_loop.ts";
import { taskLogger } from "./task_log.ts";
import { type ParentCalls, TaskOpening } from "./task_opening.ts";
import { wireError } from "./trace.ts";
import { Uncaught } from "./uncaught.ts";

/** What a host is made of. */
export interface HostOptions {
  readonly connectors: readonly ConnectorDefinition[];
  readonly converters: readonly AnyConverter[];
  readonly kafka: KafkaPort;
  readonly clock: HostClock;
  /** Hands a message to the parent, in order. */
  readonly send: (message: FromHost) => void;
  /** Resident memory of this process in bytes. */
  readonly memory: () => number;
}

/** A task that runs, and the promise of its end. */
interface Running {
  readonly ref: TaskRef;
  readonly control: LoopControl;
  readonly ended: Promise<void>;
}

const LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;
type Level = typeof LEVELS[number];

const log = logger("host");

/** A child process from the inside: does what the parent says and tells what comes of it. Lives until `exit`. */
export class Host {
  /** Resolves after `exit`, once every task has ended. */
  readonly stopped: Promise<void>;
  readonly #options: HostOptions;
  readonly #line: ParentLine;
  readonly #service: Service;
  readonly #uncaught: Uncaught;
  readonly #running = new Map<string, Running>();
  readonly #stopped = Promise.withResolvers<void>();
  #embeddedKafka = false;
  #logLevel: Level = "info";
  #logFormat: "text" | "json" = "text";

  constructor(options: HostOptions) {
    this.#options = options;
    this.#line = new ParentLine(options.send);
    this.#service = new Service(options);
    this.#uncaught = new Uncaught(log);
    this.stopped = this.#stopped.promise;
  }

  /** Takes one message of the parent. Never throws and never waits. */
  receive(message: ToHost): void {
    switch (message.do) {
      case "hello":
        return this.#hello(message);
      case "ping":
        return this.#options.send({ is: "pong", at: message.at, rssBytes: this.#options.memory() });
      case "start":
        return this.#start(message.task, message.spec, message.paused);
      case "stop":
        return this.#stop(message.task, message.deadlineMs);
      case "pause":
        return this.#find(message.task)?.control.pause();
      case "resume":
        return this.#find(message.task)?.control.resume();
      case "call":
        return void this.#call(message);
      case "answer":
        return this.#line.answer(message.call, message.ok, message.error);
      case "log":
        return this.#setLevel(message.logger, message.level);
      case "secrets":
        return hideSecrets(message.values);
      case "broker":
        return log.warn("A host was asked to be a broker", { request: message.request.what });
      case "exit":
        return void this.#exit();
    }
  }

  #hello({ logLevel, logFormat, secrets, embeddedKafka }: Extract<ToHost, { readonly do: "hello" }>): void {
    // Invariant 5: before anything is logged.
    hideSecrets(secrets);
    this.#logFormat = logFormat;
    this.#setLevel("root", logLevel);
    this.#embeddedKafka = embeddedKafka;
    this.#options.send({ is: "ready", pid: Deno.pid });
  }

  #start(ref: TaskRef, spec: TaskSpec, paused: boolean): void {
    const control = new LoopControl(this.#options.clock, paused);
    const loop = this.#loopOf(ref, spec, control);
    const before = this.#running.get(keyOf(ref));
    const ended = this.#run(ref, control, () => loop.run(), before);
    this.#running.set(keyOf(ref), { ref, control, ended });
  }

  /** A class nobody knows is for the loop of sources to say. */
  #loopOf(ref: TaskRef, spec: TaskSpec, control: LoopControl): { run(): Promise<void> } {
    const { clock, connectors, send: tell } = this.#options;
    const isSink = connectors.some((definition) => definition.kind === "sink" && definition.class === spec.connectorClass);
    const log = taskLogger(isSink ? "host.sink" : "host.source", ref);
    const options = { ...this.#options, ref, spec, log, tell, parent: this.#parent() };
    if (isSink) return new SinkLoop({ ref, opening: new SinkOpening(options), clock, log, tell, control });
    return new SourceLoop({ ref, opening: new TaskOpening(options), clock, log, tell, control });
  }

  /** Two starts of one task never run at once: the later one would repeat what the earlier is still sending. */
  async #run(ref: TaskRef, control: LoopControl, run: () => Promise<void>, before: Running | undefined): Promise<void> {
    before?.control.stop(0);
    await before?.ended;
    await this.#uncaught.within(control, run);
    if (this.#running.get(keyOf(ref))?.control === control) this.#running.delete(keyOf(ref));
  }

  /** A task that is not here has ended before; the parent is told so again. */
  #stop(ref: TaskRef, deadlineMs: number): void {
    const running = this.#find(ref);
    if (running === undefined) this.#options.send({ is: "ended", task: ref, clean: true });
    else running.control.stop(deadlineMs);
  }

  async #call({ call, request, deadlineMs }: Extract<ToHost, { readonly do: "call" }>): Promise<void> {
    try {
      const ok = await this.#service.serve(request, deadlineMs);
      this.#options.send({ is: "answer", call, ok });
    } catch (error) {
      this.#options.send({ is: "answer", call, error: wireError(error) });
    }
  }

  async #exit(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { control } of running) control.stop(0);
    await Promise.all(running.map(({ ended }) => ended));
    this.#service.close();
    this.#uncaught.close();
    this.#stopped.resolve();
  }

  #find(ref: TaskRef): Running | undefined {
    const running = this.#running.get(keyOf(ref));
    return running?.ref.generation === ref.generation ? running : undefined;
  }

  #parent(): ParentCalls {
    const line = this.#line;
    return {
      readOffsets: (connector, partitions) => line.readOffsets(connector, partitions),
      createTopic: this.#embeddedKafka ? (topic, partitions) => line.createTopic(topic, partitions) : undefined,
    };
  }

  /** Levels of single loggers are not told apart in a child: all of its lines follow the root's. */
  #setLevel(name: string, level: string): void {
    const known = levelOf(level);
    if (known === undefined) return log.warn(`Cannot set the level of logger "${name}" to "${level}", as there is no such level`);
    if (name !== "root") return log.debug(`The level of logger "${name}" follows the root's in this process`);
    this.#logLevel = known;
    configureLog({ level: this.#logLevel, format: this.#logFormat });
  }
}

/** Makes the inside of a child; `main.ts` joins `receive` and `send` to stdin and stdout. */
export function createHost(options: HostOptions): Host {
  return new Host(options);
}

function keyOf({ connector, task }: TaskRef): string {
  return `${task} ${connector}`;
}

/** Our levels, and log4j's names for them. */
function levelOf(level: string): Level | undefined {
  const lower = level.toLowerCase();
  const name = lower === "warn" ? "warning" : lower;
  return LEVELS.find((known) => known === name);
}
