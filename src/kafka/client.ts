/** One librdkafka client: made from properties, its logs and errors turned into ours, freed once. */
import { hideSecrets, logger, withoutSecrets } from "../base/log.ts";
import { codeInfo, codeOf, KafkaError } from "./codes.ts";
import { type ClientRole, translate, warningOf } from "./config.ts";
import { cString, textAt, textIn } from "./memory.ts";
import { Bell } from "./poll_loop.ts";
import { ClientConfigError, type Setting } from "./setting.ts";
import { native } from "./symbols.ts";

/** Kinds of events (rdkafka.h). */
export const EVENT = { deliveryReports: 0x1, fetch: 0x2, log: 0x4, error: 0x8, rebalance: 0x10, commit: 0x20, cluster: 0x200000 } as const;
/** Those a client asks for: with rebalances as events, librdkafka waits for each to be answered. */
const wanted = {
  producer: EVENT.deliveryReports | EVENT.log | EVENT.error,
  admin: EVENT.log | EVENT.error,
  consumer: EVENT.log | EVENT.error | EVENT.rebalance | EVENT.commit,
} as const;
/** RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE: leaves no group, waits for no rebalance. */
const WITHOUT_LEAVING = 0x8;

const UNKNOWN_SETTING = -2;
const ALL_BROKERS_DOWN = codeOf("_ALL_BROKERS_DOWN");
const FATAL = codeOf("_FATAL");
/** Errors that tell why a broker cannot be reached; the newest one goes into the sentence. */
const reasons = new Set(["_TRANSPORT", "_RESOLVE", "_SSL", "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED"].map(codeOf));
/** How long one question for a broker that is back may stand. */
const PROBE_MS = 60_000;
const log = logger("kafka");

/** How a client is opened. */
export interface ClientOptions {
  readonly role: ClientRole;
  /** Java client properties, or librdkafka's own. */
  readonly properties: Readonly<Record<string, string>>;
  /** In librdkafka's names, under the user's. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Told at most once what was left out or taken otherwise. */
  readonly warn: (message: string) => void;
}

/** A client with its main queue and the bell that rings when something is in it. */
export class Client {
  /** `rd_kafka_t *`, 0 after `close`. */
  handle: bigint;
  /** The main queue: delivery reports, errors, logs. */
  readonly queue: bigint;
  readonly bell = new Bell();
  readonly #role: ClientRole;
  readonly #brokers: string;
  #reason = "";
  /** The last connection failure that was logged as a warning. */
  #lastFailure = "";
  #isDown = false;
  #fatal: KafkaError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#role = options.role;
    this.#brokers = options.properties["bootstrap.servers"] ?? "";
    this.handle = open(options);
    native.rd_kafka_set_log_queue(this.handle, 0n);
    this.queue = native.rd_kafka_queue_get_main(this.handle);
    this.bell.attach(this.queue);
  }

  /** Set once the client is of no more use. */
  get fatal(): KafkaError | undefined {
    return this.#fatal;
  }

  /** A sentence while no broker can be reached. Known from librdkafka's events, so only as new as the last drained one. */
  get unreachable(): string | undefined {
    return this.#isDown ? `Cannot reach Kafka at "${this.#brokers}": ${this.#reason || "no broker is up"}` : undefined;
  }

  /** Told by whoever got an answer from a broker. */
  reached(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#reason = "";
    this.#lastFailure = "";
    log.info(`Kafka at "${this.#brokers}" answers again`);
  }

  /** Handles all that is in the main queue of a client that expects nothing but errors and logs there. */
  drain(): void {
    for (let event: bigint; (event = native.rd_kafka_queue_poll(this.queue, 0)) !== 0n;) {
      this.take(event, native.rd_kafka_event_type(event));
      native.rd_kafka_event_destroy(event);
    }
  }

  /** Handles an event of a kind every client has. The caller destroys it. */
  take(event: bigint, kind: number): void {
    if (kind === EVENT.log) return this.#takeLog(event);
    if (kind === EVENT.error) this.#takeError(event);
    else if (kind === EVENT.cluster) this.#takeProbe(event);
  }

  /**
   * Frees the client without waiting for what is in flight. Resolves when all of it is gone; a broker thread inside a name lookup can
   * hold that up. A member of a group leaves it first, unless `abruptly`. No other call on the handle may be under way.
   */
  close(abruptly = false): Promise<void> {
    this.#closing ??= this.#close(abruptly);
    return this.#closing;
  }

  async #close(abruptly: boolean): Promise<void> {
    // Invariant 6: the handle is forgotten before it is freed, and this runs once.
    const handle = this.handle;
    this.handle = 0n;
    this.bell.detach(this.queue);
    native.rd_kafka_queue_destroy(this.queue);
    await native.destroy_flags(handle, abruptly ? WITHOUT_LEAVING : 0);
    await this.bell.close();
  }

  #takeError(event: bigint): void {
    const code = native.rd_kafka_event_error(event);
    const text = withoutSecrets(textAt(native.rd_kafka_event_error_string(event)));
    log.debug(text, { code: codeInfo(code).name });
    if (reasons.has(code)) this.#reason = text;
    if (code === FATAL) this.takeFatal();
    if (code !== ALL_BROKERS_DOWN || this.#isDown) return;
    this.#isDown = true;
    log.warn(`Cannot reach Kafka at "${this.#brokers}": ${this.#reason || text}`);
    this.#probe();
  }

  /**
   * No event tells that a broker is back. A request does, which librdkafka keeps until one is: so an idle client learns it too.
   * The answer comes on the main queue.
   */
  #probe(): void {
    const options = native.rd_kafka_AdminOptions_new(this.handle, 0);
    const text = new Uint8Array(128);
    native.rd_kafka_AdminOptions_set_request_timeout(options, PROBE_MS, text, BigInt(text.length));
    native.rd_kafka_DescribeCluster(this.handle, options, this.queue);
    native.rd_kafka_AdminOptions_destroy(options);
  }

  /** An error with a number above 0 is a broker's, which then is there. */
  #takeProbe(event: bigint): void {
    if (native.rd_kafka_event_error(event) >= 0) this.reached();
    else if (this.#isDown && this.handle !== 0n) this.#probe();
  }

  /**
   * syslog levels: 0-3 error and worse, 4 warning, 5-6 notice and info, 7 debug. A lost connection is an error there, but it mends
   * itself, and it is told again with every attempt to reconnect, several times a second: here once per reason.
   */
  #takeLog(event: bigint): void {
    const { facility, level, text } = logOf(event);
    const failure = facility === "FAIL" || facility === "ERROR" ? text.replace(/\(after \d+ms.*/s, "") : "";
    const again = failure !== "" && failure === this.#lastFailure;
    if (failure !== "") this.#lastFailure = failure;
    const fields = { facility };
    if (level >= 7 || again) log.debug(text, fields);
    else if (level <= 4) log.warn(text, fields);
    else log.info(text, fields);
  }

  /** Asks for the fatal error, which the event of a producer names only as `_FATAL`; there may be none. */
  takeFatal(): void {
    const text = new Uint8Array(512);
    const code = native.rd_kafka_fatal_error(this.handle, text, BigInt(text.length));
    if (code !== 0) this.#fatal ??= new KafkaError(code, `The Kafka ${this.#role} cannot go on`, withoutSecrets(textIn(text)));
  }
}

