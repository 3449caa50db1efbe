/** Sections of a validation for `producer.override.`, `consumer.override.` and `admin.override.`: what was sent, and whether it is allowed. */
import type { StringMap } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import { parseKey, splitList } from "../config/parse.ts";
import { HIDDEN, renderValue } from "../config/render.ts";
import { looksSecret } from "../config/secret.ts";
import { defineKey } from "../config/validate.ts";
import { WorkerError } from "./api.ts";
import { clientKeys, type ClientKind } from "./client_keys.ts";
import type { Row } from "./validation_rows.ts";

/** What `connector.client.config.override.policy` says of a client setting: the name shown, and whether a connector may set it. */
interface OverridePolicy {
  readonly name: string;
  allows(setting: string): boolean;
}

const PRINCIPAL_SETTINGS = ["sasl.jaas.config", "sasl.mechanism", "security.protocol"];

/** The override rows of a connector, for the clients it gets. Throws invalid for a value that its client's setting cannot hold. */
export function overrideRows(kind: "source" | "sink", raw: StringMap, workerConfig: StringMap): readonly Row[] {
  const policy = overridePolicy(workerConfig);
  return clientsOf(kind, raw).flatMap((client) => rowsOfClient(client, raw, policy));
}

/** The policy by alias or class name; an unknown one allows nothing. */
function overridePolicy(workerConfig: StringMap): OverridePolicy {
  const given = javaTrim(workerConfig["connector.client.config.override.policy"] ?? "All");
  const name = given.slice(given.lastIndexOf(".") + 1).replace(/ConnectorClientConfigOverridePolicy$/, "");
  const listed = splitList(javaTrim(workerConfig["connector.client.config.override.allowlist"] ?? ""));
  const allowed: Readonly<Record<string, (setting: string) => boolean>> = {
    All: () => true,
    Principal: (setting) => PRINCIPAL_SETTINGS.includes(setting),
    Allowlist: (setting) => listed.includes(setting),
  };
  return { name, allows: Object.hasOwn(allowed, name) ? allowed[name] ?? (() => false) : () => false };
}

/** The clients made for a connector (Kafka Connect 4, AbstractHerder.validateConnectorConfig). */
function clientsOf(kind: "source" | "sink", raw: StringMap): readonly ClientKind[] {
  const keys = Object.keys(raw);
  if (kind === "sink") return (raw["errors.deadletterqueue.topic.name"] ?? "") === "" ? ["consumer"] : ["producer", "consumer", "admin"];
  const ownOffsets = (raw["offsets.storage.topic"] ?? "") !== "";
  const makesTopics = keys.some((key) => key.startsWith("topic.creation."));
  return ["producer", ...(ownOffsets ? ["consumer"] as const : []), ...(ownOffsets || makesTopics ? ["admin"] as const : [])];
}

function rowsOfClient(client: ClientKind, raw: StringMap, policy: OverridePolicy): readonly Row[] {
  const prefix = `${client}.override.`;
  return Object.entries(raw).flatMap(([key, text]) => key.startsWith(prefix) ? [overrideRow(client, prefix, key, text, policy)] : []);
}

function overrideRow(client: ClientKind, prefix: string, key: string, text: string | null, policy: OverridePolicy): Row {
  const setting = key.slice(prefix.length);
  const known = clientKeys(client)[setting];
  const errors = policy.allows(setting)
    ? []
    : [`The '${policy.name}' policy does not allow '${setting}' to be overridden in the connector configuration.`];
  return {
    definition: known === undefined ? null : { ...defineKey(setting, known), name: key },
    value: {
      name: key,
      value: known === undefined ? bareText(setting, text) : typedText(setting, known, text),
      recommendedValues: [],
      errors,
      visible: true,
    },
  };
}

/** A setting no client of Kafka knows: nothing says whether it is a secret but its name. Invariant 5 */
function bareText(setting: string, text: string | null): string | null {
  return text !== null && looksSecret(setting) ? HIDDEN : text;
}

function typedText(setting: string, known: ReturnType<typeof clientKeys>[string], text: string | null): string | null {
  const parsed = parseKey(known, setting, { [setting]: text });
  if (parsed.errors[0] !== undefined) throw new WorkerError("invalid", parsed.errors[0]);
  return renderValue(known.type, parsed.value);
}
