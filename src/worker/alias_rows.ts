/** Rows of the aliases in `transforms` and `predicates`: their class, its version, the class's own keys (ConnectorConfig.enrich, Kafka Connect 4). */
import { type ConfigSpec, field, type StringMap } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import { splitList } from "../config/parse.ts";
import { validateSpec } from "../config/validate.ts";
import { resolveClass } from "./class_rules.ts";
import { versionKey } from "./plugin_version.ts";
import type { Plugin, PluginFinder } from "./plugin_set.ts";
import { type Row, toRow } from "./validation_rows.ts";

interface AliasKind {
  readonly key: "transforms" | "predicates";
  readonly kind: "transformation" | "predicate";
  readonly group: string;
  readonly label: string;
}

const KINDS: readonly AliasKind[] = [
  { key: "transforms", kind: "transformation", group: "Transforms", label: "Transformation" },
  { key: "predicates", kind: "predicate", group: "Predicates", label: "Predicate" },
];

/** Keys every transformation has besides those of its class. */
const GUARD_KEYS: ConfigSpec = {
  predicate: field.string({
    importance: "MEDIUM",
    default: null,
    doc: "Alias of the predicate that decides whether a record is transformed.",
  }),
  negate: field.boolean({ importance: "MEDIUM", default: false, doc: "Whether the predicate's answer is turned round." }),
};

/** Rows of all aliases, transformations first. An alias given twice is one alias. */
export function aliasRows(raw: StringMap, plugins: PluginFinder): readonly Row[] {
  return KINDS.flatMap((kind) => aliases(raw, kind.key).flatMap((alias) => rowsOfAlias(kind, alias, raw, plugins)));
}

function aliases(raw: StringMap, key: string): readonly string[] {
  return [...new Set(splitList(javaTrim(raw[key] ?? "")))];
}

function rowsOfAlias(kind: AliasKind, alias: string, raw: StringMap, plugins: PluginFinder): readonly Row[] {
  const prefix = `${kind.key}.${alias}.`;
  const named = raw[`${prefix}type`];
  const plugin = plugins.find(kind.kind, javaTrim(named ?? ""));
  const spec = { ...headSpec(kind, alias, plugin, plugins), ...(plugin === undefined ? {} : bodySpec(kind, alias, plugin)) };
  const [type, ...others] = validateSpec(spec, raw).rows.map(toRow);
  if (type === undefined) return [];
  const resolved = resolveClass(type, kind.kind, named, plugins);
  if (kind.kind === "transformation" && raw[`${prefix}negate`] !== undefined && raw[`${prefix}predicate`] === undefined) {
    resolved.value.errors.push(negateAlone(prefix));
  }
  return [resolved, ...others];
}

function negateAlone(prefix: string): string {
  return `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' defining a predicate to be negated.`;
}

/** The keys that say which class an alias stands for. */
function headSpec(kind: AliasKind, alias: string, plugin: Plugin | undefined, plugins: PluginFinder): ConfigSpec {
  const prefix = `${kind.key}.${alias}.`;
  const base = { importance: "HIGH", group: `${kind.group}: ${alias}`, width: "LONG" } as const;
  return {
    [`${prefix}type`]: field.class({
      ...base,
      order: 0,
      displayName: `${kind.label} type for ${alias}`,
      doc: `Class for the '${alias}' ${kind.kind}.`,
      recommended: () => plugins.classes(kind.kind),
    }),
    [`${prefix}plugin.version`]: versionKey(
      field.string({
        ...base,
        order: 1,
        displayName: `${kind.label} version for ${alias}`,
        doc: `Version of the '${alias}' ${kind.kind}; there is one of each, so it need not be given.`,
        default: null,
      }),
      plugin,
    ),
  };
}

/** The class's own keys under the alias's prefix, numbered after sorting. Rules of a value still speak of the bare key, as in ConfigDef.embed. */
function bodySpec(kind: AliasKind, alias: string, plugin: Plugin): ConfigSpec {
  const prefix = `${kind.key}.${alias}.`;
  const spec = kind.kind === "transformation" ? { ...plugin.config, ...GUARD_KEYS } : plugin.config;
  const sorted = Object.entries(spec).sort(([a, left], [b, right]) => compareKeys(a, left, b, right, groupOrder(spec)));
  return Object.fromEntries(sorted.map(([key, base], i) => [prefix + key, embedded(base, key, prefix, `${kind.group}: ${alias}`, i + 2)]));
}

function embedded(base: ConfigSpec[string], key: string, prefix: string, group: string, order: number): ConfigSpec[string] {
  const { validate } = base;
  return {
    ...base,
    group: base.group === undefined ? group : `${group}: ${base.group}`,
    order,
    displayName: base.displayName ?? key,
    dependents: (base.dependents ?? []).map((dependent) => prefix + dependent),
    ...(validate === undefined ? {} : { validate: (value, name) => validate(value, name.slice(prefix.length)) }),
  };
}

function groupOrder(spec: ConfigSpec): readonly string[] {
  return [...new Set(Object.values(spec).flatMap((base) => base.group ?? []))];
}

const IMPORTANCE = ["HIGH", "MEDIUM", "LOW"];

/** ConfigDef's order: group, place in it, required keys first, importance, name. */
function compareKeys(a: string, left: ConfigSpec[string], b: string, right: ConfigSpec[string], groups: readonly string[]): number {
  return groups.indexOf(left.group ?? "") - groups.indexOf(right.group ?? "") ||
    (left.order ?? -1) - (right.order ?? -1) ||
    Number(left.default !== undefined) - Number(right.default !== undefined) ||
    IMPORTANCE.indexOf(left.importance) - IMPORTANCE.indexOf(right.importance) ||
    (a < b ? -1 : 1);
}
