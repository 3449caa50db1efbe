import { Hono } from "hono";
import { WorkerError } from "../../worker/api.ts";
import { empty, json } from "../answer.ts";
import { bindConfig } from "../bind_body.ts";
import { LEVELS, type LevelsPort, type LoggerLevel } from "../logger_levels.ts";
import { readBody } from "../read_body.ts";

/** `/admin/loggers`: levels of this worker's log. */
export function loggerRoutes(levels: LevelsPort) {
  return new Hono()
    .get("/", () => json(Object.fromEntries(levels.all().map((logger) => [logger.name, wireLevel(logger)]))))
    .get("/:logger", (c) => {
      const name = c.req.param("logger");
      const found = levels.find(name);
      if (found === undefined) throw new WorkerError("not_found", `Logger ${name} not found.`);
      return json(wireLevel(found));
    })
    .put("/:logger", async (c) => {
      const level = levelOf(bindConfig(await readBody(c))["level"]);
      const changed = levels.set(c.req.param("logger"), level);
      // One worker is the whole cluster; only the answer differs.
      return c.req.query("scope")?.toLowerCase() === "cluster" ? empty(204) : json(changed);
    });
}

function levelOf(text: string | null | undefined) {
  if (text === null || text === undefined) throw new WorkerError("invalid", "Desired 'level' parameter was not specified in request.");
  const level = LEVELS.find((known) => known === text.toUpperCase());
  if (level === undefined) throw new WorkerError("not_found", `invalid log level '${text}'.`);
  return level;
}

function wireLevel(logger: LoggerLevel) {
  return { level: logger.level, last_modified: logger.lastModified };
}
