/** Plugins as the parent sees them: what they are and which keys they have, never code that may block. */
import type { ConfigSpec } from "../config/field.ts";
import type { PluginKind } from "./api.ts";

/** What is looked at of a connector definition here; those of the sdk fit by shape. */
export interface ConnectorPlugin {
  readonly kind: "source" | "sink";
  readonly class: string;
  readonly version: string;
  readonly config: ConfigSpec;
  /** The Java class name of its tasks, shown as `task.class`. */
  readonly taskClass?: string;
  /** Only whether it is there: the parent never runs it. */
  readonly check?: unknown;
  /** A pure function of the parsed config: the one thing of a definition the parent calls. Sources only. */
  resplitMs?(config: Readonly<Record<string, unknown>>): number | null;
}

/** What is looked at of a converter definition here. */
export interface ConverterPlugin {
  readonly class: string;
  readonly version: string;
  readonly config: ConfigSpec;
  /** Absent: converts headers only. */
  readonly create?: unknown;
}

/** A transformation or a predicate. */
export interface RecordPlugin {
  readonly class: string;
  readonly version: string;
  readonly config: ConfigSpec;
}

/** All plugins of this program: what `main.ts` hands over. */
export interface PluginSet {
  readonly connectors: readonly ConnectorPlugin[];
  readonly converters: readonly ConverterPlugin[];
  readonly transforms?: readonly RecordPlugin[];
  readonly predicates?: readonly RecordPlugin[];
}

/** A plugin under one of the kinds it serves; a converter is listed under two. */
export interface Plugin {
  readonly kind: PluginKind;
  readonly class: string;
  readonly version: string;
  readonly config: ConfigSpec;
}

/** Finds plugins of one kind. */
export interface PluginFinder {
  /** By class or short name. */
  find(kind: PluginKind, name: string): Plugin | undefined;
  /** Of whatever kind. */
  findAny(name: string): Plugin | undefined;
  /** Class names of a kind, sorted: what a form offers. */
  classes(kind: PluginKind): readonly string[];
}
