import { StoreError } from "../store/mod.ts";
import { HELP, parseArguments, UsageError } from "./arguments.ts";
import { FileError } from "./properties.ts";
import { ListenError } from "./rest_server.ts";
import { serve, type ServeOptions } from "./serve.ts";
import { gatherSettings } from "./settings.ts";
import { VERSION } from "./version.ts";

/** The worker itself. Returns the exit code: 0 after `--help`, `--version` or a clean stop, 2 for a wrong command line or config, 3 when the start fails. */
export async function runServe(args: readonly string[], options: ServeOptions, say: (line: string) => void): Promise<number> {
  try {
    const parsed = parseArguments(args);
    if (parsed.help) return say(HELP.trimEnd()), 0;
    if (parsed.version) return say(`sluice ${VERSION}`), 0;
    const worker = await serve(gatherSettings(parsed, Deno.env.toObject()), options);
    return await worker.ended;
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode(`sluice: ${error.message}\n`));
    return code;
  }
}

/** undefined: a fault of ours, which ends the process with its stack and 1. */
function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError || error instanceof FileError) return 2;
  if (error instanceof ListenError || error instanceof StoreError) return 3;
  const name = error instanceof Error ? error.name : "";
  return name === "LibraryError" || name === "WorkerError" || name === "BrokerError" ? 3 : undefined;
}
