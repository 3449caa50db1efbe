import { EMBEDDED_FOLDER, LIBRARY_NAMES, libraryName } from "../kafka/library.ts";
import { UsageError } from "./arguments.ts";
import { setup } from "./setup.ts";

const USAGE = `Usage: deno task compile [--target TRIPLE] [--output PATH]

Builds the one binary with librdkafka inside. Targets: ${Object.keys(LIBRARY_NAMES).join(", ")}
deno needs "denort" for this, which it fetches itself; DENORT_BIN=PATH names one that is already here.
`;

/** What a compiled worker may do: files, network, environment, librdkafka, children of itself, and its own memory figures. No code from outside. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-run", "--allow-ffi", "--allow-sys"];

/** Where the checkout is; only a checkout can compile. */
const ROOT = `${import.meta.dirname}/../..`;

interface Options {
  readonly target: string;
  readonly output: string;
}

/** The command `compile`. Returns the exit code: 0, or 3 with a sentence when something it needs cannot be had. */
export async function runCompile(args: readonly string[], say: (line: string) => void): Promise<number> {
  if (args.includes("--help")) {
    say(USAGE);
    return 0;
  }
  const { target, output } = compileOptions(args);
  const library = await setup(say, { target });
  Deno.mkdirSync(`${ROOT}/${EMBEDDED_FOLDER}`, { recursive: true });
  Deno.copyFileSync(library, `${ROOT}/${EMBEDDED_FOLDER}/${libraryName(target)}`);
  say(`Compiling for ${target} …`);
  const result = await new Deno.Command(Deno.execPath(), {
    args: ["compile", "--no-check", ...PERMISSIONS, "--target", target, "--include", EMBEDDED_FOLDER, "--output", output, "main.ts"],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  const complaint = new TextDecoder().decode(result.stderr);
  say(result.success ? `The binary is ${output}` : refusal(complaint));
  return result.success ? 0 : 3;
}

/** Says in one sentence what is missing; deno's own words follow. */
export function refusal(complaint: string): string {
  const [said = ""] = complaint.split("Stack backtrace");
  const last = said.trim().split("\n").map((line) => line.trim()).filter((line) => line !== "").slice(-2).join(" ");
  return /denort|error sending request/i.test(complaint)
    ? `Cannot compile: deno needs denort and cannot fetch it from here; name one with DENORT_BIN=PATH (deno says: ${last})`
    : `Cannot compile: ${last}`;
}

/** Parses `--target` and `--output`; throws a `UsageError`. */
export function compileOptions(args: readonly string[]): Options {
  let target = Deno.build.target;
  let output = "dist/sluice";
  for (let at = 0; at < args.length; at += 2) {
    const value = args[at + 1];
    if (value === undefined) throw new UsageError(`compile: "${args[at]}" needs a value. See deno task compile --help`);
    if (args[at] === "--target") target = value;
    else if (args[at] === "--output") output = value;
    else throw new UsageError(`compile: "${args[at]}" is not an option. See deno task compile --help`);
  }
  if (!(target in LIBRARY_NAMES)) {
    throw new UsageError(`compile: target "${target}" is not one of ${Object.keys(LIBRARY_NAMES).join(", ")}`);
  }
  return { target, output: output.startsWith("/") ? output : `${Deno.cwd()}/${output}` };
}
