import type { StringMap } from "../config/field.ts";
import type { OffsetEntry, SinkOffset } from "../link/messages.ts";
import { type OffsetPair, WorkerError } from "./api.ts";
import type { ConnectorLife } from "./connector_life.ts";
import type { Journal } from "./journal.ts";
import { changeMessage, entriesOf, hookError, hookPartition, notStopped, pairsOf } from "./offset_changes.ts";
import type { OffsetStore } from "./ports.ts";
import { Turns } from "./requests.ts";
import type { ServiceHost } from "./service_host.ts";
import { sinkChangeError, sinkOffsetsOf, sinkPairsOf, sinkReadError } from "./sink_offsets.ts";

/** Longest a connector may take to judge offsets, and Kafka to tell or change those of a group. */
const HOOK_MS = 30_000;

/** What changing offsets needs of the worker. */
export interface OffsetRequestContext {
  readonly offsets: OffsetStore;
  readonly journal: Journal;
  readonly service: ServiceHost;
  /** The worker's properties, as given. */
  readonly workerConfig: StringMap;
  /** Kafka is the embedded broker. */
  readonly isEmbedded: boolean;
}

/** Reads and changes the offsets of a connector on behalf of a user: those of sources in the store, those of sinks in Kafka. */
export class OffsetRequests {
  readonly #context: OffsetRequestContext;
  readonly #turns = new Turns();

  constructor(context: OffsetRequestContext) {
    this.#context = context;
  }

  /** Throws internal when Kafka does not tell. */
  async list(life: ConnectorLife): Promise<readonly OffsetPair[]> {
    if (life.kind !== "sink") return pairsOf(this.#context.journal.offsets(life.name));
    const { service, workerConfig } = this.#context;
    const request = { what: "sinkOffsets", workerConfig, connectorConfig: life.resolvedConfig, connector: life.name } as const;
    try {
      return sinkPairsOf(await service.call(request, HOOK_MS));
    } catch (error) {
      throw sinkReadError(life.name, error);
    }
  }

  /** Throws invalid while the connector is not stopped or what is wanted is no offset, internal when the connector or Kafka refuses. */
  alter(life: ConnectorLife, pairs: readonly OffsetPair[]): Promise<string> {
    return this.#change(life, "altered", () => {
      if (life.kind === "sink") return this.#changeSink(life, "alter", sinkOffsetsOf(life.name, pairs));
      return this.#changeSource(life, entriesOf(pairs), (entries) => this.#context.offsets.write(new Map([[life.name, entries]]), true));
    });
  }

  /** Forgets all offsets, however many there are none of. */
  reset(life: ConnectorLife): Promise<string> {
    return this.#change(life, "reset", () => {
      if (life.kind === "sink") return this.#changeSink(life, "reset", null);
      const all = this.#context.journal.offsets(life.name).map(([partition]) => [partition, null] as const);
      return this.#changeSource(life, all, () => this.#context.offsets.clear(life.name));
    });
  }

  /** One after the other for each connector, and nothing of the connector starts meanwhile. `work` gives whether the connector took care itself. */
  #change(life: ConnectorLife, done: "altered" | "reset", work: () => Promise<boolean>): Promise<string> {
    return this.#turns.take(life.name, async () => {
      if (life.target !== "STOPPED") throw notStopped(life.name);
      const release = life.hold();
      try {
        // Tasks that are still stopping send or commit their last offsets: these must not come after what the user wants.
        await life.tasksGone();
        return changeMessage(done, await work());
      } finally {
        release();
      }
    });
  }

  async #changeSource(
    life: ConnectorLife,
    changes: readonly OffsetEntry[],
    store: (entries: readonly OffsetEntry[]) => void,
  ): Promise<boolean> {
    this.#flush();
    const isByConnector = await this.#ask(life, changes);
    store(changes); // Invariant 4
    return isByConnector;
  }

  /** The connector judges them first, in the service host; then Kafka has them. */
  async #changeSink(life: ConnectorLife, act: "alter" | "reset", offsets: readonly SinkOffset[] | null): Promise<boolean> {
    const { service, workerConfig, isEmbedded } = this.#context;
    const connectorClass = life.plugin?.class ?? "";
    const config = { connectorClass, connector: life.name, workerConfig, connectorConfig: life.resolvedConfig };
    try {
      return await service.call({ what: "alterSinkOffsets", ...config, offsets }, HOOK_MS);
    } catch (error) {
      throw sinkChangeError({ connector: life.name, act, isEmbedded }, error);
    }
  }

  #flush(): void {
    if (this.#context.journal.flush()) return;
    throw new WorkerError("internal", `Cannot change offsets while the store takes none: ${this.#context.journal.failure}`);
  }

  /** Whether the connector takes care of its offsets itself. It may refuse what it could not read. */
  async #ask(life: ConnectorLife, changes: readonly OffsetEntry[]): Promise<boolean> {
    const plugin = life.plugin;
    if (plugin === undefined) throw new WorkerError("internal", `Failed to modify offsets for source connector ${life.name}`);
    const offsets = changes.map(([partition, offset]) => [hookPartition(partition), offset] as const);
    try {
      const request = { what: "alterOffsets", connectorClass: plugin.class, config: life.resolvedConfig, offsets } as const;
      return await this.#context.service.call(request, HOOK_MS);
    } catch (error) {
      throw hookError("source", life.name, error);
    }
  }
}
