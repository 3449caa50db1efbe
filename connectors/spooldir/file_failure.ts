/** What is said of a file that cannot be read. */
import { ConnectError, DataError } from "sdk";
import { type OpenFile, reasonOf } from "./open_file.ts";

/** Beginning of the reference's log line, with the physical line where that is known, and where the file is to go. */
export function failureLine({ file, faultLine }: OpenFile, error: unknown, target: string): string {
  const place = faultLine === undefined ? "" : `line ${faultLine} of `;
  return `Exception encountered processing ${place}${file.path}, which goes to ${target}. ${reasonOf(error)}`;
}

/** The error that fails the task for a file that was put away, in the reference's form: the wrapped error's class and text, and then what to do. */
export function fileError(open: OpenFile, tolerance: "none" | "all"): ConnectError {
  const { error, file, movedTo } = open;
  const inner = error instanceof ConnectError ? `${error.javaClass}: ${error.message}` : String(error);
  const now = movedTo === undefined ? "" : `, now '${movedTo}'`;
  return new ConnectError(`${inner} (file '${file.path}'${now}). ${advice(open, tolerance)}`, { cause: error });
}

/** What fits the error and the settings. A DataError among the rows is of the text; what disk, decompression or opening say is not. */
function advice(open: OpenFile, tolerance: "none" | "all"): string {
  const parts = [
    remedy(open.error) + (open.offset >= 0 ? "; its rows that were sent are sent again then, as a changed file is a new file" : ""),
  ];
  parts.push("halt.on.error=false goes on with the next file");
  if (open.isOneRow) parts.push("errors.tolerance=all skips rows that do not parse");
  else if (tolerance === "all" && open.faultLine !== undefined && open.error instanceof DataError) {
    parts.push("errors.tolerance=all does not help, as what follows cannot be told apart into rows");
  }
  return parts.join("; ");
}

function remedy(error: unknown): string {
  if (causes(error).some((cause) => cause instanceof Deno.errors.PermissionDenied)) {
    return "Give this process the right to read it and put it back into input.path";
  }
  return "Put it right and back into input.path";
}

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at instanceof Error && !found.includes(at); at = at.cause) found.push(at);
  return found;
}
