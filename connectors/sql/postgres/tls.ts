/** Encryption of the connection, by `ssl` and `sslmode` as libpq and pgjdbc take them. */
import { Buffer } from "node:buffer";
import { ConfigError } from "sdk";
import { choice, flag, type Parameters } from "./parameters.ts";

const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;

/** How far the connection must be encrypted, and the server known. */
export type TlsMode = (typeof MODES)[number];

/** What the config says; files are read when connecting. */
export interface TlsSettings {
  readonly mode: TlsMode;
  /** PEM file of the authorities that are trusted; null = the machine's own. */
  readonly rootFile: string | null;
  readonly certificateFile: string | null;
  /** PEM, or PKCS #8 as DER, as pgjdbc takes it. */
  readonly keyFile: string | null;
  readonly keyPassword: string | null;
  /** TLS from the first byte (PostgreSQL 17). */
  readonly isDirect: boolean;
}

/** Reads the parameters. Throws a ConfigError. */
export function tlsSettings(parameters: Parameters): TlsSettings {
  const isUnchecked = parameters.get("sslfactory")?.endsWith(".NonValidatingFactory") ?? false;
  // `ssl=true` alone checks all there is to check (pgjdbc 42.2.5 and later).
  const otherwise = !flag(parameters, "ssl", false) ? "prefer" : isUnchecked ? "require" : "verify-full";
  const mode = choice(parameters, parameters.has("sslmode") ? "sslmode" : "sslMode", MODES, otherwise);
  return {
    mode,
    rootFile: parameters.get("sslrootcert") || null,
    certificateFile: parameters.get("sslcert") || null,
    keyFile: parameters.get("sslkey") || null,
    keyPassword: parameters.get("sslpassword") || null,
    isDirect: choice(parameters, "sslNegotiation", ["postgres", "direct"], "postgres") === "direct",
  };
}

/** Whether to ask for TLS, in the order to be tried. */
export function attemptsOf(mode: TlsMode): readonly boolean[] {
  switch (mode) {
    case "disable":
      return [false];
    case "allow":
      return [false, true];
    case "prefer":
      return [true, false];
    case "require":
    case "verify-ca":
    case "verify-full":
      return [true];
  }
}

/** Options for `tls.connect`. Throws a ConfigError for a file that cannot be read. */
export async function tlsOptions(settings: TlsSettings): Promise<Readonly<Record<string, unknown>>> {
  const { mode, rootFile, certificateFile, keyFile, keyPassword } = settings;
  const options: Record<string, unknown> = { rejectUnauthorized: mode === "verify-ca" || mode === "verify-full" };
  if (mode === "verify-ca") options.checkServerIdentity = () => undefined;
  if (rootFile !== null && options.rejectUnauthorized === true) options.ca = await readText("sslrootcert", rootFile);
  if (certificateFile !== null) options.cert = await readText("sslcert", certificateFile);
  if (keyFile !== null) options.key = pemOf(await readFile("sslkey", keyFile));
  if (keyPassword !== null) options.passphrase = keyPassword;
  return options;
}

async function readText(parameter: string, path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(parameter, path));
}

async function readFile(parameter: string, path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new ConfigError(`Cannot read the file "${path}" that the connection parameter "${parameter}" names`, { cause: error });
  }
}

/** A key as PEM; DER begins with the byte of a SEQUENCE. */
function pemOf(bytes: Uint8Array): string {
  if (bytes[0] !== 0x30) return new TextDecoder().decode(bytes);
  return `-----BEGIN PRIVATE KEY-----\n${Buffer.from(bytes).toString("base64")}\n-----END PRIVATE KEY-----\n`;
}
