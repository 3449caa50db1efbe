/**
 * What is decided before a route runs, in the order of Kafka Connect's server: is there such a path, does it know the method,
 * is the body's type JSON, may the answer be JSON.
 */
import type { MiddlewareHandler } from "hono";
import { HttpError, httpError } from "./errors.ts";

/** A route as Hono lists it. */
interface ListedRoute {
  readonly method: string;
  readonly path: string;
}

/** Paths that take a request of whatever type. */
const UNTYPED = ["/", "/health"];

/** The order in which Kafka Connect's server names methods. */
const METHOD_ORDER = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"];

/** Checks requests against the routes there are. `routes` is asked at the first request, when all are registered. */
export function negotiate(routes: () => readonly ListedRoute[]): MiddlewareHandler {
  let table: readonly ListedRoute[] | undefined;
  return async (c, next) => {
    table ??= routes().filter((route) => route.method !== "ALL");
    if (c.req.path.includes("//")) throw new HttpError(400, "Ambiguous URI empty segment");
    const matching = table.filter((route) => matches(route.path, c.req.path));
    if (matching.length === 0) throw httpError(404);
    const methods = allowed(matching);
    if (c.req.method === "OPTIONS") return describeMethods(methods, c.req.header("accept"));
    if (!methods.includes(c.req.method)) throw httpError(405);
    if (!UNTYPED.includes(c.req.path) && !isJson(c.req.header("content-type"))) throw httpError(415);
    if (!accepts(c.req.header("accept"), "application", "json")) throw httpError(406);
    return await next();
  };
}

function allowed(routes: readonly ListedRoute[]): readonly string[] {
  const methods = new Set([...routes.map((route) => route.method), "OPTIONS"]);
  if (methods.has("GET")) methods.add("HEAD");
  return METHOD_ORDER.filter((method) => methods.has(method));
}

function describeMethods(methods: readonly string[], accept: string | undefined): Response {
  const headers = { allow: methods.join(",") };
  if (!accepts(accept, "text", "plain")) return new Response(null, { headers });
  return new Response(methods.join(", "), { headers: { ...headers, "content-type": "text/plain" } });
}

/** Segment by segment, on the path as it was sent: an encoded slash is part of a name. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern, path].map((text) => text.replace(/\/$/, "").split("/"));
  if (wanted === undefined || given === undefined || wanted.length !== given.length) return false;
  return wanted.every((segment, i) => segment.startsWith(":") ? given[i] !== "" : segment === given[i]);
}

/** No type at all is fine here: whether there is a body is seen when it is read. */
function isJson(type: string | undefined): boolean {
  return !type || mediaType(type).name === "application/json";
}

interface MediaType {
  readonly name: string;
  readonly quality: number;
}

function mediaType(text: string): MediaType {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  return { name, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
}

/** Whether an Accept header allows a type: the most specific range that covers it decides. */
function accepts(accept: string | undefined, type: string, subtype: string): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  const ranges = accept.split(",").map(mediaType);
  for (const name of [`${type}/${subtype}`, `${type}/*`, "*/*"]) {
    const found = ranges.filter((range) => range.name === name || (name === "*/*" && range.name === "*"));
    if (found.length > 0) return found.some((range) => range.quality > 0);
  }
  return false;
}
