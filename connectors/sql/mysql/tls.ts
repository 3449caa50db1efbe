/** Encryption of the connection: what the parameters ask for, and the certificates behind it. */
import { ConfigError } from "sdk";
import { SqlError } from "../sql_error.ts";
import { choice, flag, type Parameters, textOf } from "./parameters.ts";

/** As `sslMode` of MySQL Connector/J. PREFERRED encrypts where the server can and checks nobody. */
export type TlsMode = "DISABLED" | "PREFERRED" | "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY";

/** What is said of TLS. Files are read when a connection is made. */
export interface TlsSettings {
  readonly mode: TlsMode;
  /** Certificates to trust: a PEM file, or PEM text itself; null = the machine's. */
  readonly trusted: string | null;
  /** A PEM file with the client's certificate and its key; null = none. */
  readonly client: string | null;
  readonly clientPassword: string | null;
  /** Lowest version taken. */
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** What mysql2 wants to hear. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly verifyIdentity: boolean;
  readonly minVersion: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

/** Words of both drivers, capital letters without underscores. */
const MODES: Readonly<Record<string, TlsMode>> = {
  DISABLED: "DISABLED",
  DISABLE: "DISABLED",
  PREFERRED: "PREFERRED",
  REQUIRED: "REQUIRED",
  TRUST: "REQUIRED",
  VERIFYCA: "VERIFY_CA",
  VERIFYIDENTITY: "VERIFY_IDENTITY",
  VERIFYFULL: "VERIFY_IDENTITY",
};

/** Reads the TLS parameters. Throws a ConfigError for what contradicts itself or cannot be read here. */
export function tlsSettings(parameters: Parameters): TlsSettings {
  const trusted = textOf(parameters, "serversslcert") ?? textOf(parameters, "trustcertificatekeystoreurl") ?? null;
  const client = textOf(parameters, "clientcertificatekeystoreurl") ?? null;
  if (trusted !== null) requirePem(parameters, trusted, "trustcertificatekeystoretype", "trustCertificateKeyStoreUrl");
  if (client !== null) requirePem(parameters, client, "clientcertificatekeystoretype", "clientCertificateKeyStoreUrl");
  return {
    mode: tlsMode(parameters),
    trusted,
    client,
    clientPassword: textOf(parameters, "clientcertificatekeystorepassword") ?? null,
    minVersion: minVersion(parameters),
  };
}

/** `sslMode`, or what the older switches come to (MySQL Connector/J 9.1 still reads them where `sslMode` is not said). */
function tlsMode(parameters: Parameters): TlsMode {
  if (textOf(parameters, "sslmode") !== undefined) return choice(parameters, "sslmode", MODES, "PREFERRED");
  if (!flag(parameters, "usessl", true)) return "DISABLED";
  if (flag(parameters, "verifyservercertificate", false)) return "VERIFY_CA";
  // MariaDB's: useSsl checks certificate and name unless told otherwise.
  if (textOf(parameters, "serversslcert") !== undefined && !flag(parameters, "trustservercertificate", false)) {
    return flag(parameters, "disablesslhostnameverification", false) ? "VERIFY_CA" : "VERIFY_IDENTITY";
  }
  return flag(parameters, "requiressl", false) ? "REQUIRED" : "PREFERRED";
}

function minVersion(parameters: Parameters): "TLSv1.2" | "TLSv1.3" {
  const said = textOf(parameters, "tlsversions") ?? textOf(parameters, "enabledtlsprotocols") ??
    textOf(parameters, "enabledsslprotocolsuites");
  if (said === undefined || /TLSv1\.2/i.test(said)) return "TLSv1.2";
  if (/TLSv1\.3/i.test(said)) return "TLSv1.3";
  throw new ConfigError(`Cannot use TLS versions "${said}": TLSv1.2 or TLSv1.3 must be among them`);
}

/** Java's key stores need Java; PEM does not. */
function requirePem(parameters: Parameters, url: string, typeKey: string, name: string): void {
  const type = textOf(parameters, typeKey) ?? (/\.(jks|p12|pfx|keystore|truststore)$/i.test(url) ? "JKS" : "PEM");
  if (type.toUpperCase() !== "PEM") {
    throw new ConfigError(
      `Cannot read a key store of type "${type}" for connection parameter "${name}": write it as PEM text ` +
        `(keytool -exportcert -rfc, or openssl pkcs12 -nodes) and name that file`,
    );
  }
  if (!isPemText(url) && !/^(file:|\/)/.test(url)) {
    throw new ConfigError(`Cannot open what connection parameter "${name}" names: it must be a file: URL`);
  }
}

/**
 * What to ask of mysql2 in this attempt; undefined = no TLS. Throws a SqlError for a file that cannot be read; what is in
 * a file never gets into a message.
 */
export async function tlsOptions(settings: TlsSettings): Promise<TlsOptions | undefined> {
  if (settings.mode === "DISABLED") return undefined;
  const verifies = settings.mode === "VERIFY_CA" || settings.mode === "VERIFY_IDENTITY";
  const client = settings.client === null ? null : await pem(settings.client);
  return {
    rejectUnauthorized: verifies,
    verifyIdentity: settings.mode === "VERIFY_IDENTITY",
    minVersion: settings.minVersion,
    ...(settings.trusted === null ? {} : { ca: await pem(settings.trusted) }),
    ...(client === null ? {} : { cert: client, key: client }),
    ...(settings.clientPassword === null ? {} : { passphrase: settings.clientPassword }),
  };
}

function isPemText(text: string): boolean {
  return text.trimStart().startsWith("-----BEGIN");
}

async function pem(urlOrText: string): Promise<string> {
  if (isPemText(urlOrText)) return urlOrText;
  return await readPem(urlOrText);
}

/** The text of a PEM file named by a `file:` URL or a path. Throws a SqlError. */
export async function readPem(url: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(url.startsWith("file:") ? new URL(url) : url);
  } catch (error) {
    throw new SqlError(`Cannot read certificates from "${url}": ${error instanceof Error ? error.name : "unknown error"}`, {
      kind: "fatal",
    });
  }
  if (!isPemText(text) && !text.includes("-----BEGIN")) {
    throw new SqlError(`Cannot read certificates from "${url}": the file is not PEM text`, { kind: "fatal" });
  }
  return text;
}
