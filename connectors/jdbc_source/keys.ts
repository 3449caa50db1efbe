import type { ConfigOf } from "sdk";
import { connectorKeys, ownKeys } from "./connector_keys.ts";
import { databaseKeys } from "./database_keys.ts";
import { modeKeys } from "./mode_keys.ts";

/** Every key of the connector, in the order of JDBC connector 10.9, and our own behind them. */
export const config = { ...databaseKeys, ...modeKeys, ...connectorKeys, ...ownKeys };

/** A config that was read. */
export type Config = ConfigOf<typeof config>;
