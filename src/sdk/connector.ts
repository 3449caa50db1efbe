import type { AnySink } from "./sink.ts";
import type { AnySource } from "./source.ts";

/** Every kind of connector the registry may hold. */
export type ConnectorDefinition = AnySource | AnySink;
