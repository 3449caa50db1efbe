/** The body of a request as parsed JSON, within a bound. */
import type { Context } from "hono";
import { HttpError, httpError } from "./errors.ts";
import { BodyError, type JsonNode, parseJson } from "./json_body.ts";

/** Largest body read, bytes. Kafka Connect has no bound, but keeps a config in one Kafka record, of at most 1 MiB by default. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Reads and parses; undefined when there is no body. Throws what the route's client is to be told. */
export async function readBody(c: Context): Promise<JsonNode | undefined> {
  const bytes = await readBytes(c.req.raw);
  if (bytes.length > 0 && !c.req.header("content-type")) throw httpError(415);
  return parseJson(decode(bytes));
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const tooLarge = () => new HttpError(413, `The request body is larger than ${MAX_BODY_BYTES} bytes, which is the most this worker reads`);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** UTF-8, or UTF-16 told by its byte order mark or by where the zeros of ASCII stand (RFC 4627, section 3). */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const big = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  const little = (first === 0xff && second === 0xfe) || (second === 0 && first !== 0);
  try {
    return new TextDecoder(big ? "utf-16be" : little ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BodyError("The request body is not UTF-8: its bytes must be JSON text in that encoding", { cause: error });
  }
}
