/** Which converter a task uses, and with which settings (runtime of Kafka Connect 4: Plugins.newConverter). */
import { parseConfig } from "../config/parse.ts";
import type { ConfigOf, StringMap } from "../config/field.ts";
import type { TaskSpec } from "../link/messages.ts";
import type { AnyConverter, Converter, HeaderConverter } from "../sdk/converter.ts";
import { ConfigError } from "../sdk/errors.ts";
import { withPrefix } from "./task_settings.ts";

/** A converter in use, with the class name that stands in logs. */
export interface Chosen<C> {
  readonly class: string;
  readonly converter: C;
}

/** The three converters of a task. */
export interface ChosenConverters {
  readonly key: Chosen<Converter>;
  readonly value: Chosen<Converter>;
  readonly header: Chosen<HeaderConverter>;
}

type Place = "key.converter" | "value.converter" | "header.converter";

/** Used where neither connector nor worker names one. */
const DEFAULTS: Readonly<Record<Place, string>> = {
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
  "header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter",
};

/** Makes the converters of a task. Throws a `ConfigError` for a name we lack (with those we have) and for settings it refuses. */
export function chooseConverters(known: readonly AnyConverter[], spec: TaskSpec): ChosenConverters {
  return {
    key: recordConverter(known, spec, "key.converter"),
    value: recordConverter(known, spec, "value.converter"),
    header: headerConverter(known, spec),
  };
}

function recordConverter(known: readonly AnyConverter[], spec: TaskSpec, place: "key.converter" | "value.converter"): Chosen<Converter> {
  const { definition, config } = definitionFor(known, spec, place);
  if (definition.create === undefined) {
    throw new ConfigError(
      `Invalid value ${definition.class} for configuration ${place}: This class converts headers only. Use one of ${listed(known, place)}`,
    );
  }
  return { class: definition.class, converter: definition.create(config) };
}

function headerConverter(known: readonly AnyConverter[], spec: TaskSpec): Chosen<HeaderConverter> {
  const { definition, config } = definitionFor(known, spec, "header.converter");
  return { class: definition.class, converter: definition.createHeader(config) };
}

/**
 * With the class key in the connector only the connector's settings count, else only the worker's: a converter of one with the
 * settings of the other would be nobody's.
 */
function definitionFor(
  known: readonly AnyConverter[],
  spec: TaskSpec,
  place: Place,
): { definition: AnyConverter; config: ConfigOf<AnyConverter["config"]> } {
  const own = given(spec.connectorConfig, place);
  const from: StringMap = own === undefined ? spec.workerConfig : spec.connectorConfig;
  const name = own ?? given(spec.workerConfig, place) ?? DEFAULTS[place];
  const definition = findConverter(known, name);
  if (definition === undefined) {
    throw new ConfigError(
      `Invalid value ${name} for configuration ${place}: Class ${name} could not be found. Use one of ${listed(known, place)}`,
    );
  }
  const settings = { ...withPrefix(from, `${place}.`), "converter.type": place.slice(0, place.indexOf(".")) };
  const config = parseConfig(definition.config, settings);
  if (!config.ok) throw new ConfigError(config.problems.map((problem) => `${place}: ${problem.message}`).join("\n"));
  return { definition, config: config.values };
}

/** The definition of that name: full class name, or its last part with or without `Converter` or `HeaderConverter` at the end. */
export function findConverter(known: readonly AnyConverter[], name: string): AnyConverter | undefined {
  return known.find((converter) => converter.class === name) ?? known.find((converter) => {
    const simple = converter.class.slice(converter.class.lastIndexOf(".") + 1);
    return name === simple || name === simple.replace(/Converter$/, "") || name === simple.replace(/HeaderConverter$/, "");
  });
}

function given(config: StringMap, key: string): string | undefined {
  const value = config[key]?.trim();
  return value === undefined || value === "" ? undefined : value;
}

function listed(known: readonly AnyConverter[], place: Place): string {
  return known.filter((converter) => place === "header.converter" || converter.create !== undefined)
    .map((converter) => converter.class).join(", ");
}
