/** The driver parameters of MySQL Connector/J 9.1 and MariaDB Connector/J 3.5: what each means here. */
import { ConfigError } from "sdk";

/** Parameters by their name in small letters: both drivers ignore case. The name as it was written goes along, for messages. */
export type Parameters = ReadonlyMap<string, { readonly name: string; readonly value: string }>;

/** Parameters that load classes. Their defaults are harmless, but nobody writes defaults. */
const LOADS_CODE = new Set([
  "autodeserialize",
  "queryinterceptors",
  "statementinterceptors",
  "exceptioninterceptors",
  "connectionlifecycleinterceptors",
  "socketfactory",
  "sslsocketfactory",
  "tlssocketfactory",
  "propertiestransform",
  "authenticationplugins",
  "profilereventhandler",
  "clientinfoprovider",
  "loadbalanceautocommitstatementregex",
  "credentialtype",
  "serverconfigcachefactory",
  "queryinfocachefactory",
  "parseinfocachefactory",
  "logger",
  "useconfigs",
]);

/** Parameters that let the server ask for files of this machine, or that open a pipe or socket file. */
const OPENS_FILES = new Set([
  "allowloadlocalinfile",
  "allowurlinlocalinfile",
  "allowloadlocalinfileinpath",
  "allowlocalinfile",
  "localsocket",
  "pipe",
  "namedpipepath",
  "ociconfigfile",
  "krb5conf",
]);

/** Parameters that would be wrong to pass over in silence. */
const UNSUPPORTED = new Map([
  ["sockproxyhost", "a SOCKS proxy is not supported"],
  ["socksproxyhost", "a SOCKS proxy is not supported"],
  ["truststore", "Java key stores cannot be read; name a PEM file of certificates in trustCertificateKeyStoreUrl or serverSslCert"],
  ["keystore", "Java key stores cannot be read; name a PEM file in clientCertificateKeyStoreUrl"],
]);

/** Understood elsewhere in this folder. */
const UNDERSTOOD = [
  "user",
  "password",
  "sslmode",
  "usessl",
  "requiressl",
  "verifyservercertificate",
  "trustservercertificate",
  "disablesslhostnameverification",
  "trustcertificatekeystoreurl",
  "trustcertificatekeystoretype",
  "trustcertificatekeystorepassword",
  "clientcertificatekeystoreurl",
  "clientcertificatekeystoretype",
  "clientcertificatekeystorepassword",
  "fallbacktosystemtruststore",
  "serversslcert",
  "enabledtlsprotocols",
  "tlsversions",
  "enabledsslprotocolsuites",
  "allowpublickeyretrieval",
  "serverrsapublickeyfile",
  "connecttimeout",
  "sockettimeout",
  "zerodatetimebehavior",
  "tinyint1isbit",
  "transformedbitisboolean",
  "yearisdatetype",
  "sessionvariables",
  "forceconnectiontimezonetosession",
  "servertimezone",
  "connectiontimezone",
  "connectionattributes",
];

/** Right whatever they say: what they ask for is done anyway, or is about how Java does it. */
const WITHOUT_EFFECT = [
  "useunicode",
  "characterencoding",
  "connectioncollation",
  "autoreconnect",
  "autoreconnectforpools",
  "failoverreadonly",
  "maxreconnects",
  "initialtimeout",
  "useinformationschema",
  "rewritebatchedstatements",
  "usecursorfetch",
  "defaultfetchsize",
  "useserverprepstmts",
  "emulateunsupportedpstmts",
  "cacheprepstmts",
  "prepstmtcachesize",
  "prepstmtcachesqllimit",
  "cacheserverconfiguration",
  "cacheresultsetmetadata",
  "cachecallablestmts",
  "elidesetautocommits",
  "uselocalsessionstate",
  "maintaintimestats",
  "tcpkeepalive",
  "tcpnodelay",
  "nulldatabasemeanscurrent",
  "nullcatalogmeanscurrent",
  "uselegacydatetimecode",
  "usetimezone",
  "usejdbccomplianttimezoneshift",
  "preserveinstants",
  "sendfractionalseconds",
  "usebulkstmts",
  "databaseterm",
  "dontcheckonduplicatekeyupdateinsert",
  "paranoid",
];

const KNOWN = new Set([...UNDERSTOOD, ...WITHOUT_EFFECT]);

/** Throws a ConfigError for a parameter that must not or cannot be honoured. */
export function refuseParameters(parameters: Parameters): void {
  for (const [key, { name, value }] of parameters) {
    const unsupported = UNSUPPORTED.get(key);
    if (unsupported !== undefined) throw new ConfigError(`Cannot use connection parameter "${name}": ${unsupported}`);
    if (!LOADS_CODE.has(key) && !OPENS_FILES.has(key)) continue;
    if (/^(false|)$/i.test(value)) continue; // what we do anyway
    const reason = LOADS_CODE.has(key) ? "it names code to be loaded" : "it lets the connection open files of this machine";
    throw new ConfigError(`Cannot use connection parameter "${name}": ${reason}; leave it out`);
  }
}

/** The names, as written, of parameters that mean nothing here. */
export function ignoredParameters(parameters: Parameters): readonly string[] {
  return [...parameters].filter(([key]) => !KNOWN.has(key) && !LOADS_CODE.has(key) && !OPENS_FILES.has(key)).map(([, { name }]) => name);
}

/** A switch: `true`, `yes`, `1` or `on` and their opposites, in any case. Throws a ConfigError for anything else. */
export function flag(parameters: Parameters, key: string, otherwise: boolean): boolean {
  const said = parameters.get(key);
  if (said === undefined || said.value === "") return otherwise;
  if (/^(true|yes|1|on)$/i.test(said.value)) return true;
  if (/^(false|no|0|off)$/i.test(said.value)) return false;
  throw new ConfigError(`Cannot read connection parameter "${said.name}" = "${said.value}": it must be true or false`);
}

/** Milliseconds; null when not said or 0, which both drivers take for "for ever". */
export function milliseconds(parameters: Parameters, key: string): number | null {
  const said = parameters.get(key);
  if (said === undefined || said.value === "") return null;
  if (!/^\d{1,9}$/.test(said.value)) {
    throw new ConfigError(`Cannot read connection parameter "${said.name}" = "${said.value}": it must be a number of milliseconds`);
  }
  return Number(said.value) === 0 ? null : Number(said.value);
}

/** The value, or undefined when it is not said or empty. */
export function textOf(parameters: Parameters, key: string): string | undefined {
  const value = parameters.get(key)?.value;
  return value === "" ? undefined : value;
}

/** One of several words, in any case and with or without underscores; throws a ConfigError that lists them. */
export function choice<T extends string>(parameters: Parameters, key: string, words: Readonly<Record<string, T>>, otherwise: T): T {
  const said = parameters.get(key);
  if (said === undefined || said.value === "") return otherwise;
  const word = words[said.value.toUpperCase().replaceAll(/[_-]/g, "")];
  if (word !== undefined) return word;
  const known = [...new Set(Object.values(words))].join(", ");
  throw new ConfigError(`Cannot read connection parameter "${said.name}" = "${said.value}": it must be one of ${known}`);
}