function open(options: ClientOptions): bigint {
  const { settings, javaOnly, notes } = translate(options.properties, options.role, options.defaults);
  hideSecrets(settings.filter((each) => each.secret).map((each) => each.value));
  const conf = native.rd_kafka_conf_new();
  let unknown: string[];
  try {
    unknown = settings.filter((each) => !applied(conf, each)).map((each) => each.key);
    applied(conf, { name: "log.queue", value: "true", key: "log.queue", secret: false });
  } catch (error) {
    native.rd_kafka_conf_destroy(conf);
    throw error;
  }
  native.rd_kafka_conf_set_events(conf, wanted[options.role]);
  const warning = warningOf([...javaOnly, ...unknown], notes);
  if (warning !== undefined) options.warn(warning);
  const text = new Uint8Array(512);
  const handle = native.rd_kafka_new(options.role === "consumer" ? 1 : 0, conf, text, BigInt(text.length));
  if (handle !== 0n) return handle;
  native.rd_kafka_conf_destroy(conf); // Only a client that came to be owns its configuration.
  throw new ClientConfigError("*", withoutSecrets(textIn(text)));
}

/** False when librdkafka does not know the name. */
function applied(conf: bigint, setting: Setting): boolean {
  if (setting.value.includes("\0")) throw new ClientConfigError(setting.key, "it must not contain NUL");
  const text = new Uint8Array(512);
  const result = native.rd_kafka_conf_set(conf, cString(setting.name), cString(setting.value), text, BigInt(text.length));
  if (result === 0) return true;
  if (result === UNKNOWN_SETTING) return false;
  // Invariant 5: librdkafka's reason may repeat the value.
  const reason = setting.secret ? "librdkafka refuses it (the value is not shown)" : `"${setting.value}" is refused: ${textIn(text)}`;
  throw new ClientConfigError(setting.key, reason);
}

function logOf(event: bigint): { facility: string; level: number; text: string } {
  const facility = new BigUint64Array(1);
  const text = new BigUint64Array(1);
  const level = new Int32Array(1);
  native.rd_kafka_event_log(event, facility, text, level);
  return { facility: textAt(facility[0] as bigint), level: level[0] as number, text: textAt(text[0] as bigint) };
}
