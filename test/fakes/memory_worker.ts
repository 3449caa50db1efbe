/** A worker that only remembers: states change when a test says so, records do not exist. For what REST makes of a worker's answers. */
import type { StringMap } from "../../src/config/field.ts";
import {
  type ConnectorInfo,
  type ConnectorStatus,
  type Health,
  type OffsetPair,
  type ShownState,
  type StateInfo,
  type TargetStateName,
  type Validation,
  type WorkerApi,
  WorkerError,
} from "../../src/worker/api.ts";
import type { SinkOffset } from "../../src/link/messages.ts";
import { createPlugins } from "../../src/worker/plugins.ts";
import { sinkOffsetsOf, sinkPairsOf } from "../../src/worker/sink_offsets.ts";
import { refuseInvalid, validateConnector, validateRequest, type ValidationContext } from "../../src/worker/validation.ts";
import { capturedPlugins } from "./plugins.ts";

interface Kept {
  config: StringMap;
  target: TargetStateName;
  state: ShownState;
  tasks: StateInfo[];
  topics: string[];
}

const ALTERED = "The offsets for this connector have been altered successfully";

export class MemoryWorker implements WorkerApi {
  readonly #plugins = createPlugins(capturedPlugins());
  readonly #context: ValidationContext = { plugins: this.#plugins, workerConfig: {}, check: () => Promise.resolve([]) };
  readonly #kept = new Map<string, Kept>();
  readonly #offsets = new Map<string, OffsetPair[]>();
  /** Records by topic and partition; no other partition exists. */
  readonly #records = new Map<string, number[]>();
  readonly #groups = new Map<string, SinkOffset[]>();
  readonly #workerId: string;
  healthAnswer: Promise<Health> = Promise.resolve({
    status: "healthy",
    message: "Worker has completed startup and is ready to handle requests.",
  });
  /** What `create` waits for before it answers. */
  createGate: Promise<unknown> = Promise.resolve();

  constructor(workerId: string) {
    this.#workerId = workerId;
  }

