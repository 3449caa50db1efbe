/** The databases there are. A driver is loaded when a task first connects, so that nobody carries the others. */
import type { Dialect } from "./dialect.ts";
import { mysql } from "./mysql.ts";
import { postgres } from "./postgres.ts";
import { sqlite } from "./sqlite.ts";

/** All dialects, in the order messages list them. */
export const dialects: readonly Dialect[] = [mysql, postgres, sqlite];
