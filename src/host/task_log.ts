/** Log lines of a task: its name in front, and its effective config at the start. */
import { type LogFields, type Logger, logger, LogValues } from "../base/log.ts";
import { sinkConnectorKeys, sourceConnectorKeys } from "../config/connector_keys.ts";
import type { ConfigSpec, StringMap } from "../config/field.ts";
import { parseKey } from "../config/parse.ts";
import { HIDDEN, renderValue } from "../config/render.ts";
import { maskSecrets } from "../config/secret.ts";
import { shownUndescribed, undescribed, valuesTitle } from "../config/shown_values.ts";
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

/** One entry with the effective config of a task; its connector's start has said most of it at info. */
export function logEffectiveConfig(log: Logger, definition: Described, spec: TaskSpec): void {
  log.debug(valuesTitle(spec.connectorClass), { values: new LogValues(effectiveConfig(definition, spec)) });
}

/** A connector as far as its config goes. */
interface Described {
  readonly kind: "source" | "sink";
  readonly config: ConfigSpec;
}

/**
 * The effective config by key: every key of the connector, defaults put in, then what else the user wrote.
 * Invariant 5: PASSWORD keys, and keys that look secret and are not described, show `[hidden]`, keys that nobody knows show no
 * value; what a config provider gives shows the reference that was written.
 */
export function effectiveConfig(definition: Described, spec: TaskSpec): Readonly<Record<string, string>> {
  const described: ConfigSpec = { ...definition.config, ...(definition.kind === "sink" ? sinkConnectorKeys : sourceConnectorKeys) };
  const raw: StringMap = { ...spec.connectorConfig, ...spec.config };
  const ofConnector = Object.keys(definition.config).filter((key) =>
    Object.hasOwn(raw, key) || definition.config[key]?.default !== undefined
  );
  const keys = [...ofConnector, ...undescribed(definition.config, raw)];
  return Object.fromEntries(keys.map((key) => [key, shown(key, described, raw, spec.shownConfig)]));
}

function shown(key: string, described: ConfigSpec, raw: StringMap, written: StringMap): string {
  const field = Object.hasOwn(described, key) ? described[key] : undefined;
  if (field === undefined) return shownUndescribed(key, { ...raw, ...written });
  if (field.type === "PASSWORD") return HIDDEN;
  const asWritten = written[key] ?? "";
  if (asWritten.includes("${")) return asWritten;
  return maskSecrets(renderValue(field.type, parseKey(field, key, raw).value) ?? "null", []);
}
