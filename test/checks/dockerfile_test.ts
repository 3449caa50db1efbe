import assert from "node:assert/strict";
import { flagsOf, readDockerfile } from "./dockerfile.ts";
import { exists, filesBelow, TOP } from "./repository.ts";

const path = `${TOP}/Dockerfile`;
const missing = !exists(path);
const needs = readDockerfile(missing ? "" : Deno.readTextFileSync(path));
const because = missing ? " (skipped: there is no Dockerfile)" : "";

/** The text of everything that reads a command line or the environment. */
function commandLineSources(): string {
  const files = [`${TOP}/main.ts`, ...filesBelow(`${TOP}/src/cli`)].filter((file) => file.endsWith(".ts") && exists(file));
  return files.map((file) => Deno.readTextFileSync(file)).join("\n");
}

Deno.test({ name: `Dockerfile copies only what the repository has${because}`, ignore: missing }, () => {
  assert.ok(needs.copied.length > 0);
  assert.deepEqual(needs.copied.filter((file) => !exists(`${TOP}/${file}`)), []);
});

Deno.test({ name: `Dockerfile takes from its build stage only what is made or copied there${because}`, ignore: missing }, () => {
  const text = Deno.readTextFileSync(path);
  const made = (file: string) => text.includes(`--output ${file}`) || needs.copied.includes(file.replace(/^\/src\//, ""));
  assert.deepEqual(needs.fromStages.filter((file) => !made(file)), []);
});

Deno.test({ name: `Dockerfile runs only tasks of deno.json, with flags they know${because}`, ignore: missing }, () => {
  const tasks = JSON.parse(Deno.readTextFileSync(`${TOP}/deno.json`)).tasks;
  assert.deepEqual(needs.tasks.filter((task) => tasks[task] === undefined), []);
  const known = commandLineSources();
  assert.deepEqual(needs.taskFlags.filter(([, flag]) => !mentions(known, flag.slice(2))), []);
});

Deno.test({ name: `Dockerfile starts the program with commands, flags and variables it knows${because}`, ignore: missing }, () => {
  const known = commandLineSources();
  const words = needs.programs.flatMap((
    line,
  ) => [...flagsOf(line).map((flag) => flag.slice(2)), ...line.slice(0, 1).filter((word) => /^[a-z]+$/.test(word))]);
  assert.deepEqual(words.filter((word) => !mentions(known, word)), []);
  assert.deepEqual(needs.variables.filter((name) => !name.startsWith("CONNECT_") && !known.includes(name)), []);
});

Deno.test({ name: `Dockerfile builds with the Deno these tests ask for${because}`, ignore: missing }, () => {
  const deno = needs.images.filter((image) => image.includes("deno"));
  assert.deepEqual(deno.filter((image) => !/^denoland\/deno:(?:\w+-)?2\.9\.6$/.test(image)), []);
});

Deno.test({ name: "Dockerfile builds and its image answers (skipped: there is no Docker daemon where tests run)", ignore: true }, () => {});

Deno.test("readDockerfile() finds what a Dockerfile takes from outside", () => {
  const text = [
    "FROM denoland/deno:2.9.6 AS build",
    "COPY deno.json main.ts ./",
    "COPY --chown=a:b src ./src",
    "RUN deno task setup \\\n  && deno task compile --output /out/x",
    "FROM build",
    "COPY --from=build /out/x /usr/bin/x",
    "ENV A_B=1 C=2",
    'HEALTHCHECK --interval=1s CMD ["sluice", "health"]',
    'ENTRYPOINT ["sluice", "--data=/data"]',
  ].join("\n");
  assert.deepEqual(readDockerfile(text), {
    copied: ["deno.json", "main.ts", "src"],
    fromStages: ["/out/x"],
    tasks: ["setup", "compile"],
    taskFlags: [["compile", "--output"]],
    programs: [["--data=/data"], ["health"]],
    variables: ["A_B", "C"],
    images: ["denoland/deno:2.9.6"],
  });
});

/** Whether the sources hold the word as a flag, a string or a key. */
function mentions(sources: string, word: string): boolean {
  return new RegExp(`(?:--|["'\`\\s])${word}(?![\\w-])`).test(sources);
}
