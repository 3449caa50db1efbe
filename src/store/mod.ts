/** The default home of everything a worker keeps: one SQLite file. */
export { SqliteConfigs } from "./configs.ts";
export { Database } from "./database.ts";
export type { Holder } from "./holder.ts";
export { SqliteOffsets } from "./offsets.ts";
export { SqliteStatuses } from "./statuses.ts";
export { StoreError, type StoreFault } from "./store_error.ts";
export { SqliteTopics } from "./topics.ts";
