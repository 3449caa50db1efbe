import type { StringMap } from "../config/field.ts";

/** Where the REST API listens. */
export interface Bound {
  readonly hostname: string;
  readonly port: number;
}

const WILDCARDS = new Set(["", "0.0.0.0", "::", "[::]"]);

/**
 * The worker's id, `host:port`, as statuses show it: what `rest.advertised.*` says, else where REST listens; an address that
 * stands for all interfaces is replaced by the machine's (Kafka Connect 4, RestServer.advertisedUrl).
 */
export function workerIdOf(properties: StringMap, bound: Bound, machineAddress: () => string): string {
  const host = properties["rest.advertised.host.name"]?.trim() || (WILDCARDS.has(bound.hostname) ? machineAddress() : bound.hostname);
  const port = properties["rest.advertised.port"]?.trim() || String(bound.port);
  return `${host}:${port}`;
}
