/** The parent process: joins store, worker, REST and children. Here the compiler proves that the adapters fit the worker's ports. */
import { connectors } from "../../connectors/registry.ts";
import { systemClock } from "../base/clock.ts";
import { configureLog, hideSecrets, logger } from "../base/log.ts";
import { secretsOf } from "../config/secret.ts";
import { converters } from "../converters/mod.ts";
import { ownArguments, ProcessSpawner } from "../link/spawn.ts";
import { createApp } from "../rest/app.ts";
import { LoggerLevels } from "../rest/logger_levels.ts";
import type { ConnectorDefinition } from "../sdk/mod.ts";
import { Database, SqliteConfigs, SqliteOffsets, SqliteStatuses, SqliteTopics } from "../store/mod.ts";
import { workerIdOf } from "../worker/advertised.ts";
import { converterProblems } from "../worker/default_converters.ts";
import { lostGuarantees, meaninglessKeys, readWorkerConfig } from "../worker/worker_config.ts";
import { createWorker, type Worker } from "../worker/worker.ts";
import { UsageError } from "./arguments.ts";
import { putConnectorFiles } from "./connector_files.ts";
import { EmbeddedBroker } from "./embedded_broker.ts";
import { RestServer } from "./rest_server.ts";
import { type Settings, urlHost } from "./settings.ts";
import { ensureLibrary } from "./setup.ts";
import { BUILD, VERSION } from "./version.ts";

const log = logger("cli");

/** How this start differs from the ordinary one. */
export interface ServeOptions {
  /** URL of `main.ts`, which children run again. */
  readonly mainModule: string;
  /** Whether the next free port will do for REST; default false. */
  readonly nextFreePort?: boolean;
  /** In place of the registry's; `mainModule` must give its children the same. For tests. */
  readonly connectors?: readonly ConnectorDefinition[];
}

/** A worker that answers. */
export interface RunningWorker {
  /** Base URL of the REST API, as typed on this machine. */
  readonly url: string;
  readonly bootstrapServers: string;
  /** Resolves with the exit code once SIGINT, SIGTERM or `shutdown` has ended it. */
  readonly ended: Promise<number>;
  /** Stops tasks with their last offsets stored, then everything else. Safe to call twice. */
  shutdown(): Promise<void>;
}

/** Starts everything; resolves when REST answers and the connector files are put. Throws what names the reason, with nothing left running. */
export async function serve(settings: Settings, options: ServeOptions): Promise<RunningWorker> {
  const started = new Started();
  try {
    return await start(settings, options, started);
  } catch (error) {
    await started.undo();
    throw error;
  }
}

async function start(settings: Settings, options: ServeOptions, started: Started): Promise<RunningWorker> {
  configureLog({ level: asLevel(settings.logLevel), format: settings.logFormat });
  const given: Record<string, string> = Object.fromEntries(settings.properties);
  hideSecrets(secretsOf({}, given));
  await ensureLibrary();
  const rest = RestServer.open(settings.listeners, options.nextFreePort ?? false);
  started.push(() => rest.close(systemClock.sleep));
  const database = Database.open(settings.dataFolder, { pid: Deno.pid, host: Deno.hostname(), since: new Date().toISOString() });
  started.push(() => database.close());
  const spawner = new ProcessSpawner(ownArguments(options.mainModule));
  const broker = settings.embeddedKafka === undefined ? undefined : await EmbeddedBroker.start(spawner, settings.embeddedKafka);
  if (broker !== undefined) started.push(() => broker.stop());
  const properties = broker === undefined ? given : { ...given, "bootstrap.servers": broker.bootstrapServers };
  const worker = workerOf(settings, properties, database, spawner, broker, rest, options.connectors ?? connectors);
  started.push(() => worker.shutdown());
  worker.start();
  rest.handler = createApp(worker, { version: VERSION, clock: systemClock, levels: levelsOf(settings) }).fetch;
  announce(settings, properties, rest, broker);
  await putConnectorFiles(worker, settings.connectorFiles);
  return running(rest, properties["bootstrap.servers"] ?? "localhost:9092", started);
}

