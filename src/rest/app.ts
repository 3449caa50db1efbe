/** The REST API of Kafka Connect 4.2 over a worker, as a Hono app: `Deno.serve(app.fetch)`, or `app.request()` in tests. */
import { Hono } from "hono";
import type { WorkerApi } from "../worker/api.ts";
import { deadline, type RestClock } from "./deadline.ts";
import { errorAnswer, httpError } from "./errors.ts";
import type { LevelsPort } from "./logger_levels.ts";
import { negotiate } from "./negotiate.ts";
import { connectorRoutes } from "./routes/connectors.ts";
import { loggerRoutes } from "./routes/loggers.ts";
import { offsetRoutes } from "./routes/offsets.ts";
import { pluginRoutes } from "./routes/plugins.ts";
import { rootRoutes } from "./routes/root.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { topicRoutes } from "./routes/topics.ts";

/** What the API needs besides the worker. */
export interface RestOptions {
  /** Our own version, sent as `x-sluice-version`; `GET /` tells that of the API followed. */
  readonly version: string;
  readonly clock: RestClock;
  readonly levels: LevelsPort;
}

/** Puts the routes together. Paths take one slash at the end; an encoded slash is part of a name. */
export function createApp(worker: WorkerApi, options: RestOptions): Hono {
  const app = new Hono({ strict: false });
  app.onError(errorAnswer);
  app.notFound(() => errorAnswer(httpError(404)));
  app.use("*", async (c, next) => {
    await next();
    c.res.headers.set("x-sluice-version", options.version);
  });
  app.use("*", deadline(options.clock));
  app.use("*", negotiate(() => app.routes));
  app.route("/", rootRoutes(worker, options.clock));
  for (const routes of [connectorRoutes, taskRoutes, topicRoutes, offsetRoutes]) app.route("/connectors", routes(worker));
  app.route("/connector-plugins", pluginRoutes(worker));
  app.route("/admin/loggers", loggerRoutes(options.levels));
  return app;
}
