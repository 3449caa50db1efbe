/**
 * A Kafka broker inside this process, for trials and tests: librdkafka's mock cluster behind a TCP relay. What it is not:
 *
 * - It keeps records in memory, the newest 5 MB or 100,000 records per partition; older ones are gone, as if retention had taken them.
 * - It answers no admin request: no topic is created, deleted or configured over the network. `createTopic` is the way; a
 *   producer that names an unknown topic makes it, with 4 partitions.
 * - No TLS, no SASL, no ACLs, one broker, no replication, no compaction; it stores batches as they come and does not judge sizes.
 * - A fetch that finds nothing waits its full time, so a reader with a long `fetch.wait.max.ms` sees new records late.
 *
 * librdkafka binds the mock to a port of its own choice; the relay is what gives it a chosen address, and what may be stopped and
 * started again without losing the records.
 */
import { KafkaError } from "./codes.ts";
import { cString, textAt, textIn } from "./memory.ts";
import { native } from "./symbols.ts";

/** Where the embedded broker listens. */
export interface EmbeddedKafkaOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0, which takes any free port. */
  readonly port?: number;
  /** Whether the next free port will do when that one is taken; default false. */
  readonly nextFree?: boolean;
}

const BROKER = 1;
/** Ports tried after the one that is taken. */
const PORTS_TRIED = 100;

/** A running embedded broker. */
export class EmbeddedKafka {
  readonly #owner: bigint;
  readonly #cluster: bigint;
  readonly #upstream: Deno.ConnectOptions;
  readonly #connections = new Set<Deno.Conn>();
  readonly #relays = new Set<Promise<void>>();
  #listener: Deno.TcpListener;
  #accepting: Promise<void>;
  /** Host clients connect to. */
  readonly host: string;
  /** Port clients connect to. */
  readonly port: number;
  #stopped = false;

  private constructor(listener: Deno.TcpListener, host: string) {
    this.#listener = listener;
    this.host = host;
    this.port = listener.addr.port;
    this.#owner = openOwner();
    this.#cluster = native.rd_kafka_mock_cluster_new(this.#owner, 1);
    this.#upstream = bootstrap(this.#cluster);
    // Without a controller a client waits its full time-out to learn that there is no admin request.
    native.rd_kafka_mock_set_controller_id?.(this.#cluster, BROKER);
    // Groups are small here: their first member need not wait 3 s for others.
    native.rd_kafka_mock_group_initial_rebalance_delay_ms?.(this.#cluster, 0);
    native.rd_kafka_mock_broker_set_host_port(this.#cluster, BROKER, cString(host), this.port);
    this.#accepting = this.#accept();
  }

  /** Listens and answers clients. Throws when the port is taken and no other will do. */
  static start(options: EmbeddedKafkaOptions = {}): EmbeddedKafka {
    const { host = "127.0.0.1", port = 0, nextFree = false } = options;
    return new EmbeddedKafka(listen(host, port, nextFree), host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host);
  }

  /** `host:port`, for `bootstrap.servers`. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Makes a topic. Throws a `KafkaError` with code `TOPIC_ALREADY_EXISTS` when there is one of that name. */
  createTopic(name: string, partitions: number): void {
    const code = native.rd_kafka_mock_topic_create(this.#cluster, cString(name), partitions, 1);
    if (code !== 0) throw new KafkaError(code, `Cannot create topic "${name}" in the embedded Kafka`);
  }

  /** Drops every connection and refuses new ones, until `resume`. For tests of outages; records are kept. */
  async pause(): Promise<void> {
    this.#listener.close();
    this.#disconnect();
    await this.#accepting;
    await Promise.all(this.#relays);
  }

  /** Listens again at the same address. */
  resume(): void {
    this.#listener = Deno.listen({ hostname: this.host, port: this.port });
    this.#accepting = this.#accept();
  }

  /** Ends it; what it holds is gone. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // It was paused.
    }
    this.#disconnect();
    await this.#accepting;
    await Promise.all(this.#relays);
    // Invariant 6: the cluster before the client that owns its bookkeeping.
    native.rd_kafka_mock_cluster_destroy(this.#cluster);
    await native.destroy_flags(this.#owner, 0);
  }

  #disconnect(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  async #accept(): Promise<void> {
    const listener = this.#listener;
    while (true) {
      let client: Deno.Conn;
      try {
        client = await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return; // Closed by stop or pause.
        continue; // A client that went away while it was accepted.
      }
      const relay = this.#relay(client);
      this.#relays.add(relay);
      relay.finally(() => this.#relays.delete(relay));
    }
  }

  /** One client's bytes, both ways, until either side ends. A connection that breaks is a client going, which is no error here. */
  async #relay(client: Deno.Conn): Promise<void> {
    this.#connections.add(client);
    let broker: Deno.Conn | undefined;
    try {
      broker = await Deno.connect(this.#upstream);
      this.#connections.add(broker);
      await Promise.race([copy(client, broker), copy(broker, client)]);
    } catch {
      // The mock refused or the client broke off: closing both is all there is to do.
    } finally {
      for (const connection of [client, broker]) if (connection !== undefined && this.#connections.delete(connection)) connection.close();
    }
  }
}

/** Ends with the stream or with its connection. */
async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 << 10);
  try {
    for (let read: number | null; (read = await from.read(buffer)) !== null;) {
      for (let sent = 0; sent < read;) sent += await to.write(buffer.subarray(sent, read));
    }
  } catch {
    // Either end was closed, by its owner or by the relay.
  }
}

function listen(host: string, port: number, nextFree: boolean): Deno.TcpListener {
  const last = nextFree && port !== 0 ? Math.min(port + PORTS_TRIED, 65_535) : port;
  for (let candidate = port;; candidate++) {
    try {
      return Deno.listen({ hostname: host, port: candidate });
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse && candidate < last) continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot start the embedded Kafka on "${host}:${port}": ${reason}`, { cause: error });
    }
  }
}

/** The client a mock cluster needs for its bookkeeping; it connects to nothing. */
function openOwner(): bigint {
  const text = new Uint8Array(512);
  const conf = native.rd_kafka_conf_new();
  native.rd_kafka_conf_set(conf, cString("log_level"), cString("2"), text, BigInt(text.length));
  const owner = native.rd_kafka_new(0, conf, text, BigInt(text.length));
  if (owner !== 0n) return owner;
  native.rd_kafka_conf_destroy(conf);
  throw new Error(`Cannot start the embedded Kafka: ${textIn(text)}`);
}

function bootstrap(cluster: bigint): Deno.ConnectOptions {
  const address = textAt(native.rd_kafka_mock_cluster_bootstraps(cluster));
  const colon = address.lastIndexOf(":");
  return { hostname: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
