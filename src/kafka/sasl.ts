/** The login modules of Kafka's Java clients, in librdkafka's settings. */
import { type JaasEntry, parseJaas } from "./jaas.ts";
import { ClientConfigError, type Target } from "./setting.ts";

/** Options of `OAuthBearerLoginModule` for the client credentials grant, and what librdkafka calls them. */
const oidcOptions: Readonly<Record<string, string>> = {
  clientId: "sasl.oauthbearer.client.id",
  clientSecret: "sasl.oauthbearer.client.secret",
  scope: "sasl.oauthbearer.scope",
};

/** The rule for `sasl.jaas.config`. Refuses a login module that has no counterpart, by its name. */
export function saslFromJaas(value: string, key: string, target: Target): void {
  const entry = parsed(value, key);
  switch (entry.module) {
    case "PlainLoginModule":
    case "ScramLoginModule":
      target.set("sasl.username", required(entry, "username", key), key, true);
      target.set("sasl.password", required(entry, "password", key), key, true);
      return;
    case "OAuthBearerLoginModule":
      return oauthBearer(entry, key, target);
    default:
      throw new ClientConfigError(
        key,
        `the login module "${entry.module}" has no counterpart here; use PlainLoginModule, ScramLoginModule or OAuthBearerLoginModule, ` +
          `or librdkafka's own sasl.* settings`,
      );
  }
}

/** Client credentials against a token endpoint, or the unsecured tokens Kafka offers for trials. */
function oauthBearer(entry: JaasEntry, key: string, target: Target): void {
  const extensions: string[] = [];
  const unsecured: string[] = [];
  for (const [option, value] of entry.options) {
    const setting = oidcOptions[option];
    if (setting !== undefined) target.set(setting, value, key, true);
    else if (option.startsWith("extension_")) extensions.push(`${option.slice("extension_".length)}=${value}`);
    else if (option === "unsecuredLoginStringClaim_sub") unsecured.push(`principal=${value}`);
    else if (option === "unsecuredLoginLifetimeSeconds") unsecured.push(`lifeSeconds=${value}`);
    else target.ignore(`${key} option ${option}`);
  }
  if (extensions.length > 0) target.set("sasl.oauthbearer.extensions", extensions.join(","), key, true);
  if (unsecured.length > 0) {
    target.set("enable.sasl.oauthbearer.unsecure.jwt", "true", key);
    target.set("sasl.oauthbearer.config", unsecured.join(" "), key, true);
  }
}

/** Without a user or a password librdkafka would try an empty one, and the broker's refusal would name no cause. */
function required(entry: JaasEntry, option: string, key: string): string {
  const value = entry.options.get(option);
  if (value === undefined) throw new ClientConfigError(key, `${entry.module} needs the option "${option}"`);
  return value;
}

/** The parser knows no keys; the message needs one. */
function parsed(value: string, key: string): JaasEntry {
  try {
    return parseJaas(value);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ClientConfigError(key, error.message);
    throw error;
  }
}
