/** Connector code outside of tasks: checking and splitting configs, judging offsets; and the cluster's id. Each under a deadline. */
import { logger } from "../base/log.ts";
import type { StringMap } from "../config/field.ts";
import { parseConfig } from "../config/parse.ts";
import { compileJavaRegex } from "../config/regex/java_regex.ts";
import type { ServiceAnswers, ServiceRequest } from "../link/messages.ts";
import { parseOffsetText } from "../link/offset_text.ts";
import { ConnectError } from "../sdk/errors.ts";
import type { ConnectorDefinition } from "../sdk/connector.ts";
import type { ConnectorContext } from "../sdk/source.ts";
import { GroupOffsets } from "./group_offsets.ts";
import { findConnector } from "./task_opening.ts";
import type { Admin, HostClock, KafkaPort } from "./ports.ts";
import { adminProperties, parsed } from "./task_settings.ts";

/** What the service needs. */
export interface ServiceOptions {
  readonly connectors: readonly ConnectorDefinition[];
  readonly kafka: KafkaPort;
  readonly clock: HostClock;
}

const log = logger("host.service");

type Request<W extends ServiceRequest["what"]> = Extract<ServiceRequest, { readonly what: W }>;

/** Serves requests of the parent; several may be under way. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #groups: GroupOffsets;
  /** Kept open between questions, as connecting costs more than asking. */
  #admin: { readonly client: Admin; readonly properties: string } | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#groups = new GroupOffsets(options.kafka, log);
  }

  /** Does what is asked, or throws. At the deadline the work's signal ends and a `ConnectError` says what took too long. */
  async serve<R extends ServiceRequest>(request: R, deadlineMs: number): Promise<ServiceAnswers[R["what"]]> {
    const { clock } = this.#options;
    const late = new AbortController();
    const over = new AbortController();
    const work = this.#do(request, late.signal).finally(() => over.abort());
    const deadline = clock.sleep(deadlineMs, over.signal).then(() => {
      if (over.signal.aborted) return;
      late.abort();
      throw new ConnectError(`Cannot finish ${subject(request)} within ${deadlineMs} ms`);
    });
    // After the deadline the work goes on until it notices its signal; how it then ends interests nobody.
    await Promise.race([work, deadline]);
    return await work as ServiceAnswers[R["what"]];
  }

  /** Frees the Kafka client. */
  close(): void {
    this.#admin?.client.close();
    this.#admin = undefined;
  }

  #do(request: ServiceRequest, signal: AbortSignal): Promise<unknown> {
    switch (request.what) {
      case "check":
        return this.#check(request, signal);
      case "split":
        return this.#split(request, signal);
      case "alterOffsets":
        return this.#alterOffsets(request);
      case "clusterId":
        return this.#clusterId(request);
      case "fullMatch":
        return this.#fullMatch(request);
      case "sinkOffsets":
        return this.#groups.read(request);
      case "alterSinkOffsets":
        return this.#alterSinkOffsets(request);
    }
  }

  async #check(request: Request<"check">, signal: AbortSignal): Promise<ServiceAnswers["check"]> {
    const definition = findConnector(this.#options.connectors, request.connectorClass);
    const { values } = parseConfig(definition.config, request.config);
    const problems = [];
    for await (const { key, message } of definition.check?.(values, contextOf(request, definition.class, signal)) ?? []) {
      problems.push({ key, message });
    }
    return problems;
  }

  async #split(request: Request<"split">, signal: AbortSignal): Promise<ServiceAnswers["split"]> {
    const definition = findConnector(this.#options.connectors, request.connectorClass);
    const config = parsed(definition.config, request.config);
    return await definition.split(config, request.config, request.maxTasks, contextOf(request, definition.class, signal));
  }

  async #alterOffsets({ connectorClass, config, offsets }: Request<"alterOffsets">): Promise<boolean> {
    const definition = findConnector(this.#options.connectors, connectorClass);
    if (definition.kind !== "source" || definition.alterOffsets === undefined) return false;
    const maps = offsets.map(([partition, offset]) => [mapOf(partition), mapOf(offset)] as const);
    return await definition.alterOffsets(config, maps);
  }

  // deno-lint-ignore require-await -- a regex that is none is to reject, as all else here does
  async #fullMatch({ regex, texts }: Request<"fullMatch">): Promise<readonly boolean[]> {
    return texts.map(compileJavaRegex(regex));
  }

  async #alterSinkOffsets({ connectorClass, ...change }: Request<"alterSinkOffsets">): Promise<boolean> {
    const definition = findConnector(this.#options.connectors, connectorClass);
    if (definition.kind !== "sink") throw new ConnectError(`${definition.class} is no sink connector`);
    return await this.#groups.change({ ...change, definition });
  }

  async #clusterId({ workerConfig }: Request<"clusterId">): Promise<string | null> {
    return await this.#adminFor(workerConfig).clusterId();
  }

  #adminFor(workerConfig: StringMap): Admin {
    const properties = adminProperties({ workerConfig, connectorConfig: {} }, "connect-cluster-admin");
    const text = JSON.stringify(properties);
    if (this.#admin?.properties === text) return this.#admin.client;
    this.close();
    const client = this.#options.kafka.openAdmin(properties, (message) => log.warn(message));
    this.#admin = { client, properties: text };
    return client;
  }
}

function mapOf(text: string | null): ReturnType<typeof parseOffsetText> | null {
  return text === null ? null : parseOffsetText(text);
}

/** The connector's own lines carry its name, as its tasks' do. */
function contextOf(
  { connector, config }: { readonly connector: string; readonly config: StringMap },
  connectorClass: string,
  signal: AbortSignal,
): ConnectorContext {
  const log = logger(connectorClass);
  return {
    connector,
    raw: config,
    signal,
    log: {
      debug: (message, fields) => log.debug(message, { ...fields, connector }),
      info: (message, fields) => log.info(message, { ...fields, connector }),
      warn: (message, fields) => log.warn(message, { ...fields, connector }),
      error: (message, fields) => log.error(message, { ...fields, connector }),
    },
  };
}

function subject(request: ServiceRequest): string {
  switch (request.what) {
    case "check":
      return `checking the config of connector "${request.connector}"`;
    case "split":
      return `dividing connector "${request.connector}" into tasks`;
    case "alterOffsets":
      return `altering offsets with ${request.connectorClass}`;
    case "clusterId":
      return "asking Kafka for its cluster id";
    case "fullMatch":
      return `matching "${request.regex}"`;
    case "sinkOffsets":
      return `asking Kafka for the offsets of connector "${request.connector}"`;
    case "alterSinkOffsets":
      return `setting the offsets of connector "${request.connector}"`;
  }
}
