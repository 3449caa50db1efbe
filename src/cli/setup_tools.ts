/** The real programs, net and library loader behind `setup`. */
import { systemClock } from "../base/clock.ts";
import type { RunResult, SetupTools } from "./library_sources.ts";

/** Longest wait for the first byte of an answer: an unreachable host must not hold up a first start. */
const CONNECT_MS = 4_000;
/** Longest whole download. */
const DOWNLOAD_MS = 120_000;
/** Lines of a failed program that go into a message. */
const TAIL_LINES = 2;

/** This machine's programs and net. */
export const realTools: SetupTools = {
  env: (name) => Deno.env.get(name),
  run,
  download,
  inspect,
  now: () => performance.now(),
  cores: navigator.hardwareConcurrency,
  host: Deno.build.target,
};

async function run(command: string, args: readonly string[], folder: string, line?: (text: string) => void): Promise<RunResult> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args: [...args], cwd: folder, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  } catch (error) {
    return { code: 127, tail: error instanceof Error ? error.message : String(error) };
  }
  const tail: string[] = [];
  const take = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const each of lines) {
        line?.(each);
        if (each.trim() !== "") tail.push(each.trim());
      }
      tail.splice(0, tail.length - TAIL_LINES);
    }
    if (rest.trim() !== "") tail.push(rest.trim());
  };
  const [status] = await Promise.all([child.status, take(child.stdout), take(child.stderr)]);
  return { code: status.code, tail: tail.slice(-TAIL_LINES).join(" ") };
}

async function download(url: string): Promise<Uint8Array | { readonly reason: string }> {
  const given = new AbortController();
  const answered = new AbortController();
  const patience = systemClock.sleep(CONNECT_MS, answered.signal).then(() => answered.signal.aborted || given.abort());
  try {
    const response = await fetch(url, { signal: AbortSignal.any([given.signal, AbortSignal.timeout(DOWNLOAD_MS)]) });
    answered.abort();
    if (response.ok) return await response.bytes();
    await response.body?.cancel();
    return { reason: `${new URL(url).host} answers ${response.status}` };
  } catch {
    // fetch's own text names sockets and causes; which of them it was does not help the user.
    return { reason: `${new URL(url).host} cannot be reached` };
  } finally {
    answered.abort();
    await patience;
  }
}

/** Opened and closed again: the process that uses the library opens it once, in `kafka/symbols.ts`. */
function inspect(path: string): { readonly version: number; readonly features: string } {
  const library = Deno.dlopen(path, {
    rd_kafka_version: { parameters: [], result: "i32" },
    rd_kafka_conf_new: { parameters: [], result: "u64" },
    rd_kafka_conf_get: { parameters: ["u64", "buffer", "buffer", "buffer"], result: "i32" },
    rd_kafka_conf_destroy: { parameters: ["u64"], result: "void" },
  });
  try {
    const { rd_kafka_version, rd_kafka_conf_new, rd_kafka_conf_get, rd_kafka_conf_destroy } = library.symbols;
    const conf = rd_kafka_conf_new();
    const value = new Uint8Array(1024);
    const size = new BigUint64Array([BigInt(value.length)]);
    rd_kafka_conf_get(conf, new TextEncoder().encode("builtin.features\0"), value, size);
    rd_kafka_conf_destroy(conf);
    return { version: rd_kafka_version(), features: new TextDecoder().decode(value.subarray(0, value.indexOf(0))) };
  } finally {
    library.close();
  }
}
