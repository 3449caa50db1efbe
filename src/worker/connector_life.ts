import { logger, LogValues } from "../base/log.ts";
import { sourceConnectorKeys } from "../config/connector_keys.ts";
import type { StringMap } from "../config/field.ts";
import { parseKey } from "../config/parse.ts";
import { valuesTitle } from "../config/shown_values.ts";
import type { TaskSpec } from "../link/messages.ts";
import { type ConnectorKind, type ShownState, WorkerError } from "./api.ts";
import { effectiveConfig } from "./effective_config.ts";
import { faultError } from "./host_end.ts";
import type { ConnectorPlugin } from "./plugin_set.ts";
import type { Plugins } from "./plugins.ts";
import type { ConfigStore, StoredConnector, TargetState } from "./ports.ts";
import { Resplit, resplitMs } from "./resplit.ts";
import type { RestartPlan } from "./restart_plan.ts";
import { ServiceFailure, type ServiceHost } from "./service_host.ts";
import { sameConfig, sameConfigs, taskConfigsToStore, tooManyTasks } from "./task_configs.ts";
import { TaskCrew } from "./task_crew.ts";
import type { TaskContext, Wanted } from "./task_life.ts";

const log = logger("worker.connector");

/** Longest a connector may take to start, that is to split into tasks. Below the 90 s a request may last. */
const SPLIT_DEADLINE_MS = 60_000;
/** Between two attempts to store task configs while the store refuses. */
const STORE_RETRY_MS = 5000;
/** Kafka Connect 4's class for more tasks than `tasks.max`. */
const TOO_MANY_TASKS = "org.apache.kafka.connect.runtime.TooManyTasksException";

/** What connectors need of the worker. */
export interface ConnectorContext extends TaskContext {
  readonly configs: ConfigStore;
  readonly service: ServiceHost;
  readonly plugins: Plugins;
  /** The worker's properties, as given. */
  readonly workerConfig: StringMap;
  /** Puts what config providers give in the place of references to them. */
  readonly resolve: (config: StringMap) => StringMap;
}

/**
 * One connector from its creation to its removal: brings what is to what is stored as wanted. What is stored was stored before
 * (Invariant 4); nothing here waits for connector code: a start that is overtaken by another wish is given up at once.
 */
export class ConnectorLife {
  readonly name: string;
  readonly #context: ConnectorContext;
  readonly #tasks: TaskCrew;
  readonly #resplit: Resplit;
  #config: StringMap;
  #target: TargetState;
  #taskConfigs: readonly StringMap[];
  /** The config the tasks were made from; undefined after a start of the worker. */
  #applied: StringMap | undefined;
  /** The connector is to be started, that is split into tasks, as soon as its target allows it. */
  #isStartDue = true;
  /** The start under way. */
  #attempt: AbortController | undefined;
  /** Nothing starts as long as there are any: its offsets are being changed, or tasks that were before are not gone. */
  #holds = 0;
  #isRemoved = false;
  #restWaiters: (() => void)[] = [];

  constructor(stored: StoredConnector, taskConfigs: readonly StringMap[], context: ConnectorContext) {
    this.name = stored.name;
    this.#config = stored.config;
    this.#target = stored.target;
    this.#taskConfigs = taskConfigs;
    this.#context = context;
    this.#tasks = new TaskCrew(stored.name, context);
    const { clock, owned } = context;
    this.#resplit = new Resplit({ connector: this.name, clock, owned, split: (signal) => this.#splitAgain(signal) });
  }

  /** As stored, config providers unresolved. */
  get config(): StringMap {
    return this.#config;
  }

  /** As connector code gets it. */
  get resolvedConfig(): StringMap {
    return this.#context.resolve(this.#config);
  }

  get target(): TargetState {
    return this.#target;
  }

  /** As stored; the index is the task's id. */
  get taskConfigs(): readonly StringMap[] {
    return this.#taskConfigs;
  }

  /** undefined: this program lacks its class. */
  get plugin(): ConnectorPlugin | undefined {
    return this.#context.plugins.connector(this.#config["connector.class"] ?? "");
  }

