/** The note beside the database that says who has it open. It names the holder to a second process; the lock itself is SQLite's. */

/** A process that has the store open. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO instant at which it opened the store. */
  readonly since: string;
}

/** Replaces the note in one step, so that a reader never sees half of it. */
export function writeHolder(path: string, holder: Holder): void {
  const draft = `${path}.${holder.pid}`;
  Deno.writeTextFileSync(draft, JSON.stringify(holder) + "\n", { mode: 0o600 });
  Deno.renameSync(draft, path);
}

/** Who holds the store, in words; a note that is missing or unreadable (a crash, an edit) gives the general ones. */
export function describeHolder(path: string): string {
  const holder = readHolder(path);
  return holder === undefined ? "another process" : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
}

function readHolder(path: string): Holder | undefined {
  try {
    const note: unknown = JSON.parse(Deno.readTextFileSync(path));
    return isHolder(note) ? note : undefined;
  } catch (error) {
    // The note is a courtesy: without it the refusal is only less precise.
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return undefined;
    }
    throw error;
  }
}

function isHolder(note: unknown): note is Holder {
  if (typeof note !== "object" || note === null) return false;
  return "pid" in note && typeof note.pid === "number" && "host" in note && typeof note.host === "string" && "since" in note &&
    typeof note.since === "string";
}
