import { parseAddress } from "./arguments.ts";
import { urlHost } from "./settings.ts";

/** Longer than the worker's own deadline for the question, shorter than Docker's patience. */
const TIMEOUT_MS = 4000;

/**
 * `sluice health [--listen HOST:PORT]`: asks a running worker how it is, for a container's health check where no curl is.
 * Returns the exit code: 0 when it is healthy.
 */
export async function checkHealth(args: readonly string[], say: (line: string) => void): Promise<number> {
  const at = args[0] === "--listen" ? parseAddress("--listen", args[1] ?? "") : { host: "127.0.0.1", port: 8083 };
  const url = `http://${urlHost(at.host)}:${at.port}/health`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    say(await response.text());
    return response.ok ? 0 : 1;
  } catch (error) {
    say(`Cannot ask ${url}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
