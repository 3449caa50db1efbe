/** The API over a worker, asked without a port. */
import { createApp, type RestOptions } from "../../src/rest/app.ts";
import { LoggerLevels } from "../../src/rest/logger_levels.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { WorkerApi } from "../../src/worker/api.ts";

export const HOST = "worker.test:8083";

/** The app with logger levels of its own. */
export function restApp(worker: WorkerApi, options: Partial<RestOptions> = {}) {
  const levels = new LoggerLevels(["worker", "worker.hosts", "rest"], "INFO", () => 1700000000000, () => {});
  return createApp(worker, { version: "0.1.0", clock: systemClock, levels, ...options });
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends exactly these headers; a body given as text gets no content type unless they name one. */
export async function ask(
  app: ReturnType<typeof restApp>,
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const init = { method, headers: { host: HOST, ...headers }, ...(bytes === undefined ? {} : { body: bytes }) };
  const response = await app.fetch(new Request(`http://${HOST}${path}`, init));
  return { status: response.status, headers: response.headers, text: await response.text() };
}
