import { beNice, dieWithParent } from "../kafka/process.ts";

/** What every child does first: go on when a terminal's signal reaches the whole group, let others go first, and not outlive the parent. */
export function behaveAsChild(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => {});
  dieWithParent(Deno.ppid);
  beNice();
}
