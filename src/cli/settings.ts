import { type Address, type Arguments, UsageError } from "./arguments.ts";
import { environmentKeys } from "./environment.ts";
import { readProperties } from "./properties.ts";

const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const LOOPBACK: Address = { host: "127.0.0.1", port: 8083 };

/** What a start needs to know, drawn from flags, environment and files. */
export interface Settings {
  /** All worker keys, defaults of ours not filled in. */
  readonly properties: ReadonlyMap<string, string>;
  /** Addresses of the REST API. */
  readonly listeners: readonly Address[];
  /** Who asked for the listeners; undefined: nobody, it is the default. */
  readonly listenersFrom: "--listen" | "listeners" | undefined;
  readonly dataFolder: string;
  readonly logLevel: string;
  readonly logFormat: "text" | "json";
  readonly embeddedKafka: Address | "default" | undefined;
  readonly connectorFiles: readonly string[];
}

/** Joins the sources of settings: flags win over `CONNECT_*` variables, those over the worker file. */
export function gatherSettings(args: Arguments, environment: Readonly<Record<string, string>>): Settings {
  const given = args.workerFile === undefined ? undefined : readProperties(args.workerFile);
  // A first file that describes a connector is one: the worker then has no file.
  const isConnector = given?.has("connector.class") ?? false;
  const properties = new Map<string, string>(given === undefined || isConnector ? withoutFile() : given);
  for (const layer of [environmentKeys(environment), args.set, flagKeys(args)]) {
    for (const [key, value] of layer) properties.set(key, value);
  }
  return {
    properties,
    listeners: properties.has("listeners") ? parseListeners(properties.get("listeners") ?? "") : [LOOPBACK],
    listenersFrom: args.listen !== undefined ? "--listen" : properties.has("listeners") ? "listeners" : undefined,
    dataFolder: dataFolder(args.data, environment),
    logLevel: args.logLevel ?? "info",
    logFormat: args.logFormat ?? "text",
    embeddedKafka: args.embeddedKafka,
    connectorFiles: isConnector && args.workerFile !== undefined ? [args.workerFile, ...args.connectorFiles] : args.connectorFiles,
  };
}

/** Without a worker file both converters are JsonConverter with schemas, as in the files shipped with Kafka. */
function withoutFile(): Iterable<[string, string]> {
  return [["key.converter", JSON_CONVERTER], ["value.converter", JSON_CONVERTER]];
}

function flagKeys(args: Arguments): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  if (args.bootstrapServers !== undefined) keys.set("bootstrap.servers", args.bootstrapServers);
  if (args.listen !== undefined) keys.set("listeners", `http://${urlHost(args.listen.host)}:${args.listen.port}`);
  return keys;
}

/** A host as it stands in a URL: IPv6 addresses in brackets. */
export function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Texts as in Kafka Connect 4 (RestServerConfig); https is for a later version and refused. */
function parseListeners(text: string): readonly Address[] {
  const items = text.split(",").map((item) => item.trim());
  if (text.trim() === "") {
    throw new UsageError(
      "Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.",
    );
  }
  return items.map((item) => {
    if (item === "") throw new UsageError("Empty URL found when parsing listeners list.");
    const match = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/.exec(item);
    if (match === null) throw new UsageError(`Listener doesn't have the right format (protocol://hostname:port). listeners has "${item}"`);
    const protocol = (match[1] ?? "").toLowerCase();
    if (protocol === "https") {
      throw new UsageError(`Listener "${item}" needs TLS, which this version cannot serve: use http behind a proxy`);
    }
    if (protocol !== "http") throw new UsageError(`Listener protocol must be either "http" or "https". listeners has "${item}"`);
    const port = Number(match[3]);
    if (port < 0 || port > 65535) throw new UsageError(`Listener "${item}" needs a port from 0 to 65535`);
    return { host: match[2] || "0.0.0.0", port };
  });
}

/** An empty `--data`, as an unset shell variable gives it, is refused: it would be the current folder. */
function dataFolder(given: string | undefined, environment: Readonly<Record<string, string>>): string {
  if (given === "") throw new UsageError('--data "" names no folder; leave the option out for the default');
  return given ?? (environment.SLUICE_DATA || defaultDataFolder(environment));
}

function defaultDataFolder(environment: Readonly<Record<string, string>>): string {
  const home = environment.XDG_DATA_HOME || (environment.HOME && `${environment.HOME}/.local/share`);
  if (!home) throw new UsageError("Neither XDG_DATA_HOME nor HOME is set: say with --data DIR where sluice.db is to live");
  return `${home}/sluice`;
}
