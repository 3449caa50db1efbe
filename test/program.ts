/** The program as its users run it: a process of its own, spoken to over HTTP. */
import { request } from "node:http";
import { TOP } from "./checks/repository.ts";
import { type Leashed, leashed } from "./leash.ts";
import { until } from "./until.ts";

/** How to start it. */
export interface ProgramOptions {
  readonly bootstrap: string;
  /** Folder of its database; outlives the program, so that another start finds it. */
  readonly data: string;
  /** Worker keys, given with `--set`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Environment beyond the ordinary one. */
  readonly env?: Readonly<Record<string, string>>;
  /** Main module in place of the product's, below the repository's top. */
  readonly main?: string;
  /** Command that runs it, put before it: it must end as the program itself (`exec`), so that signals reach that. */
  readonly wrapper?: readonly string[];
  /** File of its log; default: in the data folder. */
  readonly log?: string;
}

/** What the program answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A connector's status as REST shows it. */
export interface ShownStatus {
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string }[];
}

/** A running worker. It dies with the test. */
export class Program {
  /** HOST:PORT of its REST API. */
  readonly address: string;
  readonly #process: Leashed;
  readonly #log: string;

  private constructor(address: string, process: Leashed, log: string) {
    this.address = address;
    this.#process = process;
    this.#log = log;
  }

  /** Starts it and resolves at once; `ready` waits for REST. */
  static async launch(options: ProgramOptions): Promise<Program> {
    const address = `127.0.0.1:${freePort()}`;
    const log = options.log ?? `${options.data}/program.log`;
    if (options.log === undefined) await Deno.mkdir(options.data, { recursive: true });
    const settings = Object.entries(options.settings ?? {}).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    const own = ["--listen", address, "--bootstrap-servers", options.bootstrap, "--data", options.data, ...settings];
    const program = [Deno.execPath(), "run", "-A", "--no-check", `${TOP}/${options.main ?? "main.ts"}`, ...own, ...options.args ?? []];
    const [command, ...args] = [...options.wrapper ?? [], ...program] as [string, ...string[]];
    const env = { NO_COLOR: "1", TZ: "UTC", ...options.env };
    return new Program(address, await leashed({ command, args, log, env, cwd: TOP }), log);
  }

  /** Starts it and waits until REST answers. */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = await Program.launch(options);
    await program.ready();
    return program;
  }

  /** Process id of the parent. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Its exit code, once it ends. */
  get exit(): Promise<number> {
    return this.#process.status;
  }

  /** Resolves once REST answers; throws with the end of the log when the program ends instead. */
  async ready(): Promise<void> {
    await until("REST answers", async () => {
      if (this.#process.ended) throw new Error(`The program ended with ${await this.#process.status}:\n${await this.logEnd()}`);
      return await this.ask("GET", "/").then((answer) => answer.status === 200 ? true : undefined, refused);
    });
  }

  /** One request, with no header but those given: what a client leaves out must really be missing. */
  ask(method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const [host, port] = this.address.split(":") as [string, string];
    return new Promise((resolve, reject) => {
      const sent = request({ host, port: Number(port), method, path, headers, agent: false }, (response) => {
        const chunks: Uint8Array[] = [];
        response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const given = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
          resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(given), body: joined(chunks) });
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** The same with a JSON body, answered by JSON; throws for a status of 400 and above. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const answer = await this.ask(method, path, body === undefined ? undefined : JSON.stringify(body), headers);
    const text = new TextDecoder().decode(answer.body);
    if (answer.status >= 400) throw new Error(`${method} ${path} gave ${answer.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Creates or replaces a connector. */
  async put(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.json("PUT", `/connectors/${encodeURIComponent(name)}/config`, config);
  }

  /** The status, undefined while there is none. */
  async status(name: string): Promise<ShownStatus | undefined> {
    const answer = await this.ask("GET", `/connectors/${encodeURIComponent(name)}/status`);
    return answer.status === 200 ? JSON.parse(new TextDecoder().decode(answer.body)) : undefined;
  }

  /** Waits until the connector and all its tasks (one at least) are in this state. */
  async untilState(name: string, state: string): Promise<ShownStatus> {
    return await until(`connector ${name} and its tasks are ${state}`, async () => {
      const status = await this.status(name);
      const tasks = status?.tasks ?? [];
      return tasks.length > 0 && tasks.every((task) => task.state === state) ? status : undefined;
    });
  }

  /** SIGTERM. Returns the exit code. */
  async stop(): Promise<number> {
    this.#process.signal("SIGTERM");
    return await this.#process.status;
  }

  /** SIGKILL, and waits for the end. */
  async kill(): Promise<void> {
    this.#process.signal("SIGKILL");
    await this.#process.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** All it has logged. */
  async log(): Promise<string> {
    return await Deno.readTextFile(this.#log);
  }

  /** The last lines of its log. */
  async logEnd(): Promise<string> {
    return (await this.log()).split("\n").slice(-25).join("\n");
  }
}

/** A loopback port nobody listens on right now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function refused(error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return undefined;
  throw error;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
