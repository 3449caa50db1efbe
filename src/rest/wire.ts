/** Entities as the API writes them: Kafka Connect's member names, in its order (4.2). */
import type { ConnectorInfo, ConnectorStatus, KeyInfo, KeyValue, OffsetPair, PluginInfo, StateInfo, Validation } from "../worker/api.ts";
import { withoutSecrets } from "../base/log.ts";

/** The body of every error. */
export function error(status: number, message: string | null) {
  return { error_code: status, message };
}

/** `GET /connectors/{n}` and the answers to create and change. */
export function connector(info: ConnectorInfo) {
  return { name: info.name, config: info.config, tasks: info.tasks.map((task) => ({ connector: info.name, task })), type: info.type };
}

/** `GET /connectors/{n}/status` and the restart plan. */
export function status(status: ConnectorStatus) {
  return { name: status.name, connector: state(status.connector), tasks: status.tasks.map(taskState), type: status.type };
}

/** `GET /connectors/{n}/tasks/{id}/status`. */
export function taskState(task: StateInfo & { readonly id: number }) {
  return { id: task.id, ...state(task) };
}

/** `version` is null, not left out, while the class is unknown; `trace` is left out unless there is one. */
function state(info: StateInfo) {
  const trace = info.trace === undefined || info.trace === "" ? {} : { trace: withoutSecrets(info.trace) };
  return { state: info.state, worker_id: info.workerId, version: info.version, ...trace };
}

/** `GET /connectors/{n}/tasks`. */
export function tasks(name: string, tasks: readonly { readonly task: number; readonly config: ConnectorInfo["config"] }[]) {
  return tasks.map(({ task, config }) => ({ id: { connector: name, task }, config }));
}

/** Members of offsets that are our own and no client of Kafka Connect knows. */
const OWN_PREFIX = "sluice.";

/** `GET /connectors/{n}/offsets`. */
export function offsets(pairs: readonly OffsetPair[]) {
  return { offsets: pairs.map(({ partition, offset }) => ({ partition, offset: offset === null ? null : foreign(offset) })) };
}

function foreign(offset: NonNullable<OffsetPair["offset"]>) {
  return Object.fromEntries(Object.entries(offset).filter(([name]) => !name.startsWith(OWN_PREFIX)));
}

/** The answer to altered or reset offsets. */
export function message(text: string) {
  return { message: text };
}

/** One entry of `GET /connector-plugins`; without a version the member is left out. */
export function plugin(info: PluginInfo) {
  return { class: info.class, type: info.kind, ...(info.version === null ? {} : { version: info.version }) };
}

/** One entry of `GET /connector-plugins/{p}/config`. Since 4.2 the order stands between group and width and has a longer name. */
export function key(info: KeyInfo) {
  return {
    name: info.name,
    type: info.type,
    required: info.required,
    default_value: info.defaultValue,
    importance: info.importance,
    documentation: info.documentation,
    group: info.group,
    order_in_group: info.orderInGroup,
    width: info.width,
    display_name: info.displayName,
    dependents: info.dependents,
  };
}

/** `PUT …/config/validate`. */
export function validation(validation: Validation) {
  return {
    name: validation.name,
    error_count: validation.errorCount,
    groups: validation.groups,
    configs: validation.configs.map(({ definition, value }) => ({
      definition: definition === null ? null : key(definition),
      value: value === null ? null : keyValue(value),
    })),
  };
}

function keyValue(value: KeyValue) {
  return {
    name: value.name,
    value: value.value,
    recommended_values: value.recommendedValues,
    errors: value.errors,
    visible: value.visible,
  };
}
