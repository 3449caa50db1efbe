/** Reads the captures of the converters. */
import { Buffer } from "node:buffer";
import type { AnyConverter, Converter, HeaderConverter } from "sdk";
import { parseConfig } from "../../../src/config/parse.ts";
import { converters } from "../../../src/converters/mod.ts";

/** Bytes in a capture. */
export type CapturedBytes = { readonly text: string } | { readonly base64: string } | null;

/** The parsed file. Captures are trusted: their shape is what the caller says. */
export function capture<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(`../../captures/converters/${name}`, import.meta.url)));
}

/** Captured bytes as bytes. */
export function bytesOf(captured: CapturedBytes): Uint8Array<ArrayBuffer> | null {
  if (captured === null) return null;
  return Uint8Array.from("text" in captured ? Buffer.from(captured.text) : Buffer.from(captured.base64, "base64"));
}

/** Bytes as text, for readable differences; null for none. */
export function shown(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

/** A converter by its simple class name, configured as a user would. */
export function converterOf(name: string, settings: Readonly<Record<string, string>> = {}): Converter {
  const definition = definitionOf(name);
  const made = definition.create?.(valuesOf(definition, { "converter.type": "value", ...settings }));
  if (made === undefined) throw new Error(`${name} converts headers only`);
  return made;
}

/** A header converter by its simple class name. */
export function headerConverterOf(name: string, settings: Readonly<Record<string, string>> = {}): HeaderConverter {
  const definition = definitionOf(name);
  return definition.createHeader(valuesOf(definition, { "converter.type": "header", ...settings }));
}

/** The definition of that simple class name. */
export function definitionOf(name: string): AnyConverter {
  const found = converters.find((each) => each.class.endsWith(`.${name}`));
  if (found === undefined) throw new Error(`No converter is called ${name}`);
  return found;
}

function valuesOf(definition: AnyConverter, settings: Readonly<Record<string, string>>) {
  const parsed = parseConfig(definition.config, settings);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join("\n"));
  return parsed.values;
}

/** What the short words of the captures stand for. */
export const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  numeric: { "decimal.format": "NUMERIC" },
  nulls: { "replace.null.with.default": "false" },
  schemaless: { "schemas.enable": "false" },
  content: {
    "schema.content":
      '{"type":"struct","fields":[{"type":"int32","optional":true,"default":5,"field":"a"},{"type":"string","optional":false,"field":"b"}],"optional":true}',
  },
};

/** A JsonConverter with the settings of these words. */
export function jsonConverterOf(...words: readonly string[]): Converter {
  return converterOf("JsonConverter", Object.assign({}, ...words.map((word) => SETTINGS[word] ?? {})));
}
