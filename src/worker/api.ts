/** The worker as REST and the command line see it. Every refusal is a `WorkerError` whose code `rest/errors.ts` maps to a status. */
import type { StringMap } from "../config/field.ts";
import type { JudgedValue as KeyValue, KeyDefinition as KeyInfo } from "../config/validate.ts";
import type { SourceOffset, SourcePartition } from "../data/record.ts";

export type ConnectorKind = "source" | "sink" | "unknown";
export type ShownState = "UNASSIGNED" | "RUNNING" | "PAUSED" | "FAILED" | "RESTARTING" | "STOPPED";

export interface ConnectorInfo {
  readonly name: string;
  readonly config: StringMap;
  /** Ids of its tasks. */
  readonly tasks: readonly number[];
  readonly type: ConnectorKind;
}

export interface StateInfo {
  readonly state: ShownState;
  readonly workerId: string;
  /** The plugin's version; null while the class is unknown. */
  readonly version: string | null;
  readonly trace?: string;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: StateInfo;
  readonly tasks: readonly (StateInfo & { readonly id: number })[];
  readonly type: ConnectorKind;
}

export type PluginKind = "sink" | "source" | "transformation" | "predicate" | "converter" | "header_converter";

export interface PluginInfo {
  readonly class: string;
  readonly kind: PluginKind;
  readonly version: string | null;
}

/** One key as `/config` and `/config/validate` show it, and what was made of its value. */
export type { KeyInfo, KeyValue };

export interface Validation {
  readonly name: string;
  readonly errorCount: number;
  readonly groups: readonly string[];
  readonly configs: readonly { readonly definition: KeyInfo | null; readonly value: KeyValue | null }[];
}

export interface OffsetPair {
  readonly partition: SourcePartition | null;
  readonly offset: SourceOffset | null;
}

/** What went wrong, for the table in `rest/errors.ts`: 400, 403, 404, 409, 500. */
export type WorkerErrorCode = "invalid" | "forbidden" | "not_found" | "conflict" | "internal" | "timeout";

export class WorkerError extends Error {
  override readonly name = "WorkerError";
  constructor(readonly code: WorkerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** How the worker itself is doing. */
export type Health = { readonly status: "healthy" | "starting" | "unhealthy"; readonly message: string };

export interface WorkerApi {
  serverInfo(): { readonly version: string; readonly commit: string; readonly kafkaClusterId: string | null };
  health(): Promise<Health>;
  connectors(): readonly string[];
  /** Throws not_found `Connector ‹n› not found`. */
  info(name: string): ConnectorInfo;
  /** Throws not_found `No status found for connector ‹n›`. */
  status(name: string): ConnectorStatus;
  /** Like `status`, undefined instead of an error. */
  findStatus(name: string): ConnectorStatus | undefined;
  /** Validates, stores, then starts in the background. Throws invalid, conflict. */
  create(name: string, config: StringMap, initialState: TargetStateName): Promise<ConnectorInfo>;
  /** Creates or replaces. */
  put(name: string, config: StringMap): Promise<{ readonly created: boolean; readonly info: ConnectorInfo }>;
  /** null removes a key. */
  patch(name: string, changes: StringMap): Promise<ConnectorInfo>;
  remove(name: string): Promise<void>;
  /** undefined: done, nothing to show (204); else the plan (202). */
  restart(name: string, options: { readonly includeTasks: boolean; readonly onlyFailed: boolean }): Promise<ConnectorStatus | undefined>;
  restartTask(name: string, task: number): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  tasks(name: string): readonly { readonly task: number; readonly config: StringMap }[];
  taskStatus(name: string, task: number): StateInfo & { readonly id: number };
  topics(name: string): readonly string[];
  resetTopics(name: string): void;
  offsets(name: string): Promise<readonly OffsetPair[]>;
  /** Returns the message of Kafka Connect's answer. */
  alterOffsets(name: string, offsets: readonly OffsetPair[]): Promise<string>;
  resetOffsets(name: string): Promise<string>;
  plugins(connectorsOnly: boolean): readonly PluginInfo[];
  /** Throws not_found `Unknown plugin ‹p›.`, invalid for other kinds. */
  pluginConfig(plugin: string): readonly KeyInfo[];
  validate(plugin: string, config: StringMap): Promise<Validation>;
}

export type TargetStateName = "STARTED" | "PAUSED" | "STOPPED";
