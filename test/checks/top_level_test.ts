import assert from "node:assert/strict";
import { basename } from "node:path/posix";
import { ourSources, TOP } from "./repository.ts";

const ENTRIES = new Set(["deno.json", "deno.lock", "main.ts", "src", "connectors", "test", "Dockerfile", "README.md", "LICENSE"]);
/** What tools leave behind; none of it is committed. */
const LEFTOVERS = new Set(["dist", "coverage", "node_modules"]);
const LONGEST_FILE_LINES = 500;

Deno.test("top level holds the agreed entries and dot-files alone", () => {
  const names = [...Deno.readDirSync(TOP)].map((entry) => entry.name);
  const strangers = names.filter((name) => !ENTRIES.has(name) && !LEFTOVERS.has(name) && !name.startsWith("."));
  assert.deepEqual(strangers, []);
});

Deno.test("source files are named in snake_case for what is inside", () => {
  const names = [...ourSources().keys()];
  assert.deepEqual(names.filter((path) => !/^[a-z0-9]+(?:_[a-z0-9]+)*\.ts$/.test(basename(path))), []);
  assert.deepEqual(names.filter((path) => /^(?:utils?|helpers?|common|types|index)\.ts$/.test(basename(path))), []);
});

Deno.test("source files stay short enough to be read", () => {
  const long = [...ourSources()].filter(([, source]) => source.split("\n").length - 1 > LONGEST_FILE_LINES).map(([path]) => path);
  assert.deepEqual(long, []);
});

Deno.test("every suppressed lint rule says why", () => {
  const bare = [...ourSources()].flatMap(([path, source]) =>
    [...source.matchAll(/^\s*\/\/ deno-lint-ignore.*$/gm)].filter(([line]) => !/ -- \S/.test(line)).map(([line]) =>
      `${path}: ${line.trim()}`
    )
  );
  assert.deepEqual(bare, []);
});

Deno.test("test files have names a runner sees", () => {
  const unseen = [...ourSources()].filter(([path, source]) => /^Deno\.test\(/m.test(source) && !path.endsWith("_test.ts"));
  assert.deepEqual(unseen.map(([path]) => path), []);
});
