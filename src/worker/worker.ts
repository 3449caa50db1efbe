import { hideSecrets, logger } from "../base/log.ts";
import type { StringMap } from "../config/field.ts";
import { secretsOf } from "../config/secret.ts";
import type { ServiceAnswers, ServiceRequest, ToHost } from "../link/messages.ts";
import {
  type ConnectorInfo,
  type ConnectorStatus,
  type Health,
  type KeyInfo,
  type OffsetPair,
  type PluginInfo,
  type StateInfo,
  type TargetStateName,
  type Validation,
  type WorkerApi,
  WorkerError,
} from "./api.ts";
import { ClusterId } from "./cluster_id.ts";
import type { ConnectorLife } from "./connector_life.ts";
import { Fleet, storing } from "./fleet.ts";
import { HostPool, type HostQuestion } from "./host_pool.ts";
import { Journal } from "./journal.ts";
import { requireOffsets } from "./offset_changes.ts";
import { OffsetRequests } from "./offset_requests.ts";
import { Owned } from "./owned.ts";
import type { PluginSet } from "./plugin_set.ts";
import { createPlugins, type Plugins } from "./plugins.ts";
import type { ChildSpawner, ConfigStore, OffsetStore, StatusStore, TopicStore, WorkerClock } from "./ports.ts";
import { timedOut, Turns } from "./requests.ts";
import { planRestart, type RestartOptions } from "./restart_plan.ts";
import { ServiceFailure, ServiceHost } from "./service_host.ts";
import { refuseProviders } from "./task_configs.ts";
import { maskConfig, unmaskConfig } from "./shown_config.ts";
import { type Shown, StatusBoard } from "./status_board.ts";
import { refuseInvalid, validateConnector, validateRequest, type ValidationContext } from "./validation.ts";
import type { WorkerConfig } from "./worker_config.ts";

const log = logger("worker");

/** The release of Kafka Connect whose API this is; clients parse it. */
const API_VERSION = "4.2.0";
/** Longest a connector's own check may take; below the 90 s of a request. */
const CHECK_MS = 60_000;
/** Longest a user's regex may take over one name; a good one takes microseconds. */
const MATCH_MS = 5_000;
/** After their tasks, hosts have this long to exit. */
const EXIT_MS = 1000;

/** What a worker is made of. */
export interface WorkerOptions {
  readonly plugins: PluginSet;
  /** The worker's properties as given, for clients, converters and plugins. */
  readonly properties: StringMap;
  /** The same, parsed. */
  readonly config: WorkerConfig;
  readonly configs: ConfigStore;
  readonly offsets: OffsetStore;
  readonly topics: TopicStore;
  readonly statuses: StatusStore;
  readonly spawner: ChildSpawner;
  readonly clock: WorkerClock;
  /** `host:port` of the REST API as others reach it; asked for each time, as the port may be known late. */
  readonly workerId: () => string;
  /** Our own build, for `GET /`. */
  readonly commit: string;
  readonly logLevel: string;
  readonly logFormat: "text" | "json";
  /** Number of processor cores: how many hosts tasks share unless `sluice.task.hosts` says otherwise. */
  readonly cores: number;
  /** Makes a topic on the embedded broker; undefined with a real one. */
  readonly createTopic?: (topic: string, partitions: number) => Promise<"created" | "exists">;
}

