/** Types a config key may have (Kafka's ConfigDef.Type). */
export type FieldType = "BOOLEAN" | "STRING" | "INT" | "SHORT" | "LONG" | "DOUBLE" | "LIST" | "CLASS" | "PASSWORD";
export type Importance = "HIGH" | "MEDIUM" | "LOW";
export type Width = "NONE" | "SHORT" | "MEDIUM" | "LONG";

/** A config as users write it: text by key; null only where a client sent null. */
export type StringMap = Readonly<Record<string, string | null>>;

/** One thing wrong with a config, and the key it is shown at. `message` is the whole sentence. */
export interface Problem {
  readonly key: string;
  readonly message: string;
}

/** Judges one parsed value (null when absent, null or unparseable); returns whole sentences, none when it is fine. Must not touch disk or network. */
export type Validator<T> = (value: T | null, name: string) => readonly string[];

/** What is said of a key besides its type and default. */
export interface FieldOptions<T> {
  readonly importance: Importance;
  /** Our own words: what it does, with unit. */
  readonly doc: string;
  /** Upstream lists the key without a word, and so do we where clients look; pages for people have `doc`. */
  readonly isUndocumented?: boolean;
  readonly group?: string;
  /** Place in the group; -1 when not given. */
  readonly order?: number;
  readonly width?: Width;
  /** The key itself when not given. */
  readonly displayName?: string;
  readonly dependents?: readonly string[];
  readonly validate?: Validator<T>;
  /** Values to offer, given the raw config. */
  readonly recommended?: (config: StringMap) => readonly string[];
  /** Whether a form would show it, given the parsed values; true when not given. */
  readonly visible?: (values: Readonly<Record<string, unknown>>) => boolean;
}

/** One config key: type, default, rules. `T` is what a parsed config holds under it. */
export interface Field<T> extends FieldOptions<T> {
  readonly type: FieldType;
  /** undefined: required. null: optional without a value. */
  readonly default: T | null | undefined;
  /** Carries `T` for inference; never set. */
  readonly parsed?: T;
}

/** All keys of a plugin, in the order they are listed. Keys beginning with `sluice.` are our own: hidden from `/config`, and from `/validate` unless sent. */
// deno-lint-ignore no-explicit-any -- a spec mixes fields of every value type
export type ConfigSpec = Readonly<Record<string, Field<any>>>;

/** The parsed form of a spec: every key present, typed by its field. A required key is never null. */
export type ConfigOf<S extends ConfigSpec> = {
  readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never;
};

type Optional<T> = FieldOptions<T> & { readonly default: null };
type Given<T> = FieldOptions<T> & { readonly default?: T };

interface Maker<T> {
  (options: Optional<T>): Field<T | null>;
  (options: Given<T>): Field<T>;
}

function maker<T>(type: FieldType): Maker<T> {
  const make = (options: FieldOptions<T> & { readonly default?: T | null }) => ({ ...options, type, default: options.default });
  return make as unknown as Maker<T>;
}

/** Makers of fields. A field without `default` is required; `default: null` makes it optional and nullable. */
export const field = {
  string: maker<string>("STRING"),
  int: maker<number>("INT"),
  short: maker<number>("SHORT"),
  /** Held as a number: longs beyond 2^53 lose digits, which no key of ours needs. */
  long: maker<number>("LONG"),
  double: maker<number>("DOUBLE"),
  boolean: maker<boolean>("BOOLEAN"),
  list: maker<readonly string[]>("LIST"),
  /** The full class name, once aliases are resolved. */
  class: maker<string>("CLASS"),
  password: maker<string>("PASSWORD"),
} as const;
