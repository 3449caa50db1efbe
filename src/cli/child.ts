import { connectors } from "../../connectors/registry.ts";
import { systemClock } from "../base/clock.ts";
import { converters } from "../converters/mod.ts";
import { createHost } from "../host/mod.ts";
import { kafka } from "../kafka/mod.ts";
import { openChildChannel } from "../link/child_channel.ts";
import type { ConnectorDefinition } from "../sdk/mod.ts";

/**
 * A child that runs tasks, or connector code that may block: returns when the parent has said so, or is gone; the caller then exits.
 * `known`: default the registry's connectors.
 */
export async function runHostChild(known: readonly ConnectorDefinition[] = connectors): Promise<void> {
  const channel = openChildChannel();
  const host = createHost({
    connectors: known,
    converters,
    kafka,
    clock: systemClock,
    send: (message) => channel.send(message),
    memory: () => Deno.memoryUsage().rss,
  });
  for await (const message of channel.messages) {
    host.receive(message);
    if (message.do === "exit") return await host.stopped;
  }
}
