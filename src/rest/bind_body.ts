/** Parsed bodies to what a route wants, with Jackson's messages where they do not fit (the entities of Kafka Connect 4.2). */
import type { StringMap } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import type { OffsetPair } from "../worker/api.ts";
import { BodyError, type JsonNode, type Position, source } from "./json_body.ts";

/** The body of `POST /connectors`. */
export interface CreateRequest {
  /** Trimmed; empty when none was given. */
  readonly name: string;
  readonly config: StringMap;
  readonly initialState: InitialState;
}

const INITIAL_STATES = ["RUNNING", "PAUSED", "STOPPED"] as const;
export type InitialState = typeof INITIAL_STATES[number];

const ENTITIES = "org.apache.kafka.connect.runtime.rest.entities.";
const STRING_MAP: Target = { type: "java.util.LinkedHashMap<java.lang.String,java.lang.String>", class: "java.util.LinkedHashMap" };
const OFFSET_MAP: Target = { type: "java.util.LinkedHashMap<java.lang.String,java.lang.Object>", class: "java.util.LinkedHashMap" };
const CREATE = entity("CreateConnectorRequest");
const OFFSETS = entity("ConnectorOffsets");
const OFFSET = entity("ConnectorOffset");

/** What a JSON value is to become: the type as messages name it, with and without its parameters. */
interface Target {
  readonly type: string;
  readonly class: string;
}

/** The way to a value, as messages show it. */
type Chain = readonly string[];

function entity(name: string): Target {
  return { type: ENTITIES + name, class: ENTITIES + name };
}

/** A flat map of texts: scalars become their text, null stays. Throws a BodyError, also when there is no body. */
export function bindConfig(body: JsonNode | undefined): StringMap {
  const node = present(body, "a JSON object of config keys and values");
  return bindStringMap(node, []);
}

/** Throws a BodyError. */
export function bindCreate(body: JsonNode | undefined): CreateRequest {
  const node = present(body, 'a JSON object with "name" and "config"');
  const members = bindObject(node, CREATE, []);
  const [name, config, state] = ["name", "config", "initial_state"].map((key) => members.get(key));
  const at = (key: string) => [member(CREATE.class, key)];
  const request = {
    name: name === undefined ? null : bindText(name, at("name")),
    config: config === undefined || config.kind === "null" ? null : bindStringMap(config, at("config")),
    initialState: state === undefined ? "RUNNING" : bindState(state, at("initial_state")),
  } as const;
  refuseUnknown(node, CREATE, ["config", "name", "initial_state"], []);
  if (request.config === null) {
    throw new BodyError('The request has no "config": it must hold the keys and values of the connector\'s config');
  }
  return { name: javaTrim(request.name ?? ""), config: request.config, initialState: request.initialState };
}

/** The entries of `PATCH …/offsets`, null when there are none. Throws a BodyError, and for nested values a `NestedOffset`. */
export function bindOffsets(body: JsonNode | undefined): readonly OffsetPair[] | null {
  const node = present(body, 'a JSON object with "offsets"');
  const list = bindObject(node, OFFSETS, []).get("offsets");
  const chain = [member(OFFSETS.class, "offsets")];
  const pairs = list === undefined || list.kind === "null"
    ? null
    : bindList(list, chain).map((item, i) => bindPair(item, [...chain, `java.util.ArrayList[${i}]`]));
  refuseUnknown(node, OFFSETS, ["offsets"], []);
  return pairs === null || pairs.length === 0 ? null : pairs;
}

/** An offset or partition that is no flat map of plain values: well-formed, but nothing Connect can keep. */
export class NestedOffset extends Error {
  override readonly name = "NestedOffset";
  constructor(field: string, kind: string) {
    super(`Offsets may only contain primitive types as values, but field ${field} contains ${kind}`);
  }
}

function bindPair(node: JsonNode, chain: Chain): OffsetPair {
  if (node.kind === "null") {
    return mismatch('An entry of "offsets" is null: each must be an object with "partition" and "offset"', node.at, chain);
  }
  const members = bindObject(node, OFFSET, chain);
  const [partition, offset] = ["partition", "offset"].map((key) => bindOffsetMap(members.get(key), [...chain, member(OFFSET.class, key)]));
  refuseUnknown(node, OFFSET, ["partition", "offset"], chain);
  return { partition: partition ?? null, offset: offset ?? null };
}

function bindOffsetMap(node: JsonNode | undefined, chain: Chain): OffsetPair["offset"] {
  if (node === undefined || node.kind === "null") return null;
  if (node.kind !== "object") return refuseKind(node, OFFSET_MAP, chain);
  return Object.fromEntries([...node.members].map(([key, value]) => [key, offsetValue(key, value)]));
}

