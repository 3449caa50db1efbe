import { ConfigError } from "sdk";
import type { Dialect } from "./dialect.ts";
import { subprotocol } from "./jdbc_url.ts";

/**
 * The dialect a config means: that of `dialect.name`, letter case aside, or where it is blank the one for the URL. Throws a `ConfigError`
 * where there is none, a `ConnectError` for what is no JDBC URL.
 */
export function chooseDialect(dialects: readonly Dialect[], name: string, url: string): Dialect {
  const wanted = name.trim();
  const inUrl = subprotocol(url);
  const found = wanted === ""
    ? dialects.find((dialect) => dialect.subprotocols.includes(inUrl))
    : dialects.find((dialect) => dialect.name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  const all = dialects.map((dialect) => dialect.name).join(", ");
  if (wanted !== "") throw new ConfigError(`Unable to find dialect with name '${wanted}' in the available dialects: [${all}]`);
  // Where passwords stand in URLs of other databases is not known here. Invariant 5
  const shown = /^[a-z0-9+.-]+$/.test(inUrl) ? `jdbc:${inUrl}:…` : "jdbc:…";
  throw new ConfigError(`No suitable driver found for ${shown}: the databases served are those of ${all}`);
}
