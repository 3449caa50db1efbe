import { FileError, readProperties, readText } from "./properties.ts";

/** A connector as a file given on the command line describes it. */
export interface FileConnector {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly target: "STARTED" | "PAUSED" | "STOPPED";
}

const TARGETS = { RUNNING: "STARTED", PAUSED: "PAUSED", STOPPED: "STOPPED" } as const;

/**
 * Reads a connector file in the forms of Kafka Connect 4's standalone worker: a JSON object of settings with `name`, a JSON
 * object `{name, config, initial_state}`, or a `.properties` file. Throws a `FileError` naming the file and the way out.
 */
export function readConnectorFile(path: string): FileConnector {
  const json = path.endsWith(".properties") ? undefined : asObject(path);
  const settings = json === undefined ? Object.fromEntries(readProperties(path)) : json;
  return typeof settings.config === "object" && settings.config !== null
    ? fromRequest(path, settings, asSettings(path, settings.config))
    : named(path, asSettings(path, settings), "STARTED");
}

/** The object in the text, its numbers as their source text, or undefined when it is no JSON: then it is a `.properties` file of another name. */
function asObject(path: string): Record<string, unknown> | undefined {
  const text = readText(path);
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const keepDigits = (_: string, value: unknown, context: { source?: string }) => typeof value === "number" ? context.source : value;
    return { ...JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileError(`Cannot use "${path}": it begins like JSON, but ${reason}`, { cause: error });
  }
}

function asSettings(path: string, value: object): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [key, each] of Object.entries(value)) {
    if (typeof each === "object") throw new FileError(`Cannot use "${path}": the value of "${key}" must be text, a number or true/false`);
    settings[key] = String(each);
  }
  return settings;
}

function fromRequest(path: string, request: Record<string, unknown>, config: Record<string, string>): FileConnector {
  const { name, initial_state: initial } = request;
  if (typeof name !== "string" || name === "") throw missingName(path);
  if (config.name !== undefined && config.name !== name) {
    throw new FileError(`Connector name configuration in 'config' doesn't match the one specified in 'name' at '${path}'`);
  }
  const target = initial === undefined || initial === null ? "STARTED" : targetOf(path, String(initial));
  return named(path, { ...config, name }, target);
}

function targetOf(path: string, initial: string): FileConnector["target"] {
  const found = Object.entries(TARGETS).find(([state]) => state === initial.toUpperCase());
  if (found === undefined) throw new FileError(`Cannot use "${path}": initial_state "${initial}" is not one of RUNNING, PAUSED, STOPPED`);
  return found[1];
}

function named(path: string, config: Record<string, string>, target: FileConnector["target"]): FileConnector {
  if (config.name === undefined || config.name === "") throw missingName(path);
  return { name: config.name, config, target };
}

function missingName(path: string): FileError {
  return new FileError(`Connector configuration at '${path}' is missing the mandatory 'name' configuration`);
}

/** What is asked of the worker; the worker itself fits. */
interface ConnectorPutter {
  connectors(): readonly string[];
  info(name: string): { readonly config: Readonly<Record<string, string | null>> };
  put(name: string, config: Readonly<Record<string, string>>): Promise<unknown>;
  create(name: string, config: Readonly<Record<string, string>>, target: FileConnector["target"]): Promise<unknown>;
}

/**
 * Creates or updates the connectors of the given files, in order; those that no file names stay as they are. A stored target
 * state (paused, stopped) survives an update. Throws a `FileError` naming the file whose connector is refused.
 */
export async function putConnectorFiles(worker: ConnectorPutter, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { name, config, target } = readConnectorFile(path);
    try {
      if (worker.connectors().includes(name)) await update(worker, name, config);
      else await worker.create(name, config, target);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FileError(`Cannot use "${path}": ${reason}`, { cause: error });
    }
  }
}

/** A connector whose file has not changed is left alone: it has started already. */
async function update(worker: ConnectorPutter, name: string, config: Readonly<Record<string, string>>): Promise<void> {
  const stored = worker.info(name).config;
  const keys = new Set([...Object.keys(stored), ...Object.keys(config)]);
  if ([...keys].some((key) => stored[key] !== config[key])) await worker.put(name, config);
}