  get kind(): ConnectorKind {
    return this.plugin?.kind ?? "unknown";
  }

  /** Begins to act, or acts again after something it waits for. */
  drive(): void {
    if (this.#isRemoved) return;
    if (this.#target === "STOPPED") this.#stop();
    else if (this.#target === "PAUSED") this.#pause();
    else this.#run();
    if (!this.#isStartDue || this.#target !== "STARTED") this.#answerRest();
  }

  /** Another config was stored. */
  reconfigure(config: StringMap): void {
    this.#config = config;
    this.#startAnew("UNASSIGNED");
  }

  /** Another target state was stored; with STOPPED the task configs were cleared as well. */
  setTarget(target: TargetState): void {
    this.#target = target;
    if (target !== "STARTED") this.#giveUpAttempt();
    if (target === "STOPPED") this.#resplit.end();
    this.drive();
  }

  /** Starts the connector anew, its tasks only if their configs come out different. Resolves when that is done or overtaken. */
  async restart(): Promise<void> {
    this.#startAnew("UNASSIGNED");
    await this.#atRest();
  }

  /** Restarts what a plan holds, in the background. */
  restartPlanned(plan: RestartPlan): void {
    for (const task of plan.tasks) this.#tasks.find(task)?.restart("RESTARTING");
    if (plan.connector) this.#startAnew("RESTARTING");
  }

  /** Stops a task and starts it again. Resolves once it was started. Throws not_found, internal. */
  async restartTask(task: number): Promise<void> {
    const id = `${this.name}-${task}`;
    if (this.#taskConfigs[task] === undefined) throw new WorkerError("not_found", `Unknown task: ${id}`);
    const life = this.#tasks.find(task);
    if (life === undefined) throw new WorkerError("internal", `Failed to start task: ${id}`);
    const started = life.nextStart();
    life.restart();
    try {
      await started;
    } catch (error) {
      throw new WorkerError("internal", `Failed to start task: ${id}`, { cause: error });
    }
  }

  /** The record of its topics was cleared. */
  forgetTopics(): void {
    for (const task of this.#tasks.all()) task.forgetTopics();
  }

  /** Keeps anything from starting until the function it returns is called. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.drive();
    };
  }

  /** Ends everything for good, without a trace: the connector was removed. Resolves when no task of it is left. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    this.#giveUpAttempt();
    this.#resplit.end();
    for (const task of this.#tasks.all()) task.abandon();
    this.#answerRest();
    await this.tasksGone();
  }

  /** Ends everything because the worker ends; what is shown and stored stays. */
  async retire(): Promise<void> {
    this.#isRemoved = true;
    this.#giveUpAttempt();
    this.#resplit.end();
    for (const task of this.#tasks.all()) task.retire();
    this.#answerRest();
    await this.tasksGone();
  }

  /** Resolves when none of the tasks that are not wanted any more runs. */
  async tasksGone(): Promise<void> {
    await this.#tasks.gone(this.#isRemoved ? [] : this.#taskConfigs);
  }

  /** The start under way, if any, is of an older config or request: it is given up for a new one. */
  #startAnew(shown: "UNASSIGNED" | "RESTARTING"): void {
    this.#isStartDue = true;
    this.#giveUpAttempt();
    this.#resplit.end();
    // A stopped connector stays STOPPED all through a change of its config (golden: pause-resume-stop).
    if (this.#shown !== undefined && !(this.#target === "STOPPED" && shown === "UNASSIGNED")) this.#show(shown);
    this.drive();
  }

  /** STOPPED is the way out of FAILED; tasks and their configs are gone, so a resume has to start the connector. */
  #stop(): void {
    this.#isStartDue = true;
    this.#taskConfigs = [];
    this.#applied = undefined;
    this.#alignTasks();
    this.#show("STOPPED");
  }

  /** Tasks are kept, and come back paused after a start of the worker. A start that is due waits for the resume (Kafka Connect 4). */
  #pause(): void {
    this.#tasks.setPaused(true);
    this.#alignTasks();
    if (this.#shown !== "FAILED") this.#show("PAUSED");
  }

  /** Starts the connector if that is due, else sees to it that its tasks run. */
  #run(): void {
    if (this.#holds > 0 || this.#attempt !== undefined) return;
    if (this.#isStartDue) {
      // Tasks made from an older config stay as they are until the start has shown what becomes of them.
      if (this.#applied !== undefined && sameConfig(this.#applied, this.#config)) this.#tasks.setPaused(false);
      // A failure from before the worker started has been shown until now.
      if (this.#shown === "FAILED") this.#show("UNASSIGNED");
      this.#attempt = new AbortController();
      this.#context.owned.add("the start of a connector", this.#start(this.#attempt.signal));
      return;
    }
    this.#tasks.setPaused(false);
    this.#alignTasks();
    if (this.#shown !== "FAILED") this.#show("RUNNING");
  }

  /** Splits the connector into tasks and acts on the outcome, unless another wish came first. */
  async #start(signal: AbortSignal): Promise<void> {
    const config = this.#config;
    const plugin = this.plugin;
    try {
      if (plugin === undefined) this.#context.plugins.requireConnector(config["connector.class"] ?? "");
      else this.#started(config, plugin, await this.#split(config, plugin, signal), signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(traceOf(error));
    }
    if (signal.aborted) return;
    this.#attempt = undefined;
    this.drive();
  }

  async #split(config: StringMap, plugin: ConnectorPlugin, signal: AbortSignal): Promise<readonly StringMap[]> {
    const { plugins, workerConfig } = this.#context;
    const values = new LogValues(effectiveConfig(plugin, config, plugins, workerConfig));
    log.info(valuesTitle(plugin.class), { ...this.#fields, values });
    return await this.#askSplit(config, plugin, signal);
  }

  async #askSplit(config: StringMap, plugin: ConnectorPlugin, signal: AbortSignal): Promise<readonly StringMap[]> {
    const request = { what: "split", connectorClass: plugin.class, connector: this.name, config: this.#context.resolve(config) } as const;
    const split = await this.#context.service.call({ ...request, maxTasks: this.#tasksMax(config) }, SPLIT_DEADLINE_MS, signal);
    return taskConfigsToStore(config, split, plugin.taskClass ?? plugin.class);
  }

  /** Tasks are started anew when their configs or the connector's came out different; else they never notice (Kafka Connect 4). */
  #started(config: StringMap, plugin: ConnectorPlugin, tasks: readonly StringMap[], signal: AbortSignal): void {
    if (signal.aborted) return;
    const tooMany = this.#tooMany(config, tasks);
    if (tooMany !== undefined) return this.#failed(faultError(tooMany, TOO_MANY_TASKS).trace);
    const isReconfigured = this.#applied !== undefined && !sameConfig(this.#applied, config);
    const areNew = isReconfigured || !sameConfigs(tasks, this.#taskConfigs);
    if (areNew && !this.#storeTasks(tasks)) return;
    this.#applied = config;
    this.#isStartDue = false;
    if (areNew) this.#replaceTasks(tasks, () => true);
    this.#resplit.begin(resplitMs(plugin, this.#context.resolve(config)));
    this.#show("RUNNING");
  }

  /** Splits what runs once more. Tasks whose configs came out as they were do not notice. What is thrown keeps all as it is. */
  async #splitAgain(signal: AbortSignal): Promise<void> {
    const { plugin } = this;
    const config = this.#config;
    if (plugin === undefined) return;
    const tasks = await this.#askSplit(config, plugin, signal);
    if (signal.aborted || sameConfigs(tasks, this.#taskConfigs)) return;
    const tooMany = this.#tooMany(config, tasks);
    if (tooMany !== undefined) throw new Error(tooMany);
    this.#context.configs.setTaskConfigs(this.name, tasks); // Invariant 4
    log.info("Connector is split into tasks anew, as what there is to read has changed", { ...this.#fields, tasks: tasks.length });
    const before = this.#taskConfigs;
    this.#replaceTasks(tasks, (task) => !sameConfig(before[task] ?? {}, tasks[task] ?? {}));
    this.drive();
  }

  /** The text to refuse that many tasks with; undefined when they are to run, if only under protest. */
  #tooMany(config: StringMap, tasks: readonly StringMap[]): string | undefined {
    const max = this.#tasksMax(config);
    if (tasks.length <= max) return undefined;
    const text = tooManyTasks(this.name, tasks.length, max);
    if (parsed("tasks.max.enforce", config) !== false) return text;
    log.warn(text, this.#fields);
    return undefined;
  }

  /**
   * Takes over other task configs, and ends all tasks whose config is another now, before any of them starts: what one of them
   * reads may be another's from now on, and no two may read the same at a time.
   */
  #replaceTasks(tasks: readonly StringMap[], isChanged: (task: number) => boolean): void {
    this.#taskConfigs = tasks;
    const gone = this.#tasks.displace(tasks, isChanged);
    if (gone !== undefined) this.#context.owned.add("the end of tasks that are split anew", gone.then(this.hold()));
  }

  /** Invariant 4: tasks start from what is stored. A store that refuses is asked again; the connector is not started until then. */
  #storeTasks(tasks: readonly StringMap[]): boolean {
    try {
      this.#context.configs.setTaskConfigs(this.name, tasks);
      return true;
    } catch (error) {
      log.error("Cannot store the tasks of a connector; tried again in 5 s", { ...this.#fields, error: `${error}` });
      const release = this.hold();
      this.#context.owned.add("the wait for the store", this.#context.clock.sleep(STORE_RETRY_MS, this.#context.closing).then(release));
      return false;
    }
  }

  /** The tasks there are go on as they were; after a start of the worker they start from what is stored (Kafka Connect 4). */
  #failed(trace: string): void {
    log.error("Connector cannot start", { ...this.#fields, trace });
    this.#isStartDue = false;
    this.#show("FAILED", trace);
  }

  /** Every task config has its task, as far as tasks may start, and no other task stays. */
  #alignTasks(): void {
    this.#tasks.trim(this.#taskConfigs);
    if (this.#holds === 0) this.#tasks.fill(this.#taskConfigs, (task) => this.#wanted(task));
  }

  /** How a task is to run, fixed when it is asked for: a restart after a crash uses the same config, whatever was stored meanwhile. */
  #wanted(task: number): Wanted {
    const config = this.#context.resolve(this.#taskConfigs[task] ?? {});
    const spec: TaskSpec = {
      connectorClass: this.plugin?.class ?? this.#config["connector.class"] ?? "",
      config,
      connectorConfig: this.#context.resolve(this.#config),
      workerConfig: this.#context.workerConfig,
      shownConfig: this.#config,
    };
    const hasOwnHost = parsed("sluice.task.own.host", this.#config) === true;
    return { spec, isPaused: this.#target === "PAUSED", hasOwnHost };
  }

  #tasksMax(config: StringMap): number {
    const value = parsed("tasks.max", config);
    return typeof value === "number" ? value : 1;
  }

  /** Its outcome will count for nothing; the service host finishes or is ended at the deadline. */
  #giveUpAttempt(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  get #shown(): ShownState | undefined {
    return this.#context.board.connector(this.name)?.state;
  }

  #show(state: ShownState, trace?: string): void {
    const { board } = this.#context;
    board.show(this.name, null, state, trace ?? (state === "RESTARTING" ? board.connector(this.name)?.trace : undefined));
  }

  get #fields() {
    return { connector: this.name };
  }

  /** Resolves when no start is due any more, or none can happen. */
  #atRest(): Promise<void> {
    const isAtRest = this.#isRemoved || !this.#isStartDue || this.#target !== "STARTED";
    return isAtRest ? Promise.resolve() : new Promise((resolve) => this.#restWaiters.push(resolve));
  }

  #answerRest(): void {
    const waiters = this.#restWaiters;
    this.#restWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** A key that sources and sinks have in common. */
function parsed(key: "tasks.max" | "tasks.max.enforce" | "sluice.task.own.host", config: StringMap): unknown {
  return parseKey(sourceConnectorKeys[key], key, config).value;
}

function traceOf(error: unknown): string {
  if (error instanceof ServiceFailure) return error.wire.trace;
  const message = error instanceof Error ? error.message : String(error);
  return faultError(message).trace;
}
