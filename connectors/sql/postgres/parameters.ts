/** The parameters of pgjdbc 42.7: what each means here. Their names are spelled as the driver spells them; case counts. */
import { ConfigError } from "sdk";

/** Parameters by name: those of the URL have won already. */
export type Parameters = ReadonlyMap<string, string>;

/** Parameters that load classes or native code. */
const LOADS_CODE = new Set([
  "socketFactory",
  "socketFactoryArg",
  "sslhostnameverifier",
  "sslpasswordcallback",
  "authenticationPluginClassName",
  "xmlFactoryFactory",
  "sspiServiceClass",
  "jaasApplicationName",
  "kerberosServerName",
  "sslfactoryarg",
]);

/** Parameters that open files besides the TLS files of the user. */
const OPENS_FILES = new Set(["loggerFile", "service"]);

/** TLS factories whose work is done here; the value says whether certificates are checked. */
const KNOWN_FACTORIES = new Set([
  "org.postgresql.ssl.LibPQFactory",
  "org.postgresql.ssl.jdbc4.LibPQFactory",
  "org.postgresql.ssl.DefaultJavaSSLFactory",
  "org.postgresql.ssl.NonValidatingFactory",
]);

/** Understood elsewhere in this folder. */
const UNDERSTOOD = [
  "user",
  "password",
  "PGHOST",
  "PGPORT",
  "PGDBNAME",
  "ssl",
  "sslmode",
  "sslMode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "sslfactory",
  "sslNegotiation",
  "currentSchema",
  "connectTimeout",
  "socketTimeout",
  "loginTimeout",
  "ApplicationName",
  "options",
  "targetServerType",
  "loadBalanceHosts",
  "readOnly",
  "logServerErrorDetail",
];

/** Right whatever they say: what they ask for is done anyway, or is about how Java does it. */
const WITHOUT_EFFECT = [
  "adaptiveFetch",
  "adaptiveFetchMaximum",
  "adaptiveFetchMinimum",
  "allowEncodingChanges",
  "assumeMinServerVersion",
  "autosave",
  "binaryTransfer",
  "binaryTransferDisable",
  "binaryTransferEnable",
  "cancelSignalTimeout",
  "channelBinding",
  "cleanupSavepoints",
  "databaseMetadataCacheFields",
  "databaseMetadataCacheFieldsMiB",
  "defaultRowFetchSize",
  "disableColumnSanitiser",
  "escapeSyntaxCallMode",
  "groupStartupParameters",
  "gssEncMode",
  "gssResponseTimeout",
  "hideUnprivilegedObjects",
  "hostRecheckSeconds",
  "loggerLevel",
  "logUnclosedConnections",
  "maxResultBuffer",
  "maxSendBufferSize",
  "preferQueryMode",
  "preparedStatementCacheQueries",
  "preparedStatementCacheSizeMiB",
  "prepareThreshold",
  "protocolVersion",
  "quoteReturningIdentifiers",
  "readOnlyMode",
  "receiveBufferSize",
  "reWriteBatchedInserts",
  "sendBufferSize",
  "sslResponseTimeout",
  "stringtype",
  "tcpKeepAlive",
  "tcpNoDelay",
  "unknownLength",
];

const KNOWN = new Set([...UNDERSTOOD, ...WITHOUT_EFFECT]);

/** Refuses what would load code or open files of this machine. Throws a ConfigError that names the parameter, not its value. */
export function refuseParameters(parameters: Parameters): void {
  for (const name of parameters.keys()) {
    if (LOADS_CODE.has(name)) {
      throw new ConfigError(`Cannot use the connection parameter "${name}": it loads Java code, and there is no Java here; remove it`);
    }
    if (OPENS_FILES.has(name)) {
      throw new ConfigError(`Cannot use the connection parameter "${name}": it opens a file of the worker's machine; remove it`);
    }
  }
  const factory = parameters.get("sslfactory");
  if (factory !== undefined && factory !== "" && !KNOWN_FACTORIES.has(factory)) {
    throw new ConfigError('Cannot use the connection parameter "sslfactory": it loads Java code, and there is no Java here; use "sslmode"');
  }
  if (parameters.has("replication")) {
    throw new ConfigError('Cannot use the connection parameter "replication": a replication connection cannot run queries; remove it');
  }
}

/** Parameters of which nothing is known. */
export function ignoredParameters(parameters: Parameters): readonly string[] {
  return [...parameters.keys()].filter((name) => !KNOWN.has(name));
}

/** The milliseconds of a parameter in seconds; null when it is not given, 0 for none. */
export function seconds(parameters: Parameters, name: string): number | null {
  const text = parameters.get(name);
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value * 1000 <= 0x7fff_ffff) return Math.round(value * 1000);
  throw new ConfigError(`Cannot read the connection parameter "${name}": it must be a number of seconds, but is "${text}"`);
}

/** A yes or no; empty means yes, as a bare `?ssl`. */
export function flag(parameters: Parameters, name: string, otherwise: boolean): boolean {
  const text = parameters.get(name);
  return text === undefined ? otherwise : text === "" || text.toLowerCase() === "true";
}

/** One of several words, whose case does not count. */
export function choice<T extends string>(parameters: Parameters, name: string, words: readonly T[], otherwise: T): T {
  const text = parameters.get(name);
  if (text === undefined || text === "") return otherwise;
  const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new ConfigError(`Cannot use "${text}" for the connection parameter "${name}": it must be one of ${words.join(", ")}`);
}
