import { Hono } from "hono";
import { type WorkerApi, WorkerError } from "../../worker/api.ts";
import { json } from "../answer.ts";
import { bindOffsets, NestedOffset } from "../bind_body.ts";
import type { JsonNode } from "../json_body.ts";
import { readBody } from "../read_body.ts";
import * as wire from "../wire.ts";

/** `/connectors/{n}/offsets`: read in any state, changed and reset while stopped. */
export function offsetRoutes(worker: WorkerApi) {
  return new Hono()
    .get("/:name/offsets", async (c) => json(wire.offsets(await worker.offsets(c.req.param("name")))))
    .patch("/:name/offsets", async (c) => {
      const name = c.req.param("name");
      const pairs = requested(worker, name, await readBody(c));
      return json(wire.message(await worker.alterOffsets(name, pairs)));
    })
    .delete("/:name/offsets", async (c) => json(wire.message(await worker.resetOffsets(c.req.param("name")))));
}

/** The pairs of a request. That there are any is asked before whether the connector exists, that they are plain after it. */
function requested(worker: WorkerApi, name: string, body: JsonNode | undefined) {
  try {
    const pairs = bindOffsets(body);
    if (pairs !== null) return pairs;
  } catch (error) {
    if (error instanceof NestedOffset) worker.info(name);
    throw error;
  }
  throw new WorkerError("invalid", "Partitions / offsets need to be provided for an alter offsets request");
}
