import { Hono } from "hono";
import type { WorkerApi } from "../../worker/api.ts";
import { json } from "../answer.ts";
import { bindConfig } from "../bind_body.ts";
import { readBody } from "../read_body.ts";
import { isTrue } from "../request.ts";
import * as wire from "../wire.ts";

/** `/connector-plugins`: what there is, which keys it has, and what it says to a config. */
export function pluginRoutes(worker: WorkerApi) {
  return new Hono()
    .get("/", (c) => {
      // Only this parameter takes a blank for its default.
      const only = c.req.query("connectorsOnly") || "true";
      return json(worker.plugins(isTrue(only)).map(wire.plugin));
    })
    .get("/:plugin/config", (c) => json(worker.pluginConfig(c.req.param("plugin")).map(wire.key)))
    .put("/:plugin/config/validate", async (c) => {
      const config = bindConfig(await readBody(c));
      return json(wire.validation(await worker.validate(c.req.param("plugin"), config)));
    });
}
