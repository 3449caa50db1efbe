import type { OffsetEntry } from "../link/messages.ts";
import { type OffsetPair, WorkerError } from "./api.ts";
import type { ConnectorLife } from "./connector_life.ts";
import type { Journal } from "./journal.ts";
import { changeMessage, entriesOf, hookError, hookPartition, notStopped, pairsOf } from "./offset_changes.ts";
import type { OffsetStore } from "./ports.ts";
import { Turns } from "./requests.ts";
import type { ServiceHost } from "./service_host.ts";

/** Longest a connector may take to judge offsets. */
const HOOK_MS = 30_000;

/** What changing offsets needs of the worker. */
export interface OffsetRequestContext {
  readonly offsets: OffsetStore;
  readonly journal: Journal;
  readonly service: ServiceHost;
}

/** Reads and changes the source offsets of a connector on behalf of a user. */
export class OffsetRequests {
  readonly #context: OffsetRequestContext;
  readonly #turns = new Turns();

  constructor(context: OffsetRequestContext) {
    this.#context = context;
  }

  list(life: ConnectorLife): readonly OffsetPair[] {
    refuseSink(life, "read");
    return pairsOf(this.#context.journal.offsets(life.name));
  }

  /** Throws invalid while the connector is not stopped, internal when the connector refuses. */
  alter(life: ConnectorLife, pairs: readonly OffsetPair[]): Promise<string> {
    return this.#change(
      life,
      "altered",
      () => entriesOf(pairs),
      (entries) => this.#context.offsets.write(new Map([[life.name, entries]]), true),
    );
  }

  /** Forgets all offsets, however many there are none of. */
  reset(life: ConnectorLife): Promise<string> {
    const all = () => this.#context.journal.offsets(life.name).map(([partition]) => [partition, null] as const);
    return this.#change(life, "reset", all, () => this.#context.offsets.clear(life.name));
  }

  /** One after the other for each connector, and nothing of the connector starts meanwhile. */
  #change(
    life: ConnectorLife,
    done: "altered" | "reset",
    entries: () => readonly OffsetEntry[],
    store: (entries: readonly OffsetEntry[]) => void,
  ): Promise<string> {
    return this.#turns.take(life.name, async () => {
      if (life.target !== "STOPPED") throw notStopped(life.name);
      refuseSink(life, "change");
      const release = life.hold();
      try {
        // Tasks that are still stopping send their last offsets: these must not come after what the user wants.
        await life.tasksGone();
        this.#flush();
        const changes = entries();
        const isByConnector = await this.#ask(life, changes);
        store(changes); // Invariant 4
        return changeMessage(done, isByConnector);
      } finally {
        release();
      }
    });
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
      throw hookError(life.name, error);
    }
  }
}

function refuseSink(life: ConnectorLife, act: "read" | "change"): void {
  if (life.kind !== "sink") return;
  throw new WorkerError(
    "internal",
    `Cannot ${act} the offsets of sink connector ${life.name}, as this version runs source connectors only`,
  );
}
