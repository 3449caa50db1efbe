/**
 * All converters.
 * @module
 */
import type { AnyConverter } from "sdk";
import { booleanConverter } from "./boolean.ts";
import { byteArrayConverter } from "./byte_array.ts";
import { jsonConverter } from "./json.ts";
import { numberConverters } from "./numbers.ts";
import { simpleHeaderConverter } from "./simple_header.ts";
import { stringConverter } from "./string.ts";

/** The converters a config may name. */
export const converters: readonly AnyConverter[] = [
  booleanConverter,
  byteArrayConverter,
  jsonConverter,
  ...numberConverters,
  stringConverter,
  simpleHeaderConverter,
];