function workerOf(
  settings: Settings,
  properties: Readonly<Record<string, string>>,
  database: Database,
  spawner: ProcessSpawner,
  broker: EmbeddedBroker | undefined,
  rest: RestServer,
  known: readonly ConnectorDefinition[],
): Worker {
  const plugins = { connectors: known, converters };
  const read = readWorkerConfig(properties);
  const problems = [...read.ok ? [] : read.problems, ...converterProblems(properties, plugins)];
  if (!read.ok || problems.length > 0) throw new UsageError(problems.map((problem) => problem.message).join("\n"));
  for (const line of lostGuarantees(properties)) log.warn(line);
  const ignored = meaninglessKeys(properties);
  if (ignored.length > 0) log.info(`Accepted, but without meaning here: ${ignored.join(", ")}`);
  return createWorker({
    plugins,
    properties,
    config: read.config,
    configs: new SqliteConfigs(database),
    offsets: new SqliteOffsets(database),
    topics: new SqliteTopics(database),
    statuses: new SqliteStatuses(database),
    spawner,
    clock: systemClock,
    workerId: () => workerIdOf(properties, rest.bound, machineAddress),
    commit: BUILD,
    logLevel: settings.logLevel,
    logFormat: settings.logFormat,
    cores: navigator.hardwareConcurrency,
    ...(broker === undefined ? {} : { createTopic: (topic: string, partitions: number) => broker.createTopic(topic, partitions) }),
  });
}

/** What a start says: where it listens, who can reach it, what is only for trials. */
function announce(
  settings: Settings,
  properties: Readonly<Record<string, string>>,
  rest: RestServer,
  broker: EmbeddedBroker | undefined,
): void {
  log.info(`Sluice ${VERSION} answers Kafka Connect's REST API at ${rest.urls.join(", ")}`, {
    data: settings.dataFolder,
    brokers: properties["bootstrap.servers"] ?? "localhost:9092",
  });
  if (broker !== undefined) {
    log.warn("The embedded broker is for trials only: it keeps 5 MB per partition, in memory, and forgets everything at the end", {
      broker: broker.bootstrapServers,
    });
    log.warn("Connectors and offsets outlive it: give each trial a folder of its own with --data DIR", { data: settings.dataFolder });
  }
  const open = settings.listeners.filter(({ host }) => !["127.0.0.1", "::1", "localhost"].includes(host));
  if (open.length > 0) {
    log.warn("Whoever reaches this machine can create connectors: the REST API listens beyond loopback and asks nobody to log in", {
      listens: open.map(({ host, port }) => `${urlHost(host)}:${port === 0 ? rest.bound.port : port}`).join(","),
      because: settings.listenersFrom ?? "default",
    });
  }
}

function running(rest: RestServer, bootstrapServers: string, started: Started): RunningWorker {
  const ended = Promise.withResolvers<number>();
  const shutdown = () => started.undo().then(() => ended.resolve(0), (error) => ended.reject(error));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      log.info(`${signal}: stopping`);
      shutdown();
    });
  }
  const [url = ""] = rest.urls;
  return { url, bootstrapServers, ended: ended.promise, shutdown };
}

/** What has been started, ended in the opposite order, each once. */
class Started {
  readonly #ends: (() => void | Promise<void>)[] = [];
  #undone: Promise<void> | undefined;

  push(end: () => void | Promise<void>): void {
    this.#ends.push(end);
  }

  undo(): Promise<void> {
    this.#undone ??= this.#undo();
    return this.#undone;
  }

  async #undo(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error); // What was started before it must end as well.
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

function levelsOf(settings: Settings): LoggerLevels {
  const names = ["cli", "host", "host.task", "kafka", "link", "rest", "store", "worker", "worker.hosts"];
  const level = settings.logLevel === "warning" ? "WARN" : settings.logLevel.toUpperCase();
  const known = (["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"] as const).find((each) => each === level) ?? "INFO";
  return new LoggerLevels(names, known, systemClock.now, () => {});
}

function asLevel(level: string) {
  return (["trace", "debug", "info", "warning", "error", "fatal"] as const).find((each) => each === level) ?? "info";
}

/** The first address of this machine that others can reach, else loopback. */
function machineAddress(): string {
  return Deno.networkInterfaces().find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address ?? "127.0.0.1";
}
