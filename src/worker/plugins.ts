/** What connectors and other plugins there are, and by which names they are found. */
import { describeSpec } from "../config/validate.ts";
import { type KeyInfo, type PluginInfo, type PluginKind, WorkerError } from "./api.ts";
import { describeConnector } from "./connector_spec.ts";
import type { ConnectorPlugin, Plugin, PluginFinder, PluginSet } from "./plugin_set.ts";
import { adviceFor, isOtherPlugin } from "./upstream.ts";

/** Kinds in the order of listings, with the word their short names are cut at (Kafka Connect 4, PluginUtils). */
const KINDS: Readonly<Record<PluginKind, string>> = {
  sink: "Connector",
  source: "Connector",
  transformation: "Transformation",
  predicate: "Predicate",
  converter: "Converter",
  header_converter: "HeaderConverter",
};

/** The plugins of this program, found by class and by short name. */
export class Plugins implements PluginFinder {
  readonly #connectors: readonly ConnectorPlugin[];
  readonly #plugins: readonly Plugin[];
  /** Short names that stand for one class only. */
  readonly #aliases: ReadonlyMap<string, string>;

  constructor(set: PluginSet) {
    this.#connectors = set.connectors;
    this.#plugins = allPlugins(set);
    this.#aliases = unambiguousAliases(this.#plugins);
  }

  /** As `GET /connector-plugins` lists them. */
  list(connectorsOnly: boolean): readonly PluginInfo[] {
    const shown = connectorsOnly ? this.#plugins.filter(isConnector) : this.#plugins;
    return shown.map((plugin) => ({ class: plugin.class, kind: plugin.kind, version: plugin.version }));
  }

  /** Class names of a kind, sorted: what a form offers. */
  classes(kind: PluginKind): readonly string[] {
    return this.#plugins.filter((plugin) => plugin.kind === kind).map((plugin) => plugin.class);
  }

  /** The plugin of that kind with this class or short name. */
  find(kind: PluginKind, name: string): Plugin | undefined {
    const wanted = this.#aliases.get(name) ?? name;
    return this.#plugins.find((plugin) => plugin.kind === kind && plugin.class === wanted);
  }

  /** A plugin of whatever kind with this class or short name. */
  findAny(name: string): Plugin | undefined {
    const wanted = this.#aliases.get(name) ?? name;
    return this.#plugins.find((plugin) => plugin.class === wanted);
  }

  /** The connector a config names, undefined when there is none or more than one. */
  connector(name: string): ConnectorPlugin | undefined {
    const found = this.#connectorsNamed(name);
    return found.length === 1 ? found[0] : undefined;
  }

  /** The connector a config names. Throws invalid with the text Connect's clients look for, then what to use instead. */
  requireConnector(name: string): ConnectorPlugin {
    const [first, ...others] = this.#connectorsNamed(name);
    if (first === undefined) {
      const advice = adviceFor(name);
      const sorted = [...this.#connectors].sort((a, b) => compareTexts(a.class, b.class));
      // Sources first, as Kafka Connect lists them here.
      const known = (["source", "sink"] as const).flatMap((kind) => sorted.filter((plugin) => plugin.kind === kind));
      const text = `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: ${
        known.map(pluginText).join(", ")
      }`;
      throw new WorkerError("invalid", advice === undefined ? text : `${text}. ${advice}`);
    }
    if (others.length > 0) {
      const classes = [first, ...others].map(pluginText).join(", ");
      throw new WorkerError(
        "invalid",
        `More than one connector matches alias ${name}. Please use full package and class name instead. Classes found: ${classes}`,
      );
    }
    return first;
  }

  /** As `GET /connector-plugins/{plugin}/config` lists keys. Throws not_found, and invalid for plugins of other kinds. */
  describe(name: string): readonly KeyInfo[] {
    const connector = this.connector(name);
    if (connector !== undefined) return describeConnector(connector);
    const plugin = this.findAny(name);
    if (plugin !== undefined) return describeSpec(plugin.config);
    if (isOtherPlugin(name)) {
      const kinds = "sink, source, converter, header_converter, transformation, predicate";
      throw new WorkerError("invalid", `Invalid plugin class ${name}. Valid types are ${kinds}.`);
    }
    throw new WorkerError("not_found", `Unknown plugin ${name}.`);
  }

  #connectorsNamed(name: string): readonly ConnectorPlugin[] {
    return this.#connectors.filter((plugin) => plugin.class === name || shortNames(plugin).includes(name));
  }
}

/** Puts the plugins of this program together. */
export function createPlugins(set: PluginSet): Plugins {
  return new Plugins(set);
}

function allPlugins(set: PluginSet): readonly Plugin[] {
  const converters = set.converters.filter((converter) => converter.create !== undefined);
  const all = [
    ...set.connectors.map((plugin) => plain(plugin.kind, plugin)),
    ...(set.transforms ?? []).map((plugin) => plain("transformation", plugin)),
    ...(set.predicates ?? []).map((plugin) => plain("predicate", plugin)),
    ...converters.map((plugin) => plain("converter", plugin)),
    ...set.converters.map((plugin) => plain("header_converter", plugin)),
  ];
  const order = Object.keys(KINDS);
  return all.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || compareTexts(a.class, b.class));
}

function plain(kind: PluginKind, plugin: Omit<Plugin, "kind">): Plugin {
  return { kind, class: plugin.class, version: plugin.version, config: plugin.config };
}

function isConnector(plugin: Plugin): boolean {
  return plugin.kind === "sink" || plugin.kind === "source";
}

/** By UTF-16 code units, as Java sorts. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The last part of a class name (of a nested class the inner name), and the same cut at its kind's word. */
function shortNames(plugin: { readonly kind: PluginKind; readonly class: string }): readonly string[] {
  const simple = plugin.class.slice(Math.max(plugin.class.lastIndexOf("."), plugin.class.lastIndexOf("$")) + 1);
  const cut = simple.lastIndexOf(KINDS[plugin.kind]);
  return cut > 0 ? [simple, simple.slice(0, cut)] : [simple];
}

function unambiguousAliases(plugins: readonly Plugin[]): ReadonlyMap<string, string> {
  const classes = new Map<string, Set<string>>();
  for (const plugin of plugins) {
    for (const alias of shortNames(plugin)) classes.set(alias, (classes.get(alias) ?? new Set()).add(plugin.class));
  }
  return new Map([...classes].flatMap(([alias, [first = "", ...others]]) => others.length === 0 ? [[alias, first] as const] : []));
}

/** PluginDesc.toString. */
function pluginText(plugin: ConnectorPlugin): string {
  const { class: name, version, kind } = plugin;
  return `PluginDesc{klass=class ${name}, name='${name}', version='${version}', encodedVersion=${version}, type=${kind}, typeName='${kind}', location='classpath'}`;
}
