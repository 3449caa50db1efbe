/** What a test of bad input stands on: a running worker, a broker, and a connector beside the bad one that must go on whatever happens. */
import assert from "node:assert/strict";
import { EmbeddedKafka } from "../../src/kafka/mod.ts";
import { Topics } from "../topics.ts";
import { Program, type ProgramOptions } from "../program.ts";
import { until } from "../until.ts";
import { Spool, type SpoolWorld } from "./spool.ts";
import { TopicText } from "./topic_text.ts";

/** How a ground is laid; what is left out is the ordinary case. */
export interface GroundOptions extends Partial<ProgramOptions> {
  /** The embedded broker cannot be reached until `kafka.resume()`. */
  readonly kafkaIsAway?: boolean;
}

/** A stop with healthy tasks takes far less; a task that ignores it costs its whole time (5 s) and a little. */
const STOP_MS = 15_000;

/** One worker with its folders; all of it goes with the test. */
export class Ground implements SpoolWorld {
  readonly folder: string;
  readonly kafka: EmbeddedKafka;
  readonly program: Program;
  /** `host:port` of the broker. */
  readonly bootstrap: string;
  /** Administers a broker that is not ours; undefined with the embedded one. */
  readonly #shared: Topics | undefined;
  readonly #topics = new Map<string, TopicText>();
  #healthy: Spool | undefined;
  #sent = 0;

  private constructor(folder: string, kafka: EmbeddedKafka, program: Program, bootstrap: string) {
    this.folder = folder;
    this.kafka = kafka;
    this.program = program;
    this.bootstrap = bootstrap;
    this.#shared = bootstrap === kafka.address ? undefined : new Topics(bootstrap);
  }

  /** Starts worker and broker, and waits until REST answers. `bootstrap`: another broker than the embedded one. */
  static async lay(options: GroundOptions = {}): Promise<Ground> {
    const folder = await Deno.makeTempDir({ prefix: "sluice-bad-" });
    // The worker may run as another user.
    await Deno.chmod(folder, 0o755);
    const kafka = EmbeddedKafka.start();
    if (options.kafkaIsAway) await kafka.pause();
    const bootstrap = options.bootstrap ?? kafka.address;
    const program = await Program.launch({ data: `${folder}/data`, log: `${folder}/program.log`, ...options, bootstrap });
    const ground = new Ground(folder, kafka, program, bootstrap);
    try {
      await program.ready();
      return ground;
    } catch (error) {
      await ground[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** With one partition, so that order is kept; the embedded broker's own auto-creation makes four. */
  async makeTopic(connector: string): Promise<string> {
    if (this.#shared === undefined) {
      this.kafka.createTopic(connector, 1);
      return connector;
    }
    const topic = `bad-input-${crypto.randomUUID().slice(0, 8)}-${connector}`;
    await this.#shared.create(topic);
    return topic;
  }

  /** Everything a topic holds by now, in order. */
  async values(topic: string): Promise<readonly string[]> {
    let watched = this.#topics.get(topic);
    if (watched === undefined) {
      watched = new TopicText(this.bootstrap, topic);
      this.#topics.set(topic, watched);
    }
    return await watched.values();
  }

  /** Waits until the log holds a line like this, and gives that line. */
  async logged(pattern: RegExp, patienceMs?: number): Promise<string> {
    return await until(
      `the log says ${pattern}`,
      async () => (await this.program.log()).split("\n").find((line) => pattern.test(line)),
      patienceMs,
    );
  }

  /** Waits until the first task has failed, and gives its trace. */
  async failure(connector: string, patienceMs?: number): Promise<string> {
    return await until(`a task of ${connector} has failed`, async () => {
      const task = (await this.program.status(connector))?.tasks[0];
      return task?.state === "FAILED" ? task.trace ?? "" : undefined;
    }, patienceMs);
  }

  /** REST answers, and a file dropped for the connector beside is delivered: nobody but the bad one is touched. */
  async othersGoOn(): Promise<void> {
    if (this.#healthy === undefined) {
      this.#healthy = await Spool.open(this, "healthy");
      await this.#healthy.connect();
    }
    const healthy = this.#healthy;
    const ids = [this.#sent + 1, this.#sent + 2, this.#sent + 3];
    this.#sent += ids.length;
    await healthy.drop(`rows-${this.#sent}.csv`, `id,text\n${ids.map((id) => `${id},row ${id}\n`).join("")}`);
    await healthy.delivers(Array.from({ length: this.#sent }, (_, i) => String(i + 1)));
    const status = await this.program.untilState("healthy", "RUNNING");
    assert.equal(status.connector.state, "RUNNING");
  }

  /** SIGTERM ends the worker in time and with 0. */
  async stopsCleanly(): Promise<void> {
    const asked = Date.now();
    assert.equal(await this.program.stop(), 0, `exit code after SIGTERM:\n${await this.program.logEnd()}`);
    assert.ok(Date.now() - asked < STOP_MS, `SIGTERM took ${Date.now() - asked} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.kill();
    for (const topic of this.#topics.values()) await topic.close();
    await this.#shared?.close();
    await this.kafka.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}
