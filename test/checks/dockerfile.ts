/** Reads a Dockerfile as far as it speaks of things in this repository. There is no Docker where tests run, so what it names is checked instead of built. */

/** What a Dockerfile takes from elsewhere. */
export interface DockerfileNeeds {
  /** Files and folders copied from the repository, from its top. */
  readonly copied: readonly string[];
  /** What later stages copy out of earlier ones, absolute. */
  readonly fromStages: readonly string[];
  /** Names given to `deno task`. */
  readonly tasks: readonly string[];
  /** Command lines of the program itself: entry point, command and health check, without the program's name. */
  readonly programs: readonly (readonly string[])[];
  /** Flags given to `deno task NAME`, by name. */
  readonly taskFlags: readonly (readonly [task: string, flag: string])[];
  /** Names set by ENV. */
  readonly variables: readonly string[];
  /** Base images, those of earlier stages left out. */
  readonly images: readonly string[];
}

/** Takes a Dockerfile apart. */
export function readDockerfile(text: string): DockerfileNeeds {
  const lines = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ").split("\n").map((line) => line.trim());
  const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  const copies = of("COPY").map((line) => line.split(/\s+/));
  const shell = of("RUN").join(" && ");
  const tasks = [...shell.matchAll(/deno task (\S+)([^&|;]*)/g)].map(([, name, rest]) => [name as string, rest as string] as const);
  const stages = new Set(of("FROM").flatMap((line) => / AS (\S+)/i.exec(line)?.[1] ?? []));
  return {
    copied: copies.filter((words) => !words[0]?.startsWith("--from")).flatMap((words) =>
      words.filter((word) => !word.startsWith("--")).slice(0, -1)
    ),
    fromStages: copies.filter((words) => words[0]?.startsWith("--from")).flatMap((words) => words.slice(1, -1)),
    tasks: tasks.map(([name]) => name),
    taskFlags: tasks.flatMap(([name, rest]) => flagsOf(rest.split(/\s+/)).map((flag) => [name, flag] as const)),
    programs: [...of("ENTRYPOINT"), ...of("CMD"), ...of("HEALTHCHECK").map((line) => line.split(/\bCMD\s+/)[1] ?? "[]")]
      .map((line) => (JSON.parse(line) as string[]).filter((word) => word !== "sluice")),
    variables: of("ENV").flatMap((line) => [...line.matchAll(/([A-Z][A-Z0-9_]*)=/g)].map((match) => match[1] as string)),
    images: of("FROM").map((line) => line.split(/\s+/)[0] as string).filter((image) => !stages.has(image)),
  };
}

/** The words of a command line that are flags, without values. */
export function flagsOf(words: readonly string[]): string[] {
  return words.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0] as string);
}
