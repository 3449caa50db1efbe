/** A real Apache Kafka broker for tests: one node, KRaft, loopback, data in a folder that goes with it. */
import { type Leashed, leashed } from "./leash.ts";
import { kafkaJars } from "./maven_kafka.ts";

/** How a broker is to be. */
export interface BrokerOptions {
  /** Server properties beyond the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Largest heap, MB. Default 512. */
  readonly heapMb?: number;
  /** `false`: the JVM compiles fully, slower to start and faster later, as benches want it. Default true. */
  readonly quick?: boolean;
}

const START_MS = 90_000;
const STOP_MS = 30_000;
/** That of the broker the captures were made with: `GET /` shows it. */
const CLUSTER_ID = "c2x1aWNlLXJlZmVyZW5jZQ";

/** A broker started here. It may be stopped and started again: same ports, same data. */
export class TestBroker {
  readonly bootstrap: string;
  readonly #jars: string;
  readonly #folder: string;
  readonly #options: BrokerOptions;
  #process: Leashed | undefined;

  private constructor(jars: string, folder: string, port: number, options: BrokerOptions) {
    this.#jars = jars;
    this.#folder = folder;
    this.#options = options;
    this.bootstrap = `127.0.0.1:${port}`;
  }

  /** Formats a data folder and starts. A port that somebody else took in between leads to another try with others. */
  static async launch(jars: string, options: BrokerOptions = {}): Promise<TestBroker> {
    for (let attempt = 1;; attempt++) {
      const folder = await Deno.makeTempDir({ prefix: "sluice-kafka-" });
      const [port, controllerPort] = freePorts();
      const broker = new TestBroker(jars, folder, port, options);
      try {
        await Deno.writeTextFile(`${folder}/server.properties`, broker.#properties(port, controllerPort));
        await broker.#format();
        await broker.start();
        return broker;
      } catch (error) {
        await broker.remove();
        if (attempt === 3) throw error;
      }
    }
  }

  /** Process id of the JVM; 0 while stopped. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Resolves once the broker answers on its port. */
  async start(): Promise<void> {
    const args = [...this.#javaOptions(), "kafka.Kafka", `${this.#folder}/server.properties`];
    const process = await leashed({ command: "java", args, log: this.#log });
    this.#process = process;
    const deadline = Date.now() + START_MS;
    while (!await answers(this.bootstrap)) {
      if (process.ended || Date.now() > deadline) throw new Error(`Kafka did not start: ${await this.#lastLog()}`);
      await pause(50);
    }
  }

  /** Ends it the way an operator does; its data stays. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Ends it the way a power cut does. */
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
    return `${this.#folder}/kafka.log`;
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

  async #format(): Promise<void> {
    const args = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", `${this.#jars}/libs/*`, "kafka.tools.StorageTool", "format"];
    args.push("--cluster-id", CLUSTER_ID, "--config", `${this.#folder}/server.properties`);
    const done = await new Deno.Command("java", { args, stdin: "null", stdout: "piped", stderr: "piped" }).output();
    if (!done.success) throw new Error(`Kafka's storage could not be formatted: ${new TextDecoder().decode(done.stderr).slice(-600)}`);
  }

  #javaOptions(): string[] {
    const quick = this.#options.quick ?? true ? ["-XX:TieredStopAtLevel=1"] : [];
    const heap = ["-Xms128m", `-Xmx${this.#options.heapMb ?? 512}m`];
    return [...quick, ...heap, "-XX:+UseG1GC", "-Djava.awt.headless=true", "-Dlog4j2.level=warn", "-cp", `${this.#jars}/libs/*`];
  }

  #properties(port: number, controllerPort: number): string {
    const settings = {
      "process.roles": "broker,controller",
      "node.id": "1",
      "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
      "listeners": `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      "controller.listener.names": "CONTROLLER",
      "log.dirs": `${this.#folder}/data`,
      "num.partitions": "1",
      "offsets.topic.num.partitions": "1",
      "offsets.topic.replication.factor": "1",
      "transaction.state.log.num.partitions": "1",
      "transaction.state.log.replication.factor": "1",
      "transaction.state.log.min.isr": "1",
      "group.initial.rebalance.delay.ms": "0",
      ...this.#options.settings,
    };
    return Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join("");
  }

  async #lastLog(): Promise<string> {
    const text = await Deno.readTextFile(this.#log).catch(() => "it wrote no log");
    return text.split("\n").slice(-15).join("\n");
  }
}

/** The broker `deno task test` started, for suites that only need one: `because` goes behind the names of skipped tests. */
export function sharedBroker(): { readonly bootstrap: string; readonly missing: boolean; readonly because: string } {
  const bootstrap = Deno.env.get("SLUICE_TEST_BROKER") ?? "";
  const reason = Deno.env.get("SLUICE_TEST_BROKER_MISSING") ?? "SLUICE_TEST_BROKER names no broker; deno task test starts one";
  return { bootstrap, missing: bootstrap === "", because: bootstrap === "" ? ` (skipped: ${reason})` : "" };
}

/** A broker of one's own, for suites that stop it. Ask `sharedBroker().missing` first: where that is false, this works unless `SLUICE_TEST_BROKER` came from outside on a machine without Java. */
export async function ownBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const jars = await kafkaJars(() => {});
  if ("missing" in jars) throw new Error(`Cannot start a broker: ${jars.missing}`);
  return await TestBroker.launch(jars.folder, options);
}

/** Two loopback ports nobody listens on right now. */
function freePorts(): [number, number] {
  using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using second = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return [first.addr.port, second.addr.port];
}

async function answers(bootstrap: string): Promise<boolean> {
  const [hostname, port] = bootstrap.split(":") as [string, string];
  try {
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
