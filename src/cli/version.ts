import config from "../../deno.json" with { type: "json" };

/** Our own version. What `GET /` calls `version` is that of the API followed. */
export const VERSION: string = config.version;
/** The release of Kafka Connect whose API this is; clients parse it. */
export const API_VERSION = "4.2.0";
/** What `GET /` calls `commit`: our own build. */
export const BUILD: string = `sluice-${VERSION}`;
