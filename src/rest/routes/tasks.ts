import { Hono } from "hono";
import type { WorkerApi } from "../../worker/api.ts";
import { empty, json } from "../answer.ts";
import { HttpError } from "../errors.ts";
import { taskNumber } from "../request.ts";
import * as wire from "../wire.ts";

/** `/connectors/{n}/tasks`, and the two routes by which workers of a cluster talk to each other. */
export function taskRoutes(worker: WorkerApi) {
  return new Hono()
    .get("/:name/tasks", (c) => json(wire.tasks(c.req.param("name"), worker.tasks(c.req.param("name")))))
    .post("/:name/tasks", refuseUnsigned)
    .put("/:name/fence", refuseUnsigned)
    .get("/:name/tasks/:task/status", (c) => json(wire.taskState(worker.taskStatus(c.req.param("name"), taskNumber(c.req.param("task"))))))
    .post("/:name/tasks/:task/restart", async (c) => {
      await worker.restartTask(c.req.param("name"), taskNumber(c.req.param("task")));
      return empty(204);
    });
}

/** There is no cluster here whose members could sign such a request. */
function refuseUnsigned(): never {
  throw new HttpError(400, "Internal request missing required signature");
}
