/** Crashes at any instant, with any file: every row arrives, in order, and what was acknowledged never comes again. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { SpoolScene, values } from "../../../fakes/spool_scene.ts";

const cell = fc.stringMatching(/^[a-z ,"\n]{0,6}$/);
const line = fc.oneof({ weight: 4, arbitrary: fc.tuple(cell, cell) }, { weight: 1, arbitrary: fc.constant(undefined) });

/** A run of a task: polls, then acknowledges some of what they gave, then crashes or is stopped. */
const run = fc.record({ polls: fc.nat(4), acknowledged: fc.nat(4), stopped: fc.boolean(), batchSize: fc.integer({ min: 1, max: 4 }) });

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

Deno.test("SpoolTask delivers every row in order, whenever it crashes or is stopped", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.array(run, { maxLength: 5 }),
      fc.nat(2),
      async (lines, runs, skip) => {
        using scene = await SpoolScene.open();
        const rows = lines.flatMap((cells) => cells === undefined ? [] : [cells]);
        const body = lines.map((cells) => cells === undefined ? "\n" : `${cells.map(quoted).join(",")}\n`);
        await scene.write("in/x.csv", `${"# skipped\n".repeat(skip)}a,b\n${body.join("")}`);
        const settings = { "csv.skip.lines": String(skip), "csv.rfc.4180.parser.enabled": "true" };
        let acknowledged = 0;
        for (const { polls, acknowledged: wanted, stopped, batchSize } of runs) {
          const task = await scene.start({ ...settings, "batch.size": String(batchSize) });
          const given: unknown[][] = [];
          for (let i = 0; i < polls; i++) {
            const records = await task.poll();
            if (records !== null) given.push(values(records));
          }
          assert.deepEqual(
            given.flat(),
            rows.slice(acknowledged, acknowledged + given.flat().length),
            "goes on behind what was acknowledged",
          );
          const batches = given.slice(0, wanted);
          await task.acknowledge(batches.length);
          acknowledged += batches.flat().length;
          if (stopped) await task.stop();
        }
        const last = await scene.start(settings);
        assert.deepEqual(values(await last.drain()), rows.slice(acknowledged));
        assert.deepEqual(scene.tree(), ["error/", "finished/", "finished/x.csv/", "finished/x.csv/x.csv", "in/"]);
        await last.stop();
      },
    ),
    { numRuns: 60 },
  );
});
