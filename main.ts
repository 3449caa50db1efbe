/** Sluice: a Kafka Connect worker in one file. Says which role this process has and loads only what that role needs. */
import { UsageError } from "./src/cli/arguments.ts";
import { roleOf } from "./src/link/spawn.ts";

const encoder = new TextEncoder();

/** A line for the person at the terminal. */
function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(line + "\n"));
}

function complain(line: string): void {
  Deno.stderr.writeSync(encoder.encode(line + "\n"));
}

/** Runs the command; returns the exit code: 0 clean, 2 wrong command line or config, 3 start failed. */
async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "setup":
      return await (await import("./src/cli/setup.ts")).runSetup(rest);
    case "health":
      return await (await import("./src/cli/health.ts")).checkHealth(rest, say);
    case "compile":
      return await (await import("./src/cli/compile.ts")).runCompile(rest, say);
    case "docs":
      return await (await import("./src/cli/docs_command.ts")).runDocs(rest, say);
    case "demo":
      return await (await import("./src/cli/demo_command.ts")).runDemoCommand(rest, import.meta.url);
    default:
      return await (await import("./src/cli/serve_command.ts")).runServe(args, { mainModule: import.meta.url }, say);
  }
}

/** A child of this program; its parent started it with a hidden argument. */
async function runChild(role: "tasks" | "service" | "broker"): Promise<number> {
  const { behaveAsChild } = await import("./src/cli/child_process.ts");
  behaveAsChild();
  if (role === "broker") await (await import("./src/cli/broker_child.ts")).runBrokerChild();
  else await (await import("./src/cli/child.ts")).runHostChild();
  return 0;
}

if (import.meta.main) {
  const role = roleOf(Deno.args);
  try {
    Deno.exit(role === undefined ? await run(Deno.args) : await runChild(role));
  } catch (error) {
    if (error instanceof UsageError) {
      complain(error.message);
      Deno.exit(2);
    }
    complain(error instanceof Error ? error.stack ?? error.message : String(error));
    Deno.exit(1);
  }
}
