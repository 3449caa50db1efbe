import { logger } from "../base/log.ts";
import type { StringMap } from "../config/field.ts";
import { parseConfig } from "../config/parse.ts";
import type { Owned } from "./owned.ts";
import type { ConnectorPlugin } from "./plugin_set.ts";
import type { WorkerClock } from "./ports.ts";

const log = logger("worker.connector");

/** However often a config wants it: each time costs its system a few queries, and the service host serves all connectors. */
const SHORTEST_MS = 1000;
/** Distinct messages remembered; beyond that, for one with a time in it, all may be said once more. */
const MOST_MESSAGES = 100;

/** What splitting again needs of a connector. */
export interface ResplitContext {
  readonly connector: string;
  readonly clock: WorkerClock;
  readonly owned: Owned;
  /** Splits it and acts on the outcome. What it throws is logged and changes nothing. */
  readonly split: (signal: AbortSignal) => Promise<void>;
}

/**
 * Splits a running connector again from time to time, in the background: the tables there are may have changed (Kafka Connect 4,
 * ConnectorContext.requestTaskReconfiguration, which upstream's table monitor calls).
 */
export class Resplit {
  readonly #context: ResplitContext;
  readonly #said = new Set<string>();
  #running: AbortController | undefined;

  constructor(context: ResplitContext) {
    this.#context = context;
  }

  /** From now on every `ms` after the last time; null: never. What ran before ends. */
  begin(ms: number | null): void {
    this.end();
    if (ms === null) return;
    this.#said.clear();
    this.#running = new AbortController();
    this.#context.owned.add("the repeated split of a connector", this.#run(Math.max(ms, SHORTEST_MS), this.#running.signal));
  }

  /** A split under way counts for nothing. */
  end(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(ms: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#context.clock.sleep(ms, signal);
      if (signal.aborted) return;
      try {
        await this.#context.split(signal);
      } catch (error) {
        if (!signal.aborted) this.#warn(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #warn(message: string): void {
    if (this.#said.has(message)) return;
    if (this.#said.size >= MOST_MESSAGES) this.#said.clear();
    this.#said.add(message);
    log.warn("Cannot split the connector again: its tasks go on as they are", { connector: this.#context.connector, error: message });
  }
}

/** How long after a split the connector wants the next one, in ms; null: never. */
export function resplitMs(plugin: ConnectorPlugin, config: StringMap): number | null {
  const parsed = parseConfig(plugin.config, config);
  if (plugin.resplitMs === undefined || !parsed.ok) return null;
  const ms = plugin.resplitMs(parsed.values);
  return ms !== null && Number.isFinite(ms) && ms > 0 ? ms : null;
}