/** The parent: knows what is wanted, sees to it, and answers for it. Nothing here waits for connector code past a deadline. */
export class Worker implements WorkerApi {
  readonly #options: WorkerOptions;
  readonly #plugins: Plugins;
  readonly #owned = new Owned();
  readonly #closing = new AbortController();
  readonly #turns = new Turns();
  readonly #secrets = new Set<string>();
  readonly #journal: Journal;
  readonly #board: StatusBoard;
  readonly #pool: HostPool;
  readonly #service: ServiceHost;
  readonly #fleet: Fleet;
  readonly #offsets: OffsetRequests;
  readonly #clusterId = new ClusterId();
  #isStarted = false;
  #shutdown: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    const { clock, config } = options;
    this.#options = options;
    this.#plugins = createPlugins(options.plugins);
    this.#journal = new Journal(options.offsets, options.topics, clock);
    this.#board = new StatusBoard(options.statuses, () => this.#journal.retryLater());
    const children = { spawner: options.spawner, clock, limits: limitsOf(config), owned: this.#owned };
    this.#service = new ServiceHost({ ...children, hello: () => this.#hello("service") });
    this.#pool = new HostPool({
      ...children,
      sharedLimit: config["sluice.task.hosts"] ?? options.cores,
      hello: () => this.#hello("tasks"),
      answer: (question) => this.#answer(question),
    });
    this.#offsets = new OffsetRequests({
      offsets: options.offsets,
      journal: this.#journal,
      service: this.#service,
      workerConfig: options.properties,
      isEmbedded: options.createTopic !== undefined,
    });
    this.#fleet = new Fleet(this.#context());
  }

  /** Brings back what is stored, each connector in its target state. Returns before they run. Throws a `StoreError`. */
  start(): void {
    const { properties, clock, configs } = this.#options;
    const { signal } = this.#closing;
    this.#learn(secretsOf({}, properties));
    for (const { config } of configs.all()) this.#learnFrom(config);
    this.#owned.add("the storing of offsets", this.#journal.run(signal, () => this.#board.flush()));
    this.#owned.add("the search for Kafka", this.#clusterId.find(this.#service, properties, clock, signal));
    this.#fleet.restore();
    this.#isStarted = true;
    log.info("Worker started", { connectors: this.#fleet.names().length });
  }

  /**
   * Ends everything: tasks first, with their last offsets stored, then the children; what has not ended in time is killed.
   * The store may be closed afterwards. Called again it gives the same promise.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#end();
    return this.#shutdown;
  }

  serverInfo() {
    return { version: API_VERSION, commit: this.#options.commit, kafkaClusterId: this.#clusterId.value };
  }

  health(): Promise<Health> {
    const failure = this.#journal.failure;
    if (!this.#isStarted) return Promise.resolve({ status: "starting", message: "Worker is still starting up." });
    if (failure === undefined) {
      return Promise.resolve({ status: "healthy", message: "Worker has completed startup and is ready to handle requests." });
    }
    const message = `Worker was unable to handle this request and may be unable to handle other requests. ${failure}`;
    return Promise.resolve({ status: "unhealthy", message });
  }

  connectors(): readonly string[] {
    return this.#fleet.names();
  }

  info(name: string): ConnectorInfo {
    return this.#infoOf(this.#fleet.get(name));
  }

  status(name: string): ConnectorStatus {
    const status = this.findStatus(name);
    if (status === undefined) throw new WorkerError("not_found", `No status found for connector ${name}`);
    return status;
  }

  findStatus(name: string): ConnectorStatus | undefined {
    const life = this.#fleet.find(name);
    const shown = this.#board.connector(name);
    if (life === undefined || shown === undefined) return undefined;
    const tasks = this.#board.tasks(name).map(([id, task]) => ({ id, ...this.#stateOf(life, task) }));
    return { name, connector: this.#stateOf(life, shown), tasks, type: life.kind };
  }

  /** Kafka Connect's order: is there such a class, is the config valid, is the name free. So an invalid config hides a taken name. */
  create(name: string, config: StringMap, initialState: TargetStateName): Promise<ConnectorInfo> {
    return this.#change(name, async () => {
      await this.#judge(config);
      if (this.#fleet.find(name) !== undefined) throw new WorkerError("conflict", `Connector ${name} already exists`);
      return this.#infoOf(this.#fleet.add({ name, config, target: initialState }));
    });
  }

  /** Never refused for a name that exists; a connector that is paused or stopped stays so. */
  put(name: string, config: StringMap): Promise<{ readonly created: boolean; readonly info: ConnectorInfo }> {
    return this.#change(name, async () => {
      const whole = this.#unmasked(this.#fleet.find(name), config);
      await this.#judge(whole);
      const life = this.#fleet.find(name);
      if (life === undefined) return { created: true, info: this.#infoOf(this.#fleet.add({ name, config: whole, target: "STARTED" })) };
      this.#fleet.replace(life, whole);
      return { created: false, info: this.#infoOf(life) };
    });
  }

  /** That the connector exists is asked first. Only a null of the patch removes a key; one that is stored stays. */
  patch(name: string, changes: StringMap): Promise<ConnectorInfo> {
    return this.#change(name, async () => {
      const life = this.#fleet.get(name);
      const merged = { ...life.config, ...this.#unmasked(life, changes) };
      const config = Object.fromEntries(Object.entries(merged).filter(([key, value]) => value !== null || !Object.hasOwn(changes, key)));
      await this.#judge(config);
      this.#fleet.replace(life, config);
      return this.#infoOf(life);
    });
  }

  remove(name: string): Promise<void> {
    return this.#change(name, () => settled(() => this.#fleet.remove(name)));
  }

  /** The connector alone: waited for. With a plan: the answer is the plan, and it is carried out afterwards (Kafka Connect 4, distributed). */
  restart(name: string, options: RestartOptions): Promise<ConnectorStatus | undefined> {
    return settled(() => {
      const life = this.#known(name);
      if (!options.includeTasks && !options.onlyFailed) return this.#restartAlone(life);
      const status = this.findStatus(name);
      if (status === undefined) throw new WorkerError("not_found", `Status for connector ${name} not found`);
      const plan = planRestart(status, options);
      log.info("Connector restarted by plan", { connector: name, connectorToo: plan.connector, tasks: plan.tasks.join(",") });
      life.restartPlanned(plan);
      return plan.shown;
    });
  }

  restartTask(name: string, task: number): Promise<void> {
    return settled(async () => {
      await this.#known(name).restartTask(task);
      log.info("Task restarted", { connector: name, task });
    });
  }

  pause(name: string): Promise<void> {
    return this.#setTarget(name, "PAUSED");
  }

  resume(name: string): Promise<void> {
    return this.#setTarget(name, "STARTED");
  }

  stop(name: string): Promise<void> {
    return this.#setTarget(name, "STOPPED");
  }

  tasks(name: string): readonly { readonly task: number; readonly config: StringMap }[] {
    const life = this.#fleet.get(name);
    return life.taskConfigs.map((config, task) => ({ task, config: this.#shown(life, config) }));
  }

  taskStatus(name: string, task: number): StateInfo & { readonly id: number } {
    const life = this.#fleet.find(name);
    const shown = this.#board.task(name, task);
    if (life === undefined || shown === undefined) throw new WorkerError("not_found", `No status found for task ${name}-${task}`);
    return { id: task, ...this.#stateOf(life, shown) };
  }

  /** Asks for no connector of that name: Kafka Connect does not either. */
  topics(name: string): readonly string[] {
    if (!this.#options.config["topic.tracking.enable"]) throw new WorkerError("forbidden", "Topic tracking is disabled.");
    return this.#journal.topics(name);
  }

  resetTopics(name: string): void {
    const { config } = this.#options;
    if (!config["topic.tracking.enable"]) throw new WorkerError("forbidden", "Topic tracking is disabled.");
    if (!config["topic.tracking.allow.reset"]) throw new WorkerError("forbidden", "Topic tracking reset is disabled.");
    storing(() => this.#journal.clearTopics(name));
    this.#fleet.find(name)?.forgetTopics();
  }

  offsets(name: string): Promise<readonly OffsetPair[]> {
    return settled(() => this.#offsets.list(this.#fleet.get(name)));
  }

  alterOffsets(name: string, offsets: readonly OffsetPair[]): Promise<string> {
    return settled(() => {
      requireOffsets(offsets);
      this.#refuseWhileClosing();
      return this.#told(name, "Connector offsets altered", this.#offsets.alter(this.#fleet.get(name), offsets));
    });
  }

  resetOffsets(name: string): Promise<string> {
    return settled(() => {
      this.#refuseWhileClosing();
      return this.#told(name, "Connector offsets reset", this.#offsets.reset(this.#fleet.get(name)));
    });
  }

  plugins(connectorsOnly: boolean): readonly PluginInfo[] {
    return this.#plugins.list(connectorsOnly);
  }

  pluginConfig(plugin: string): readonly KeyInfo[] {
    return this.#plugins.describe(plugin);
  }

  validate(plugin: string, config: StringMap): Promise<Validation> {
    return settled(() => {
      this.#learnFrom(config);
      return validateRequest(plugin, config, this.#validation());
    });
  }

  #context() {
    const { configs, clock, config, properties } = this.#options;
    let generation = 0;
    return {
      configs,
      clock,
      pool: this.#pool,
      service: this.#service,
      board: this.#board,
      journal: this.#journal,
      owned: this.#owned,
      plugins: this.#plugins,
      workerConfig: properties,
      stopMs: config["task.shutdown.graceful.timeout.ms"],
      tracksTopics: config["topic.tracking.enable"],
      closing: this.#closing.signal,
      nextGeneration: () => ++generation,
      // The seam for config providers: what they give stays in memory, on its way to a host.
      resolve: (written: StringMap) => written,
    };
  }

  /** Changes to one connector happen one after the other. */
  #change<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(name, () => {
      this.#refuseWhileClosing();
      return work();
    });
  }

  #setTarget(name: string, target: TargetStateName): Promise<void> {
    return settled(() => {
      this.#refuseWhileClosing();
      this.#fleet.setTarget(name, target);
    });
  }

  /** Says what a user did, once it is done. */
  async #told(connector: string, line: string, change: Promise<string>): Promise<string> {
    const answer = await change;
    log.info(line, { connector });
    return answer;
  }

  async #restartAlone(life: ConnectorLife): Promise<undefined> {
    log.info("Connector restarted", { connector: life.name });
    await life.restart();
    const isFailed = this.#board.connector(life.name)?.state === "FAILED";
    if (isFailed) throw new WorkerError("internal", `Failed to start connector: ${life.name}`);
  }

  /** Throws not_found in the words of the restarts. */
  #known(name: string): ConnectorLife {
    this.#refuseWhileClosing();
    const life = this.#fleet.find(name);
    if (life === undefined) throw new WorkerError("not_found", `Unknown connector: ${name}`);
    return life;
  }

  #refuseWhileClosing(): void {
    if (this.#closing.signal.aborted) throw new WorkerError("internal", "Worker is shutting down");
  }

  /** Throws invalid. May wait for the connector's own check, so what was true before need not be true after it. */
  async #judge(config: StringMap): Promise<void> {
    this.#learnFrom(config);
    refuseInvalid(await validateConnector(config, this.#validation()));
    refuseProviders(config, this.#options.config["config.providers"]);
    this.#refuseWhileClosing();
  }

  #validation(): ValidationContext {
    return {
      plugins: this.#plugins,
      workerConfig: this.#options.properties,
      check: (connectorClass, connector, config) => {
        const activity = "performing multi-property validation for the connector";
        return this.#asked({ what: "check", connectorClass, connector, config }, CHECK_MS, activity);
      },
      fullMatch: async (regex, text) => {
        const activity = "validating sink connector-specific properties for the connector";
        const [matches] = await this.#asked({ what: "fullMatch", regex, texts: [text] }, MATCH_MS, activity);
        return matches === true;
      },
    };
  }

  /** Asks the service host during a validation. What connector code throws comes out as it is; no answer is a `WorkerError`. */
  async #asked<R extends ServiceRequest>(request: R, deadlineMs: number, activity: string): Promise<ServiceAnswers[R["what"]]> {
    const began = this.#options.clock.now();
    try {
      return await this.#service.call(request, deadlineMs);
    } catch (error) {
      if (!(error instanceof ServiceFailure) || (error.reason === "refused" && request.what === "check")) throw error;
      const late = error.reason === "timeout";
      throw new WorkerError(late ? "timeout" : "internal", late ? timedOut(activity, began) : error.message, { cause: error });
    }
  }

  /** A connector that was only just stored has no tasks yet: they come with its start (Kafka Connect 4, distributed). */
  #infoOf(life: ConnectorLife): ConnectorInfo {
    return { name: life.name, config: this.#shown(life, life.config), tasks: life.taskConfigs.map((_, task) => task), type: life.kind };
  }

  #stateOf(life: ConnectorLife, { state, trace }: Shown): StateInfo {
    const version = life.plugin?.version ?? null;
    return { state, workerId: this.#options.workerId(), version, ...(trace === undefined ? {} : { trace }) };
  }

  get #isMasked(): boolean {
    return this.#options.config["sluice.rest.secrets"] === "masked";
  }

  #shown(life: ConnectorLife, config: StringMap): StringMap {
    return this.#isMasked ? maskConfig(life.plugin?.config ?? {}, config) : config;
  }

  /** A mask in a write means "as it was": clients read a config, edit it and put it back. */
  #unmasked(life: ConnectorLife | undefined, sent: StringMap): StringMap {
    return this.#isMasked && life !== undefined ? unmaskConfig(life.plugin?.config ?? {}, sent, life.config) : sent;
  }

  #learnFrom(config: StringMap): void {
    this.#learn(secretsOf(this.#plugins.connector(config["connector.class"] ?? "")?.config ?? {}, config));
  }

  /** Invariant 5: before anything of it can be logged, here or in a child. */
  #learn(secrets: readonly string[]): void {
    const values = secrets.filter((secret) => !this.#secrets.has(secret));
    if (values.length === 0) return;
    for (const value of values) this.#secrets.add(value);
    hideSecrets(values);
    this.#pool.broadcast({ do: "secrets", values });
    this.#service.broadcast({ do: "secrets", values });
  }

  /** Drawn up anew for each child, as secrets come with each config. */
  #hello(role: "tasks" | "service"): ToHost {
    const { logLevel, logFormat, createTopic } = this.#options;
    return { do: "hello", role, logLevel, logFormat, secrets: [...this.#secrets], embeddedKafka: createTopic !== undefined };
  }

  /** What hosts ask: offsets in the order of the partitions, null where none is stored; or the outcome of making a topic. */
  #answer(question: HostQuestion): unknown {
    if (question.is === "offsets.read") {
      return question.partitions.map((partition) => this.#journal.offset(question.connector, partition) ?? null);
    }
    const { createTopic } = this.#options;
    if (createTopic === undefined) throw new Error(`Cannot make topic "${question.topic}" here: there is no embedded broker`);
    return createTopic(question.topic, question.partitions);
  }

  /** Order: no new work, tasks, children, what runs on here, and at the very end what only now could be stored. */
  async #end(): Promise<void> {
    const { clock, config } = this.#options;
    this.#closing.abort();
    log.info("Worker stops", { connectors: this.#fleet.names().length });
    const over = new AbortController();
    const retired = this.#fleet.retire().finally(() => over.abort());
    this.#owned.add("the end of all tasks", retired);
    // Hosts cancel what is late at the deadline and say so; the second on top is for that.
    await clock.sleep(config["task.shutdown.graceful.timeout.ms"] + EXIT_MS, over.signal);
    await Promise.all([this.#pool.close(EXIT_MS), this.#service.close(EXIT_MS)]);
    await this.#owned.settled();
    if (!this.#journal.flush()) log.error("Source offsets of the last moments could not be stored; their records will be repeated");
    log.info("Worker stopped");
  }
}

/** Makes the parent; it does nothing before `start`. */
export function createWorker(options: WorkerOptions): Worker {
  return new Worker(options);
}

function limitsOf(config: WorkerConfig) {
  return {
    heartbeatTimeoutMs: config["sluice.host.heartbeat.timeout.ms"],
    maxMemoryBytes: config["sluice.host.memory.max.bytes"],
  };
}

/** What a function gives or throws, as a promise: a refusal is always a rejection. */
function settled<T>(work: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
