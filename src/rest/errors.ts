/** What each error becomes on the wire. Routes throw and never catch. */
import { logger, withoutSecrets } from "../base/log.ts";
import { WorkerError, type WorkerErrorCode } from "../worker/api.ts";
import { BodyError } from "./json_body.ts";
import { NestedOffset } from "./bind_body.ts";
import { json } from "./answer.ts";
import * as wire from "./wire.ts";

const log = logger("rest");

/** Status of each refusal of the worker. A passed deadline is 500, as in Kafka Connect. */
const STATUS: Readonly<Record<WorkerErrorCode, number>> = {
  invalid: 400,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  internal: 500,
  timeout: 500,
};

/** Reason phrases of errors that HTTP itself words, in the form of Kafka Connect's server: `HTTP 404 Not Found`. */
const REASONS = {
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  415: "Unsupported Media Type",
} as const;

/** An error of the protocol: no worker was asked. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The error for a status that HTTP words. */
export function httpError(status: keyof typeof REASONS): HttpError {
  return new HttpError(status, `HTTP ${status} ${REASONS[status]}`);
}

/** The answer to whatever a route threw: status and message, never a stack. Errors nobody foresaw are logged with theirs. */
export function errorAnswer(error: Error): Response {
  const status = statusOf(error);
  if (status === undefined) {
    log.error("Cannot answer a request, as something went wrong that should not", { trace: error.stack ?? String(error) });
  }
  // Invariant 5
  return json(wire.error(status ?? 500, withoutSecrets(error.message)), status ?? 500);
}

function statusOf(error: Error): number | undefined {
  if (error instanceof WorkerError) return STATUS[error.code];
  if (error instanceof HttpError) return error.status;
  // Kafka Connect answers 500, not 400, to what is no JSON or not the JSON it wants.
  if (error instanceof BodyError || error instanceof NestedOffset) return 500;
  return undefined;
}
