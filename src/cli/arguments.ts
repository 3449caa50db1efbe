import { parseArgs } from "node:util";

/** A command line that cannot be understood; the program prints the sentence and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Levels of the log, least to most severe. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;
export type LogLevel = typeof LOG_LEVELS[number];
export type LogFormat = "text" | "json";

/** Host and port as given to `--listen` and `--embedded-kafka`; port 0 = any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What the command line says. Everything left out is undefined, so that files and environment can speak. */
export interface Arguments {
  readonly help: boolean;
  readonly version: boolean;
  readonly listen: Address | undefined;
  readonly bootstrapServers: string | undefined;
  /** `"default"`: given without an address. */
  readonly embeddedKafka: Address | "default" | undefined;
  readonly data: string | undefined;
  /** Worker keys by `--set`, in order; the last of a key wins. */
  readonly set: ReadonlyMap<string, string>;
  readonly logLevel: LogLevel | undefined;
  readonly logFormat: LogFormat | undefined;
  readonly workerFile: string | undefined;
  readonly connectorFiles: readonly string[];
}

/** What `--help` prints. */
export const HELP = `Usage: sluice [options] [worker.properties] [connector.properties|connector.json ...]

Runs a Kafka Connect worker. Connector files are put at every start: created or updated.

Options
  --listen HOST:PORT           Address of the REST API; port 0 = any. Default 127.0.0.1:8083
  --bootstrap-servers LIST     Kafka brokers. Default localhost:9092
  --embedded-kafka[=HOST:PORT] Bring a broker along, for trials only: it forgets everything at the end.
                               Default 127.0.0.1:9092, else the next free port; port 0 = any
  --data DIR                   Folder of sluice.db (configs, offsets, states).
                               Default $XDG_DATA_HOME/sluice, else ~/.local/share/sluice
  --set KEY=VALUE              Any worker key; may be repeated
  --log-level LEVEL            ${LOG_LEVELS.join(", ")}. Default info
  --log-format FORMAT          text or json. Default text
  --version                    Print the version and end
  --help                       Print this and end

Commands
  sluice demo [jdbc] [--once]  A whole tutorial on this machine, broker included
  sluice setup                 Get librdkafka, as every other command does when it is missing

Flags win over CONNECT_* environment variables, those over files.
Exit codes: 0 clean stop, 1 crash, 2 wrong command line or config, 3 start failed.
`;

const OPTIONS = {
  "help": { type: "boolean" },
  "version": { type: "boolean" },
  "listen": { type: "string" },
  "bootstrap-servers": { type: "string" },
  "embedded-kafka": { type: "string" },
  "data": { type: "string" },
  "set": { type: "string", multiple: true },
  "log-level": { type: "string" },
  "log-format": { type: "string" },
} as const;

/** Parses the command line. Throws a `UsageError` naming the option, its value and what is allowed. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = understood(args.map((arg) => arg === "--embedded-kafka" ? "--embedded-kafka=" : arg));
  const [workerFile, ...connectorFiles] = splitFiles(positionals);
  const embedded = values["embedded-kafka"];
  return {
    help: values.help ?? false,
    version: values.version ?? false,
    listen: values.listen === undefined ? undefined : parseAddress("--listen", values.listen),
    bootstrapServers: values["bootstrap-servers"],
    embeddedKafka: embedded === undefined ? undefined : embedded === "" ? "default" : parseAddress("--embedded-kafka", embedded),
    data: values.data,
    set: parseSettings(values.set ?? []),
    logLevel: oneOf("--log-level", values["log-level"]?.toLowerCase(), LOG_LEVELS),
    logFormat: oneOf("--log-format", values["log-format"], ["text", "json"]),
    workerFile,
    connectorFiles: connectorFiles.filter((file) => file !== undefined),
  };
}

function understood(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text.split(". ")[0]}. See sluice --help`, { cause: error });
  }
}

/** The first `.properties` file is the worker's; JSON files are always connectors, so `sluice connector.json` needs no worker file. */
function splitFiles(files: readonly string[]): readonly (string | undefined)[] {
  return files[0]?.endsWith(".json") ? [undefined, ...files] : files;
}

/** `HOST:PORT`, `:PORT` (all interfaces) or `[IPV6]:PORT`. */
export function parseAddress(option: string, text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new UsageError(`${option} "${text}" is not HOST:PORT with a port from 0 to 65535`);
  return { host: match[1] ?? (match[2] || "0.0.0.0"), port };
}

function parseSettings(settings: readonly string[]): ReadonlyMap<string, string> {
  const parsed = new Map<string, string>();
  for (const setting of settings) {
    const at = setting.indexOf("=");
    if (at < 1) throw new UsageError(`--set "${setting}" is not KEY=VALUE`);
    parsed.set(setting.slice(0, at).trim(), setting.slice(at + 1).trim());
  }
  return parsed;
}

function oneOf<T extends string>(option: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new UsageError(`${option} "${value}" is not one of ${allowed.join(", ")}`);
  return found;
}
