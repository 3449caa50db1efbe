/** Where files go: four policies, two layouts, flat and recursive input, success and error. */
import assert from "node:assert/strict";
import { dayDirectory, numberedName, relativePathHeader, targetDirectory } from "../../../../connectors/spooldir/layout.ts";
import { SpoolScene } from "../../../fakes/spool_scene.ts";

const FILE = { name: "f.csv", path: "/in/s1/s2/f.csv", relative: "s1/s2/f.csv", length: 1, lastModified: 0 };
const TOP = { ...FILE, path: "/in/f.csv", relative: "f.csv" };
/** 2023-11-14 in every time zone that matters: noon UTC. */
const NOON = Date.UTC(2023, 10, 14, 12);

interface Case {
  readonly policy: string;
  readonly layout: "doubled" | "flat";
  readonly path: string;
  /** Files below finished and error, and directories below in, that are left. */
  readonly left: readonly string[];
  readonly keep?: boolean;
  readonly bad?: boolean;
}

const CASES: readonly Case[] = [
  { policy: "MOVE", layout: "doubled", path: "f.csv", left: ["finished/f.csv/f.csv"] },
  { policy: "MOVE", layout: "flat", path: "f.csv", left: ["finished/f.csv"] },
  { policy: "MOVE", layout: "doubled", path: "s1/s2/f.csv", left: ["finished/s1/s2/f.csv/f.csv"] },
  { policy: "MOVE", layout: "flat", path: "s1/s2/f.csv", left: ["finished/s1/s2/f.csv"] },
  { policy: "MOVE", layout: "doubled", path: "s1/s2/f.csv", keep: true, left: ["finished/s1/s2/f.csv/f.csv", "in/s1/", "in/s1/s2/"] },
  { policy: "MOVEBYDATE", layout: "doubled", path: "f.csv", left: ["finished/2023-11-14/f.csv/f.csv"] },
  { policy: "MOVEBYDATE", layout: "flat", path: "f.csv", left: ["finished/2023-11-14/f.csv"] },
  { policy: "MOVEBYDATE", layout: "doubled", path: "s1/s2/f.csv", left: ["finished/2023-11-14/s1/s2/f.csv/f.csv"] },
  { policy: "MOVEBYDATE", layout: "flat", path: "s1/s2/f.csv", left: ["finished/2023-11-14/s1/s2/f.csv"] },
  { policy: "DELETE", layout: "doubled", path: "s1/s2/f.csv", left: [] },
  { policy: "DELETE", layout: "flat", path: "s1/s2/f.csv", keep: true, left: ["in/s1/", "in/s1/s2/"] },
  { policy: "NONE", layout: "doubled", path: "s1/s2/f.csv", left: ["in/s1/", "in/s1/s2/", "in/s1/s2/f.csv"] },
  { policy: "MOVE", layout: "doubled", path: "f.csv", bad: true, left: ["error/f.csv/f.csv", "finished/f.csv/"] },
  { policy: "MOVE", layout: "flat", path: "f.csv", bad: true, left: ["error/f.csv"] },
  { policy: "MOVEBYDATE", layout: "doubled", path: "s1/f.csv", bad: true, left: ["error/s1/f.csv/f.csv", "finished/2023-11-14/s1/f.csv/"] },
  { policy: "MOVEBYDATE", layout: "flat", path: "s1/f.csv", bad: true, left: ["error/s1/f.csv"] },
  { policy: "DELETE", layout: "doubled", path: "s1/f.csv", bad: true, left: ["error/s1/f.csv/f.csv"] },
  { policy: "NONE", layout: "flat", path: "s1/f.csv", bad: true, keep: true, left: ["error/s1/f.csv", "in/s1/"] },
];

for (const { policy, layout, path, left, keep = false, bad = false } of CASES) {
  Deno.test(`Finisher puts ${path} away: ${policy}, ${layout}${keep ? ", directories kept" : ""}${bad ? ", failed" : ""}`, async () => {
    using scene = await SpoolScene.open();
    await scene.write(`in/${path}`, bad ? "a,b\n1\n" : "a,b\n1,2\n", NOON);
    const task = await scene.start({
      "cleanup.policy": policy,
      "cleanup.policy.maintain.relative.path": String(keep),
      "sluice.finished.layout": layout,
      "input.path.walk.recursively": "true",
      "halt.on.error": "false",
    });
    await task.drain();
    await task.stop();
    // Directories that only lead to something are left out.
    const tree = scene.tree();
    const ends = tree.filter((entry) => !tree.some((other) => other !== entry && other.startsWith(entry) && !entry.startsWith("in/")));
    assert.deepEqual(ends.filter((entry) => !["in/", "error/", "finished/"].includes(entry)), left);
  });
}

Deno.test("targetDirectory() and relativePathHeader() follow the layout", () => {
  assert.equal(targetDirectory("/done", FILE, "doubled"), "/done/s1/s2/f.csv");
  assert.equal(targetDirectory("/done", FILE, "flat"), "/done/s1/s2");
  assert.equal(targetDirectory("/done", TOP, "flat"), "/done");
  assert.deepEqual([FILE, TOP].map((file) => relativePathHeader(file, "doubled")), ["s1/s2/f.csv", "f.csv"]);
  assert.deepEqual([FILE, TOP].map((file) => relativePathHeader(file, "flat")), ["s1/s2", undefined]);
});

Deno.test("dayDirectory() names the day in this process's zone", () => {
  assert.equal(dayDirectory(new Date(2024, 0, 5, 23, 59).getTime()), "2024-01-05");
});

Deno.test("numberedName() keeps the extension, so that patterns match a file that is put back", () => {
  assert.deepEqual([0, 1, 12].map((n) => numberedName("a.csv", n)), ["a.csv", "a.1.csv", "a.12.csv"]);
  assert.deepEqual(["a", ".hidden", "a.csv.gz"].map((name) => numberedName(name, 2)), ["a.2", ".hidden.2", "a.csv.2.gz"]);
});
