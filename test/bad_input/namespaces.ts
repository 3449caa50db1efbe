/** Surroundings a test cannot have by itself: another user, a small disk. Linux gives them in namespaces, where those are allowed. */

/** Something to put before a program, or why it cannot be had: `because` goes behind the names of skipped tests. */
export interface Surroundings {
  readonly wrapper: readonly string[];
  readonly missing: boolean;
  readonly because: string;
}

const UNSHARE = "unshare";

/** A user whom permissions bind: whoever runs the tests, but for root, who may do everything and becomes another of a namespace of its own. */
export const ordinaryUser: Surroundings = await userBoundByPermissions();

async function userBoundByPermissions(): Promise<Surroundings> {
  if (Deno.uid() !== 0) return { wrapper: [], missing: false, because: "" };
  return await tried([UNSHARE, "--user", "--map-user=1000"], "root may do everything, and no user namespace can be made");
}

/** Runs a program in which `folder` is a disk of that many bytes. Others see it below `/proc/PID/root`; it goes when the program does. */
export async function smallDisk(folder: string, bytes: number): Promise<Surroundings> {
  const mount = `mount -t tmpfs -o size=${bytes},mode=700 small "$0" && exec "$@"`;
  const wrapper = [UNSHARE, "--user", "--map-root-user", "--mount", "sh", "-c", mount, folder];
  return await tried(wrapper, "no disk can be mounted in a namespace");
}

async function tried(wrapper: readonly string[], reason: string): Promise<Surroundings> {
  const [command, ...args] = wrapper as [string, ...string[]];
  const missing = Deno.build.os !== "linux" || !await runs(command, [...args, "true"]);
  return { wrapper, missing, because: missing ? ` (skipped: ${reason})` : "" };
}

async function runs(command: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: [...args], stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