  /** The connector and its tasks are in these states from now on. */
  reach(name: string, state: string, tasks?: number, taskState?: string): void {
    const kept = this.#need(name, "Connector", "not found");
    kept.state = state as ShownState;
    if (tasks === undefined) return;
    kept.tasks = Array.from({ length: tasks }, () => this.#stateInfo(name, taskState as ShownState));
  }

  /** The connector that was made last, a source, wrote to this topic and is at this offset. */
  wrote(topic: string, pair: OffsetPair): void {
    const name = this.connectors().at(-1) ?? "";
    this.#need(name, "Connector", "not found").topics = [topic];
    this.#offsets.set(name, [pair]);
  }

  /** There are so many more records in a partition of a topic. */
  produced(topic: string, partition: number, records: number): void {
    const counts = this.#records.get(topic) ?? [];
    counts[partition] = (counts[partition] ?? 0) + records;
    this.#records.set(topic, counts);
  }

  /** The connector that was made last, a sink, has read all there is. */
  consumed(): void {
    const name = this.connectors().at(-1) ?? "";
    const kept = this.#need(name, "Connector", "not found");
    kept.topics = (kept.config["topics"] ?? "").split(",");
    const read = kept.topics.flatMap((topic) =>
      (this.#records.get(topic) ?? []).map((offset, partition) => ({ topic, partition, offset }))
    );
    this.#groups.set(name, read);
  }

  failTask(name: string, trace: string): void {
    this.#need(name, "Connector", "not found").tasks = [{ ...this.#stateInfo(name, "FAILED"), trace }];
  }

  serverInfo() {
    return { version: "4.2.0", commit: "a18251bae0b825c6", kafkaClusterId: "c2x1aWNlLXJlZmVyZW5jZQ" };
  }

  health(): Promise<Health> {
    return this.healthAnswer;
  }

  connectors(): readonly string[] {
    return [...this.#kept.keys()];
  }

  info(name: string): ConnectorInfo {
    const kept = this.#need(name, "Connector", "not found");
    const type = this.#plugins.connector(kept.config["connector.class"] ?? "")?.kind ?? "unknown";
    return { name, config: kept.config, tasks: kept.tasks.map((_, i) => i), type };
  }

  status(name: string): ConnectorStatus {
    const status = this.findStatus(name);
    if (status === undefined) throw new WorkerError("not_found", `No status found for connector ${name}`);
    return status;
  }

  findStatus(name: string): ConnectorStatus | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    const tasks = kept.tasks.map((task, id) => ({ id, ...task }));
    return { name, connector: this.#stateInfo(name, kept.state), tasks, type: this.info(name).type };
  }

  async create(name: string, config: StringMap, initialState: TargetStateName): Promise<ConnectorInfo> {
    await this.createGate;
    refuseInvalid(await validateConnector(config, this.#context));
    if (this.#kept.has(name)) throw new WorkerError("conflict", `Connector ${name} already exists`);
    this.#kept.set(name, { config, target: initialState, state: "UNASSIGNED", tasks: [], topics: [] });
    return this.info(name);
  }

  async put(name: string, config: StringMap) {
    refuseInvalid(await validateConnector(config, this.#context));
    const kept = this.#kept.get(name);
    if (kept === undefined) return { created: true, info: await this.create(name, config, "STARTED") };
    kept.config = config;
    return { created: false, info: this.info(name) };
  }

  async patch(name: string, changes: StringMap): Promise<ConnectorInfo> {
    const kept = this.#need(name, "Connector", "not found");
    const merged = Object.fromEntries(Object.entries({ ...kept.config, ...changes }).filter(([, value]) => value !== null));
    refuseInvalid(await validateConnector(merged, this.#context));
    kept.config = merged;
    return this.info(name);
  }

  remove(name: string): Promise<void> {
    this.#need(name, "Connector", "not found");
    this.#kept.delete(name);
    return Promise.resolve();
  }

  restart(name: string, options: { readonly includeTasks: boolean; readonly onlyFailed: boolean }): Promise<ConnectorStatus | undefined> {
    this.#need(name, "Unknown connector:", "");
    if (!options.includeTasks && !options.onlyFailed) return Promise.resolve(undefined);
    const restarting = (info: StateInfo) =>
      !options.onlyFailed || info.state === "FAILED" ? { ...info, state: "RESTARTING" as const } : info;
    const now = this.status(name);
    const tasks = options.includeTasks ? now.tasks.map((task) => ({ id: task.id, ...restarting(task) })) : now.tasks;
    return Promise.resolve({ ...now, connector: restarting(now.connector), tasks });
  }

  restartTask(name: string, task: number): Promise<void> {
    const kept = this.#need(name, "Unknown connector:", "");
    if (kept.tasks[task] === undefined) throw new WorkerError("not_found", `Unknown task: ${name}-${task}`);
    return Promise.resolve();
  }

  pause(name: string): Promise<void> {
    return this.#target(name, "PAUSED");
  }

  resume(name: string): Promise<void> {
    return this.#target(name, "STARTED");
  }

  stop(name: string): Promise<void> {
    return this.#target(name, "STOPPED");
  }

  tasks(name: string) {
    const { config, tasks } = this.#need(name, "Connector", "not found");
    return tasks.map((_, task) => ({ task, config: { ...config, "task.class": "org.apache.kafka.connect.file.FileStreamSourceTask" } }));
  }

  taskStatus(name: string, task: number) {
    const found = this.#kept.get(name)?.tasks[task];
    if (found === undefined) throw new WorkerError("not_found", `No status found for task ${name}-${task}`);
    return { id: task, ...found };
  }

  topics(name: string): readonly string[] {
    return this.#kept.get(name)?.topics ?? [];
  }

  resetTopics(name: string): void {
    const kept = this.#kept.get(name);
    if (kept !== undefined) kept.topics = [];
  }

  offsets(name: string): Promise<readonly OffsetPair[]> {
    if (this.info(name).type === "sink") return Promise.resolve(sinkPairsOf(this.#groups.get(name) ?? []));
    return Promise.resolve(this.#offsets.get(name) ?? []);
  }

  alterOffsets(name: string, offsets: readonly OffsetPair[]): Promise<string> {
    this.#needStopped(name);
    if (this.info(name).type === "sink") return this.#alterGroup(name, sinkOffsetsOf(name, offsets));
    for (const pair of offsets) judgeFileOffset(pair);
    const all = new Map((this.#offsets.get(name) ?? []).map((pair) => [JSON.stringify(pair.partition), pair]));
    for (const pair of offsets) all.set(JSON.stringify(pair.partition), pair);
    this.#offsets.set(name, [...all.values()].filter((pair) => pair.offset !== null));
    return Promise.resolve(ALTERED);
  }

  resetOffsets(name: string): Promise<string> {
    this.#needStopped(name);
    this.#offsets.set(name, []);
    this.#groups.set(name, []);
    return Promise.resolve(ALTERED.replace("altered", "reset"));
  }

  #alterGroup(name: string, wanted: readonly SinkOffset[]): Promise<string> {
    const group = new Map((this.#groups.get(name) ?? []).map((each) => [`${each.topic}-${each.partition}`, each]));
    for (const each of wanted) {
      if (this.#records.get(each.topic)?.[each.partition] === undefined) {
        throw new WorkerError("internal", `Failed to alter consumer group offsets for connector ${name}`);
      }
      group.set(`${each.topic}-${each.partition}`, each);
    }
    this.#groups.set(name, [...group.values()]);
    return Promise.resolve(ALTERED);
  }

  plugins(connectorsOnly: boolean) {
    return this.#plugins.list(connectorsOnly);
  }

  pluginConfig(plugin: string) {
    return this.#plugins.describe(plugin);
  }

  validate(plugin: string, config: StringMap): Promise<Validation> {
    return validateRequest(plugin, config, this.#context);
  }

  #need(name: string, before: string, after: string): Kept {
    const kept = this.#kept.get(name);
    if (kept === undefined) throw new WorkerError("not_found", `${before} ${name} ${after}`.trim());
    return kept;
  }

  #needStopped(name: string): void {
    if (this.#need(name, "Connector", "not found").target === "STOPPED") return;
    const way = `This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`;
    throw new WorkerError("invalid", `Connectors must be in the STOPPED state before their offsets can be modified. ${way}`);
  }

  #target(name: string, target: TargetStateName): Promise<void> {
    const kept = this.#need(name, "Unknown connector", "");
    kept.target = target;
    if (target === "STOPPED") kept.tasks = [];
    return Promise.resolve();
  }

  #stateInfo(name: string, state: ShownState): StateInfo {
    const version = this.#plugins.connector(this.#kept.get(name)?.config["connector.class"] ?? "")?.version ?? null;
    return { state, workerId: this.#workerId, version };
  }
}

/** FileStreamSourceConnector.alterOffsets. */
function judgeFileOffset({ partition, offset }: OffsetPair): void {
  const refuse = (message: string) => {
    throw new WorkerError("internal", message);
  };
  if (offset === null) return;
  if (!Object.hasOwn(offset, "position")) refuse("Offset objects should either be null or contain the key 'position'");
  const position = offset["position"];
  if (typeof position !== "number" || !Number.isInteger(position)) {
    refuse("The value for the 'position' key in the offset is expected to be a Long value");
  }
  if (Number(position) < 0) refuse("The value for the 'position' key in the offset should be a non-negative value");
  if (partition === null) refuse("Partition objects cannot be null");
  else if (!Object.hasOwn(partition, "filename")) refuse("Partition objects should contain the key 'filename'");
}
