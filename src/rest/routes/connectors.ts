import { type Context, Hono } from "hono";
import type { StringMap } from "../../config/field.ts";
import { type TargetStateName, type WorkerApi, WorkerError } from "../../worker/api.ts";
import { empty, json } from "../answer.ts";
import { bindConfig, bindCreate, type InitialState } from "../bind_body.ts";
import { isTrue, location } from "../request.ts";
import { readBody } from "../read_body.ts";
import * as wire from "../wire.ts";

const TARGETS: Readonly<Record<InitialState, TargetStateName>> = { RUNNING: "STARTED", PAUSED: "PAUSED", STOPPED: "STOPPED" };

/** `/connectors`: what there is, created, changed, deleted, and its life. */
export function connectorRoutes(worker: WorkerApi) {
  return new Hono()
    .get("/", (c) => json(listing(worker, c.req.queries("expand"))))
    .post("/", async (c) => {
      const { name, config, initialState } = bindCreate(await readBody(c));
      const info = await worker.create(name, withName(config, name), TARGETS[initialState]);
      return created(c, info.name, wire.connector(info));
    })
    .get("/:name", (c) => json(wire.connector(worker.info(c.req.param("name")))))
    .delete("/:name", async (c) => {
      await worker.remove(c.req.param("name"));
      return empty(204);
    })
    .get("/:name/config", (c) => json(worker.info(c.req.param("name")).config))
    .put("/:name/config", async (c) => {
      const name = c.req.param("name");
      const answer = await worker.put(name, withName(bindConfig(await readBody(c)), name));
      const body = wire.connector(answer.info);
      return answer.created ? created(c, name, body) : json(body);
    })
    .patch("/:name/config", async (c) => {
      const name = c.req.param("name");
      const changes = bindConfig(await readBody(c));
      if (typeof changes["name"] === "string") refuseOtherName(changes["name"], name);
      return json(wire.connector(await worker.patch(name, changes)));
    })
    .get("/:name/status", (c) => json(wire.status(worker.status(c.req.param("name")))))
    .post("/:name/restart", async (c) => {
      const options = { includeTasks: isTrue(c.req.query("includeTasks")), onlyFailed: isTrue(c.req.query("onlyFailed")) };
      const plan = await worker.restart(c.req.param("name"), options);
      return plan === undefined ? empty(204) : json(wire.status(plan), 202);
    })
    .put("/:name/pause", async (c) => {
      await worker.pause(c.req.param("name"));
      return empty(202);
    })
    .put("/:name/resume", async (c) => {
      await worker.resume(c.req.param("name"));
      return empty(202);
    })
    .put("/:name/stop", async (c) => {
      await worker.stop(c.req.param("name"));
      return empty(204);
    });
}

function created(c: Context, name: string, body: unknown): Response {
  return json(body, 201, { location: location(c, name) });
}

/** Names alone, or with what each `expand` names; unknown ones are passed over, comma lists are not split. */
function listing(worker: WorkerApi, expand: readonly string[] | undefined): unknown {
  const names = worker.connectors();
  if (expand === undefined) return names;
  const entries = names.flatMap((name) => {
    const parts = new Map<string, unknown>();
    for (const part of expand) {
      if (part === "info") parts.set(part, wire.connector(worker.info(name)));
      if (part === "status") parts.set(part, statusOrNothing(worker, name));
    }
    // A connector without a status yet is left out, not shown without one.
    return parts.has("status") && parts.get("status") === undefined ? [] : [[name, Object.fromEntries(parts)] as const];
  });
  return Object.fromEntries(entries);
}

function statusOrNothing(worker: WorkerApi, name: string) {
  const status = worker.findStatus(name);
  return status && wire.status(status);
}

/** The config with its connector's name in it: added last when absent or null, and else the same (Kafka Connect 4, ConnectorsResource). */
function withName(config: StringMap, name: string): StringMap {
  const given = config["name"] ?? undefined;
  if (given === undefined) return { ...config, name };
  refuseOtherName(given, name);
  return config;
}

function refuseOtherName(given: string, name: string): void {
  if (given === name) return;
  throw new WorkerError("invalid", `Connector name configuration (${given}) doesn't match connector name in the URL (${name})`);
}
