/** Programs that die with the test that started them, even when that is killed, so that nothing outlives a run. */

/** A program started by `leashed`. */
export interface Leashed {
  /** The program's own process id, not the shell's. */
  readonly pid: number;
  /** Exit code as a shell tells it: 128 + signal for a killed one. */
  readonly status: Promise<number>;
  /** Whether it has ended. */
  readonly ended: boolean;
  /** Sends a signal; nothing happens once it has ended. */
  signal(name: Deno.Signal): void;
}

/** What surrounds the program. */
export interface LeashOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** File both output streams are appended to. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * The shell holds our end of a pipe and kills the program once that closes. Its first line of output is the program's process id; it
 * ends when the program does, with the program's code.
 */
const LEASH = `exec 3<&0
"$@" </dev/null >>"$LEASH_LOG" 2>&1 3<&- &
program=$!
echo $program
(read -r _ <&3; kill -9 $program) >/dev/null 2>&1 &
watcher=$!
exec >/dev/null
wait $program
code=$?
kill $watcher 2>/dev/null
exit $code`;

/** Starts a program. It ends when it wants to, by `signal`, or with this process. */
export async function leashed(options: LeashOptions): Promise<Leashed> {
  const child = new Deno.Command("sh", {
    args: ["-c", LEASH, "sh", options.command, ...options.args],
    env: { ...options.env, LEASH_LOG: options.log },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let ended = false;
  const status = child.status.then(async ({ code }) => {
    ended = true;
    await child.stdin.close();
    return code;
  });
  const pid = Number(new TextDecoder().decode(await new Response(child.stdout).bytes()));
  return {
    pid,
    status,
    get ended() {
      return ended;
    },
    signal(name) {
      if (!ended) signalIfThere(pid, name);
    },
  };
}

/** Sends a signal to a process that may be gone. */
export function signalIfThere(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
