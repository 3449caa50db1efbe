import { Hono } from "hono";
import type { WorkerApi } from "../../worker/api.ts";
import { empty, json } from "../answer.ts";

/** `/connectors/{n}/topics`: those a connector has written to or read from. Unknown connectors have none. */
export function topicRoutes(worker: WorkerApi) {
  return new Hono()
    .get("/:name/topics", (c) => json({ [c.req.param("name")]: { topics: worker.topics(c.req.param("name")) } }))
    .put("/:name/topics/reset", (c) => {
      worker.resetTopics(c.req.param("name"));
      return empty(202);
    });
}
