/** Which texts of a config are secret, and how they are kept out of what leaves the process. */
import { maskValues } from "../base/secret_text.ts";
import type { ConfigSpec, StringMap } from "./field.ts";
import { javaTrim } from "./java_text.ts";
import { HIDDEN } from "./render.ts";

/** Passwords inside URLs: `scheme://user:secret@host` and `?password=secret`, as JDBC URLs have them. */
const IN_URL = /(?<=\/\/[^/?#@:\s]*:)[^?#@\s]+(?=@)|(?<=[?&;](?:password|pwd|sslpassword|trustStorePassword|keyStorePassword)=)[^&;\s]+/gi;

/** Keys that hold a secret by their name, where no definition says so: keys of clients and of classes we do not know. */
const SECRET_NAME =
  /password|passwd|pwd|secret|passphrase|token$|credential|jaas\.config|api\.?key|private\.?key|keystore\.key$|certificate\.chain$|truststore\.certificates$/i;

/** Whether a key that no definition describes is taken for a secret. */
export function looksSecret(key: string): boolean {
  return SECRET_NAME.test(key);
}

/** Every secret text in a config: values of PASSWORD keys, of keys that look secret and are not defined, and passwords inside URLs. */
export function secretsOf(spec: ConfigSpec, raw: StringMap): readonly string[] {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(raw)) {
    if (value === null) continue;
    const type = Object.hasOwn(spec, key) ? spec[key]?.type : undefined;
    // The text as written and as parsed: either may turn up in a message.
    if (type === "PASSWORD" || (type === undefined && looksSecret(key))) found.add(value).add(javaTrim(value));
    for (const [secret] of value.matchAll(IN_URL)) found.add(secret);
  }
  found.delete("");
  return [...found];
}

/** The text with each of these secrets, as far as `maskValues` does, and any password inside a URL replaced. Invariant 5 */
export function maskSecrets(text: string, secrets: Iterable<string>): string {
  return maskValues(text, secrets).replace(IN_URL, HIDDEN);
}
