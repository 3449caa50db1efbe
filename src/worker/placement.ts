/** On which host a task is to run. */

/**
 * Who may live in a host:
 * - `shared`: tasks of all connectors that ask for nothing else
 * - `own`: all tasks of one connector that asked for a host of its own
 * - `apart`: the tasks of one group of suspects, see `HostPool`
 */
export type HostUse =
  | { readonly kind: "shared" }
  | { readonly kind: "own"; readonly connector: string }
  | { readonly kind: "apart"; readonly group: number };

/** A running host as placement sees it. */
export interface HostLoad {
  readonly use: HostUse;
  /** Tasks in it now. */
  readonly tasks: number;
}

/**
 * The least loaded host of that use, or undefined where a new one is to be started: always when there is none, and for shared
 * ones as long as all of them are busy and fewer than `sharedLimit` run.
 */
export function placeTask<T extends HostLoad>(hosts: readonly T[], use: HostUse, sharedLimit: number): T | undefined {
  const candidates = hosts.filter((host) => isSameUse(host.use, use));
  const [first, ...others] = candidates;
  if (first === undefined) return undefined;
  const least = others.reduce((best, host) => host.tasks < best.tasks ? host : best, first);
  return use.kind === "shared" && least.tasks > 0 && candidates.length < sharedLimit ? undefined : least;
}

/** Cuts suspects into at most `groups` groups of nearly equal size, keeping their order. */
export function partition<T>(items: readonly T[], groups: number): readonly (readonly T[])[] {
  const count = Math.min(groups, items.length);
  return Array.from(
    { length: count },
    (_, index) => items.slice(Math.floor(index * items.length / count), Math.floor((index + 1) * items.length / count)),
  );
}

function isSameUse(a: HostUse, b: HostUse): boolean {
  if (a.kind === "own") return b.kind === "own" && a.connector === b.connector;
  if (a.kind === "apart") return b.kind === "apart" && a.group === b.group;
  return b.kind === "shared";
}
