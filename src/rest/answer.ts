/** Responses: compact JSON with the content type Kafka Connect gives, or nothing at all. */

/** A JSON body. Whole numbers beyond 2^53 keep every digit. */
export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value, rawBigint), { status, headers: { "content-type": "application/json", ...headers } });
}

/** No body and no content type: 202 and 204. */
export function empty(status: 202 | 204): Response {
  return new Response(null, { status });
}

function rawBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJson(String(value)) : value;
}

/** JSON.rawJSON (ECMAScript proposal, in V8 since 11.4), which TypeScript's library does not declare yet. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
