/** What Linux says of processes: who started whom, time on the processor, memory. Everything is read from /proc, nothing is asked of the processes. */

/** Clock ticks per second in /proc (USER_HZ, 100 on every Linux that Deno runs on). */
const TICKS_PER_SECOND = 100;

/** The process and all its descendants that live right now. Empty once it is gone. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of Deno.readDirSync("/proc")) {
    const id = Number(entry.name);
    const parent = Number.isInteger(id) ? statOf(id)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...children.get(parent) ?? [], id]);
  }
  if (statOf(pid) === undefined) return [];
  const family = [pid];
  for (const member of family) family.push(...children.get(member) ?? []);
  return family;
}

/** Whether a process lives (a zombie does not). */
export function lives(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== "Z";
}

/** Seconds on the processor of a family since each of it began, children that have ended included. */
export function cpuSeconds(family: readonly number[]): number {
  return family.reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0) / TICKS_PER_SECOND;
}

/** Proportional set size of a family in bytes: shared pages are counted once, in parts. */
export function pssBytes(family: readonly number[]): number {
  return family.reduce((sum, pid) => sum + 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0);
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  /** User and system time, its own and that of children it has waited for. */
  readonly ticks: number;
}

/** Fields by proc(5); the program's name may hold blanks and brackets, so they are counted from its end. */
function statOf(pid: number): Stat | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === "") return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0);
  return { state: fields[0] ?? "", parent: Number(fields[1]), ticks };
}

/** A process may end between any two looks. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isGone(error)) return "";
    throw error;
  }
}

/** Reading the files of a process that has just ended gives ESRCH. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
