/** What is read from a request besides its body. */
import type { Context } from "hono";
import { httpError } from "./errors.ts";

/** A boolean query parameter: `true` in any letter case, everything else is false. */
export function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}

/** A task's number in the path: 32 bits with sign, anything else is a path nobody knows. */
export function taskNumber(text: string): number {
  const number = /^[+-]?[0-9]{1,11}$/.test(text) ? Number(text) : NaN;
  if ((number | 0) !== number) throw httpError(404);
  return number;
}

/** Characters a path segment may hold as they are besides those `encodeURIComponent` leaves (RFC 3986, pchar). */
const PLAIN = /%(?:24|26|2B|2C|3A|3B|3D|40)/g;

/** Absolute URL of a connector, at the address the client used. */
export function location(c: Context, name: string): string {
  const url = new URL(c.req.url);
  const segment = encodeURIComponent(name.toWellFormed()).replace(PLAIN, (code) => decodeURIComponent(code));
  return `${url.protocol}//${c.req.header("host") ?? url.host}/connectors/${segment}`;
}
