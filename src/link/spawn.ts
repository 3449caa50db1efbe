import { systemClock } from "../base/clock.ts";
import { logger } from "../base/log.ts";
import { frame, isFromHost, readFrames } from "./framing.ts";
import type { FromHost, ToHost } from "./messages.ts";

/** What a child of this program is for. */
export type ChildRole = "tasks" | "service" | "broker";

/** The hidden argument that makes this program a child. */
export const CHILD_ARGUMENT = "--sluice-child=";

/** A process that a child started may keep the child's stdout open: what the child itself said is read this much longer after its end. */
const DRAIN_MS = 1000;

/**
 * What glibc goes by: librdkafka allocates in one thread and frees in another, which otherwise leaves a busy task host with 10 to 20 MB
 * that nobody uses. Whether it costs time was less than the noise. What the user's environment says wins.
 */
const MEMORY = Object.fromEntries(
  Object.entries({ MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "1048576" }).map(([name, value]) => [name, Deno.env.get(name) ?? value]),
);

const log = logger("link");

/** How a child ended. */
interface Exit {
  readonly code: number;
  readonly signal: string | null;
}

/** Arguments that start this program once more: none when compiled, else those of `deno run` with the main module. */
export function ownArguments(mainModule: string): readonly string[] {
  return Deno.build.standalone ? [] : ["run", "-A", "--no-check", "--cached-only", mainModule];
}

/** The role this process was started in; undefined for the parent. */
export function roleOf(args: readonly string[]): ChildRole | undefined {
  const role = args.find((arg) => arg.startsWith(CHILD_ARGUMENT))?.slice(CHILD_ARGUMENT.length);
  return role === "tasks" || role === "service" || role === "broker" ? role : undefined;
}

/** Starts children of this program: messages over stdin and stdout, stderr shared, as log lines go there. */
export class ProcessSpawner {
  readonly #args: readonly string[];
  readonly #drainMs: number;

  /** `args` stand before the hidden argument: `ownArguments(…)` in the product. `drainMs`: default 1 s. */
  constructor(args: readonly string[], drainMs: number = DRAIN_MS) {
    this.#args = args;
    this.#drainMs = drainMs;
  }

  /** Throws when the system starts no further process. */
  spawn(role: ChildRole): ProcessChild {
    const command = new Deno.Command(Deno.execPath(), {
      args: [...this.#args, `${CHILD_ARGUMENT}${role}`],
      env: MEMORY,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    });
    return new ProcessChild(command.spawn(), this.#drainMs);
  }
}

/** A running child. */
export class ProcessChild {
  readonly pid: number;
  readonly exit: Promise<Exit>;
  readonly messages: AsyncIterable<FromHost>;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #ended = false;

  constructor(process: Deno.ChildProcess, drainMs: number) {
    this.#process = process;
    this.pid = process.pid;
    this.#input = process.stdin.getWriter();
    this.exit = process.status.then(({ code, signal }) => {
      this.#ended = true;
      return { code, signal };
    });
    const said = readFrames(endSoonAfter(process.stdout, this.exit, drainMs), isFromHost, { onStray: (text) => this.#stray(text) });
    this.messages = said;
  }

  /** Never waits. What a child that hangs does not read stays queued until its heartbeat is given up. */
  send(message: ToHost): void {
    if (this.#ended) return;
    this.#input.write(frame(message)).catch((error) => {
      if (this.#ended) return;
      log.error("Cannot reach a child on its input, so it is killed", { pid: this.pid, error: `${error}` });
      this.kill();
    });
  }

  /** SIGKILL; nothing when it has ended already. */
  kill(): void {
    if (this.#ended) return;
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It may have ended in this very moment: then there is no such process, or only its remains (TypeError in Deno).
      if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
    }
  }

  #stray(text: string): void {
    log.info("A child wrote to its standard output", { pid: this.pid, text: text.slice(0, 1000) });
  }
}

/** The stream, cut off a little after the process has ended in case someone else still holds its other end. */
function endSoonAfter(stream: ReadableStream<Uint8Array>, exit: Promise<unknown>, drainMs: number): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const drained = new AbortController();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      exit.then(() => systemClock.sleep(drainMs, drained.signal)).then(() => reader.cancel()).catch((error) => controller.error(error));
    },
    async pull(controller) {
      const { value, done } = await reader.read();
      if (!done) return controller.enqueue(value);
      drained.abort();
      controller.close();
    },
    async cancel(reason) {
      drained.abort();
      await reader.cancel(reason);
    },
  });
}
