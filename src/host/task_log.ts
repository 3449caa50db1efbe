/** Log lines of a task: its name in front, and its effective config at the start. */
import { type LogFields, type Logger, logger } from "../base/log.ts";
import { sinkConnectorKeys, sourceConnectorKeys } from "../config/connector_keys.ts";
import type { ConfigSpec, StringMap } from "../config/field.ts";
import { parseKey } from "../config/parse.ts";
import { HIDDEN, renderValue } from "../config/render.ts";
import { looksSecret } from "../config/secret.ts";
import type { TaskRef, TaskSpec } from "../link/messages.ts";

/** A logger whose lines carry connector and task; text lines then begin with `[name|task-0]`. */
export function taskLogger(name: string, { connector, task }: Pick<TaskRef, "connector" | "task">): Logger {
  const log = logger(name);
  const own = { connector, task };
  return {
    debug: (message, fields) => log.debug(message, with_(fields)),
    info: (message, fields) => log.info(message, with_(fields)),
    warn: (message, fields) => log.warn(message, with_(fields)),
    error: (message, fields) => log.error(message, with_(fields)),
  };

  function with_(fields: LogFields | undefined): LogFields {
    return fields === undefined ? own : { ...fields, ...own };
  }
}

/**
 * The effective config, one `key = value` per line: every key of the connector, defaults put in, then what else the user wrote.
 * Invariant 5: PASSWORD keys, and keys that look secret and are not described, show `[hidden]`; what a config provider gives
 * shows the reference that was written.
 */
export function effectiveConfig(
  definition: { readonly kind: "source" | "sink"; readonly config: ConfigSpec },
  spec: TaskSpec,
): readonly string[] {
  const described: ConfigSpec = { ...definition.config, ...(definition.kind === "sink" ? sinkConnectorKeys : sourceConnectorKeys) };
  const raw: StringMap = { ...spec.connectorConfig, ...spec.config };
  const ofConnector = Object.keys(definition.config).filter((key) =>
    Object.hasOwn(raw, key) || definition.config[key]?.default !== undefined
  );
  const others = Object.keys(raw).filter((key) => !Object.hasOwn(definition.config, key));
  return [...ofConnector, ...others].map((key) => `${key} = ${shown(key, described, raw, spec.shownConfig)}`);
}

function shown(key: string, described: ConfigSpec, raw: StringMap, written: StringMap): string {
  const field = Object.hasOwn(described, key) ? described[key] : undefined;
  if (field?.type === "PASSWORD" || (field === undefined && looksSecret(key))) return HIDDEN;
  const asWritten = written[key] ?? "";
  if (asWritten.includes("${")) return asWritten;
  if (field === undefined) return raw[key] ?? "null";
  return renderValue(field.type, parseKey(field, key, raw).value) ?? "null";
}
