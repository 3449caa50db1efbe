/** Waits for something that another process does. */

const PAUSE_MS = 50;
const PATIENCE_MS = 30_000;

/** Asks again and again until the probe gives something else than undefined; throws, naming what was awaited, after `patienceMs` (30 s unless said). */
export async function until<T>(what: string, probe: () => Promise<T | undefined> | T | undefined, patienceMs = PATIENCE_MS): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${patienceMs / 1000} s in vain: ${what}`);
    await pause(PAUSE_MS);
  }
}

/** Resolves after `ms`. For probes of other processes; a test of our own code takes a clock instead. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
