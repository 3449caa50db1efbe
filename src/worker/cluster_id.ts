import { backoffMs } from "../base/backoff.ts";
import { logger } from "../base/log.ts";
import type { StringMap } from "../config/field.ts";
import type { WorkerClock } from "./ports.ts";
import { ServiceFailure, type ServiceHost } from "./service_host.ts";

const log = logger("worker.kafka");

/** Longest a broker is given to say which cluster it belongs to. */
const ASK_MS = 15_000;
/** Between attempts while Kafka cannot be reached. */
const PAUSES = { initialMs: 1000, maxMs: 30_000 };

/** The id of the Kafka cluster, asked for until it is known; until then it is null and the worker does without. */
export class ClusterId {
  #value: string | null = null;

  get value(): string | null {
    return this.#value;
  }

  /** Asks until there is an answer or the signal ends. */
  async find(service: ServiceHost, workerConfig: StringMap, clock: WorkerClock, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        this.#value = await service.call({ what: "clusterId", workerConfig }, ASK_MS, signal);
        if (attempt > 1) log.info("Kafka can be reached", { cluster: this.#value });
        return;
      } catch (error) {
        if (!(error instanceof ServiceFailure)) throw error;
        if (attempt === 1 && error.reason !== "aborted") {
          const brokers = workerConfig["bootstrap.servers"] ?? "localhost:9092";
          log.warn("Cannot reach Kafka; REST answers meanwhile, tasks wait, and it is tried again until Kafka is there", {
            brokers,
            error: error.message,
          });
        }
      }
      await clock.sleep(backoffMs(attempt, PAUSES), signal);
    }
  }
}
