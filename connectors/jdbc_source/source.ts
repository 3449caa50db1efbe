import { defineSource } from "sdk";
import { docs } from "./docs.ts";
import { config } from "./keys.ts";
import { judgeOffset } from "./offsets.ts";

const TASK_CLASS = "io.confluent.connect.jdbc.source.JdbcSourceTask";

/** Reads tables of a database, or a query. */
export const jdbcSource = defineSource({
  class: "io.confluent.connect.jdbc.JdbcSourceConnector",
  taskClass: TASK_CLASS,
  version: "10.9.7",
  summary:
    "Reads tables of a MySQL, MariaDB, PostgreSQL or SQLite database, or a query, one record per row: all rows again and again, or those that are " +
    "new or changed.",
  config,
  async *check(values, context) {
    const { checkConfig } = await import("./check.ts");
    yield* checkConfig(values, context);
  },
  async split(config, raw, maxTasks, context) {
    const { splitTables } = await import("./split.ts");
    return await splitTables(config, raw, maxTasks, context);
  },
  resplitMs: (config) => config.query === "" && config["query.masked"] === "" ? config["table.poll.interval.ms"] : null,
  async start(config, context) {
    const { startTask } = await import("./start_task.ts");
    return await startTask(config, context, TASK_CLASS);
  },
  alterOffsets(_config, offsets) {
    for (const [partition, offset] of offsets) judgeOffset(partition, offset);
    return false;
  },
  docs,
});
