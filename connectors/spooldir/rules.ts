/** Rules of single values, worded as the reference words them (connect-utils 0.7.173). None touches the disk. */
import { DataError, type Validator } from "sdk";

/** One of the names of a Java enum; `type` is the enum's name in the message. */
export function enumName(type: string, names: readonly string[]): Validator<string> {
  return (value, key) => value === null || names.includes(value) ? [] : [notAName(value, type, names, key)];
}

/** A list of such names. */
export function enumNames(type: string, names: readonly string[]): Validator<readonly string[]> {
  return (values, key) => {
    const wrong = values?.find((value) => !names.includes(value));
    return wrong === undefined ? [] : [notAName(wrong, type, names, key)];
  };
}

function notAName(value: string, type: string, names: readonly string[], key: string): string {
  return `Invalid value '${value}' is not a valid value for ${type}. Valid values are ${names.join(", ")}. for configuration ${key}`;
}

/** An absolute path; whether it is a directory that can be written is for `check`, as that touches the disk. */
export function absolutePath(): Validator<string> {
  return (value, key) => {
    const fault = value === null ? "Input must be a string." : pathFault(value);
    return fault === undefined ? [] : [`Invalid value ${fault} for configuration ${key}`];
  };
}

/** What is wrong with a path as a text. */
export function pathFault(path: string): string | undefined {
  if (path === "") return "Cannot be null or empty.";
  return isAbsolutePath(path) ? undefined : `File '${path}' is not an absolute path.`;
}

/** java.io.File.isAbsolute on this system. */
export function isAbsolutePath(path: string): boolean {
  return Deno.build.os === "windows" ? /^(?:[A-Za-z]:[\\/]|\\\\)/.test(path) : path.startsWith("/");
}

/** The reference's sentence at the start of a connector. */
export function notAbsolute(key: string, path: string): string {
  return `Invalid value ${path} for configuration ${key}: Must be an absolute path.`;
}

/** Text before a dot and something after it. */
export function fileExtension(): Validator<string> {
  const rule = "^.*\\..+$";
  return (value, key) => {
    if (value === null || new RegExp(rule).test(value)) return [];
    return [`Invalid value '${value}' does not match pattern '${rule}'. for configuration ${key}`];
  };
}

/** A name `isCharset` knows. It throws where others answer, as the reference does: the whole request fails, not the one key. */
export function charsetName(isCharset: (name: string) => boolean): Validator<string> {
  return (value, key) => {
    if (value !== null && !isCharset(value)) throw new DataError(`Charset '${value}' is invalid for ${key}`);
    return [];
  };
}
