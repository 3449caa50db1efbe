/** A broker, a MariaDB and a worker of a test's own, each of which may be killed at any instant. */
import { DATABASE_PASSWORD, DATABASE_USER, DatabaseServer } from "../database_server.ts";
import { ownBroker, type TestBroker } from "../broker.ts";
import { Program } from "../program.ts";
import { Sql } from "../sql.ts";
import { Topics } from "../topics.ts";

/** What can be killed. */
export const VICTIMS = ["worker", "database", "broker"] as const;
export type Victim = typeof VICTIMS[number];

/** Name of the database. */
export const DATABASE = "crash";

/** All three, and the means to look at them. */
export class TableGround {
  readonly broker: TestBroker;
  readonly server: DatabaseServer;
  readonly topics: Topics;
  readonly sql: Sql;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  program: Program;

  private constructor(
    parts: Pick<TableGround, "broker" | "server" | "topics" | "sql" | "program">,
    folder: string,
    settings: Record<string, string>,
  ) {
    this.broker = parts.broker;
    this.server = parts.server;
    this.topics = parts.topics;
    this.sql = parts.sql;
    this.program = parts.program;
    this.#folder = folder;
    this.#settings = settings;
  }

  /** Starts them; an empty database. */
  static async lay(settings: Record<string, string> = { "offset.flush.interval.ms": "100" }): Promise<TableGround> {
    const server = await DatabaseServer.launch("mariadb");
    if ("missing" in server) throw new Error(server.missing);
    const broker = await ownBroker();
    const folder = await Deno.makeTempDir({ prefix: "sluice-crash-" });
    const sql = new Sql(
      { kind: "mariadb", host: "127.0.0.1", port: server.port, user: DATABASE_USER, password: DATABASE_PASSWORD },
      DATABASE,
    );
    await sql.makeDatabase();
    const program = await Program.start({ bootstrap: broker.bootstrap, data: `${folder}/data`, settings });
    return new TableGround({ broker, server, topics: new Topics(broker.bootstrap), sql, program }, folder, settings);
  }

  /** The keys a connector needs to reach the database. */
  get connection(): Record<string, string> {
    return {
      "connection.url": `jdbc:mysql://127.0.0.1:${this.server.port}/${DATABASE}`,
      "connection.user": DATABASE_USER,
      "connection.password": DATABASE_PASSWORD,
    };
  }

  /** Kills one of them without a warning and starts it again at once. */
  async strike(victim: Victim): Promise<void> {
    switch (victim) {
      case "worker":
        await this.program.kill();
        this.program = await Program.start({ bootstrap: this.broker.bootstrap, data: `${this.#folder}/data`, settings: this.#settings });
        return;
      case "database":
        await this.server.kill();
        return await this.server.start();
      case "broker":
        await this.broker.kill();
        return await this.broker.start();
    }
  }

  /** Throws with the trace when the connector or one of its tasks has FAILED: no fault of this suite explains that. */
  async expectUnfailed(name: string): Promise<void> {
    const status = await this.program.status(name);
    const failed = status === undefined ? undefined : [status.connector, ...status.tasks].find(({ state }) => state === "FAILED");
    if (failed !== undefined) throw new Error(`${name} FAILED: ${failed.trace}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.close();
    await this.program.kill();
    await this.topics.close();
    await this.server.remove();
    await this.broker.remove();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
