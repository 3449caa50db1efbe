import { resolve } from "node:path";
import type { SourceContext } from "sdk";
import type { SortAttribute } from "./file_order.ts";
import type { CleanupPolicy } from "./finishing.ts";
import type { Layout } from "./layout.ts";
import type { SpoolSettings } from "./spool_task.ts";
import { excludedDirectories, type FileConfig } from "./start_checks.ts";

/** The keys common to all formats, as the task takes them. `component` is the task's Java class. */
export function spoolSettings(
  config: FileConfig,
  matches: (name: string) => boolean,
  component: string,
  context: SourceContext,
): SpoolSettings {
  const inputPath = resolve(config["input.path"]);
  const flags = {
    extension: config["processing.file.extension"],
    leaseMs: config["sluice.processing.flag.lease.ms"],
    owner: { connector: context.connector, task: context.task },
    now: () => context.now(),
    log: context.log,
  };
  return {
    directory: {
      inputPath,
      matches,
      recursive: config["input.path.walk.recursively"],
      excluded: excludedDirectories(config),
      minimumAgeMs: config["file.minimum.age.ms"],
      sortBy: config["files.sort.attributes"] as readonly SortAttribute[],
      task: config["task.index"],
      tasks: config["task.count"],
      flags,
    },
    finishing: {
      inputPath,
      finishedPath: config["finished.path"],
      errorPath: config["error.path"],
      policy: config["cleanup.policy"] as CleanupPolicy,
      layout: config["sluice.finished.layout"] as Layout,
      keepDirectories: config["cleanup.policy.maintain.relative.path"],
      haltOnError: config["halt.on.error"],
    },
    flags,
    batch: { topic: config.topic, component },
    batchSize: config["batch.size"],
    idleMs: config["empty.poll.wait.ms"],
    withHeaders: config["sluice.headers.enable"],
    fileTime: config["timestamp.mode"] === "FILE_TIME",
  };
}