type OffsetValue = NonNullable<OffsetPair["offset"]>[string];

function offsetValue(key: string, node: JsonNode): OffsetValue {
  switch (node.kind) {
    case "object":
      throw new NestedOffset(key, "MAP");
    case "array":
      throw new NestedOffset(key, "ARRAY");
    case "number":
      return offsetNumber(key, node.text);
    case "string":
      return node.text;
    case "boolean":
      return node.value;
    case "null":
      return null;
  }
}

/** Whole numbers keep every digit of 64 bits; the others are doubles. */
function offsetNumber(key: string, text: string): number | bigint {
  if (/[.eE]/.test(text)) return Number(text);
  const whole = BigInt(text);
  if (BigInt.asIntN(64, whole) !== whole) throw new NestedOffset(key, "class java.math.BigInteger");
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

function bindList(node: JsonNode, chain: Chain): readonly JsonNode[] {
  if (node.kind === "array") return node.items;
  return refuseKind(node, { type: `java.util.ArrayList<${OFFSET.class}>`, class: "java.util.ArrayList" }, chain);
}

function bindStringMap(node: JsonNode, chain: Chain): StringMap {
  if (node.kind !== "object") return refuseKind(node, STRING_MAP, chain);
  return Object.fromEntries([...node.members].map(([key, value]) => [key, bindText(value, [...chain, member(STRING_MAP.class, key)])]));
}

/** Scalars as their text, numbers as they were written. */
function bindText(node: JsonNode, chain: Chain): string | null {
  switch (node.kind) {
    case "string":
    case "number":
      return node.text;
    case "boolean":
      return String(node.value);
    case "null":
      return null;
    case "object":
    case "array":
      return refuseKind(node, { type: "java.lang.String", class: "java.lang.String" }, chain);
  }
}

function bindState(node: JsonNode, chain: Chain): InitialState {
  const text = bindText(node, chain);
  const state = INITIAL_STATES.find((known) => known === (text ?? "RUNNING").toUpperCase());
  if (state !== undefined) return state;
  const constant = `${CREATE.class}.InitialState.${text?.toUpperCase()}`;
  return mismatch(`Cannot construct instance of \`${CREATE.class}$InitialState\`, problem: No enum constant ${constant}`, node.at, chain);
}

function bindObject(node: JsonNode, target: Target, chain: Chain): ReadonlyMap<string, JsonNode> {
  return node.kind === "object" ? node.members : refuseKind(node, target, chain);
}

/** Unknown members are complained about after the known ones are read, and at the end of the object. */
function refuseUnknown(node: JsonNode, target: Target, known: readonly string[], chain: Chain): void {
  if (node.kind !== "object") return;
  const unknown = [...node.members.keys()].find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const listed = known.map((key) => `"${key}"`).join(", ");
  const count = known.length === 1 ? "one known property" : `${known.length} known properties`;
  const message = `Unrecognized field "${unknown}" (class ${target.class}), not marked as ignorable (${count}: ${listed}])`;
  mismatch(message, node.end, [...chain, member(target.class, unknown)]);
}

/** A value of another kind than the one wanted. */
function refuseKind(node: JsonNode, target: Target, chain: Chain): never {
  const from = (kind: string, token: string) =>
    `Cannot deserialize value of type \`${target.type}\` from ${kind} value (token \`JsonToken.${token}\`)`;
  const without = (argument: string) =>
    `Cannot construct instance of \`${target.class}\` (although at least one Creator exists): no ${argument} constructor/factory method to deserialize from`;
  switch (node.kind) {
    case "object":
      return mismatch(from("Object", "START_OBJECT"), node.at, chain);
    case "array":
      return mismatch(from("Array", "START_ARRAY"), node.at, chain);
    case "string":
      return mismatch(`${without("String-argument")} String value ('${node.text}')`, node.at, chain);
    case "number":
      return mismatch(
        `${without(/[.eE]/.test(node.text) ? "double/Double-argument" : "int/Int-argument")} Number value (${node.text})`,
        node.at,
        chain,
      );
    case "boolean":
      return mismatch(`${without("boolean/Boolean-argument")} boolean value (${node.value})`, node.at, chain);
    case "null":
      return mismatch(from("Null", "VALUE_NULL"), node.at, chain);
  }
}

function mismatch(message: string, at: Position, chain: Chain): never {
  const way = chain.length === 0 ? "" : ` (through reference chain: ${chain.join("->")})`;
  throw new BodyError(`${message}\n at ${source(at)}${way}`);
}

function member(owner: string, key: string): string {
  return `${owner}["${key}"]`;
}

function present(body: JsonNode | undefined, wanted: string): JsonNode {
  if (body === undefined || body.kind === "null") throw new BodyError(`The request has no body: it must be ${wanted}`);
  return body;
}
