/** A real database server for tests: loopback, a free port, data in a folder that goes with it. */
import pg from "pg";
import { type Leashed, leashed } from "./leash.ts";
import { isRoot, type ServerPrograms, serverPrograms } from "./database_programs.ts";
import type { DatabaseKind } from "./databases.ts";

const START_MS = 90_000;
const STOP_MS = 30_000;
const NOBODY_ID = 65534;

/** The one user of these servers, with every right. */
export const DATABASE_USER = "sluice";
/** Odd enough to be found where it must not be. */
export const DATABASE_PASSWORD = "s3cret_p4ssw0rd";

/** A server started here. It may be stopped, killed and started again: same port, same data. */
export class DatabaseServer {
  readonly kind: DatabaseKind;
  readonly port: number;
  readonly #programs: ServerPrograms;
  readonly #folder: string;
  #process: Leashed | undefined;

  private constructor(kind: DatabaseKind, programs: ServerPrograms, folder: string, port: number) {
    this.kind = kind;
    this.port = port;
    this.#programs = programs;
    this.#folder = folder;
  }

  /** Starts one, or says why this machine has none. */
  static async launch(kind: DatabaseKind): Promise<DatabaseServer | { readonly missing: string }> {
    const programs = serverPrograms(kind);
    if ("missing" in programs) return programs;
    const folder = await Deno.makeTempDir({ prefix: `sl-${kind}-` });
    await Deno.writeTextFile(`${folder}/start.sql`, kind === "postgres" ? "" : MYSQL_START);
    if (programs.refusesRoot && isRoot()) await Deno.chown(folder, NOBODY_ID, NOBODY_ID);
    const server = new DatabaseServer(kind, programs, folder, freePort());
    try {
      await server.#install();
      await server.start();
      if (kind === "postgres") await makePostgresUser(server.port);
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** As `SLUICE_TEST_*` name a server. */
  get address(): string {
    return `${DATABASE_USER}:${DATABASE_PASSWORD}@127.0.0.1:${this.port}`;
  }

  /** Process id of the server; 0 while it is not running. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Resolves once it answers. */
  async start(): Promise<void> {
    const [command, ...args] = this.#programs.serve(this.#folder, this.port);
    await Deno.writeTextFile(this.#log, "");
    const process = await leashed({ command, args, log: this.#log });
    this.#process = process;
    const deadline = Date.now() + START_MS;
    while (!this.#programs.isReady.test(await Deno.readTextFile(this.#log))) {
      if (process.ended || Date.now() > deadline) throw new Error(`${this.kind} did not start: ${await this.#lastLog()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it the way an operator does. */
  async stop(): Promise<void> {
    await this.#end(this.kind === "postgres" ? "SIGINT" : "SIGTERM");
  }

  /** Ends it the way a power cut does. PostgreSQL's other processes notice and end by themselves. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends it and deletes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }

  get #log(): string {
    return `${this.#folder}/log`;
  }

  async #install(): Promise<void> {
    const [command, ...args] = this.#programs.install(this.#folder);
    const env = { LC_ALL: "C" };
    const done = await new Deno.Command(command, { args, env, stdin: "null", stdout: "piped", stderr: "piped", cwd: "/" }).output();
    if (!done.success) throw new Error(`No data folder for ${this.kind}: ${new TextDecoder().decode(done.stderr).slice(-600)}`);
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    running.signal(signal);
    const patience = setTimeout(() => running.signal("SIGKILL"), STOP_MS);
    await running.status;
    clearTimeout(patience);
  }

  async #lastLog(): Promise<string> {
    const text = await Deno.readTextFile(this.#log).catch(() => "it wrote no log");
    return text.split("\n").slice(-15).join("\n");
  }
}

/** One statement a line: MySQL's init file knows no other form. Read at every start. */
const MYSQL_START = ["%", "localhost"].map((host) =>
  `CREATE USER IF NOT EXISTS '${DATABASE_USER}'@'${host}' IDENTIFIED BY '${DATABASE_PASSWORD}';
GRANT ALL ON *.* TO '${DATABASE_USER}'@'${host}' WITH GRANT OPTION;
`
).join("");

async function makePostgresUser(port: number): Promise<void> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  await client.connect();
  await client.query(`CREATE ROLE ${DATABASE_USER} LOGIN SUPERUSER PASSWORD '${DATABASE_PASSWORD}'`);
  await client.end();
}

/** A loopback port nobody listens on right now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
