/** What the URLs of all databases have in common. What stands behind the subprotocol is each dialect's business. */
import { ConfigError, ConnectError } from "sdk";

/** A JDBC URL in two parts. */
export interface JdbcUrl {
  /** Small letters: `mysql`. */
  readonly subprotocol: string;
  /** All behind the second colon, as it was written. */
  readonly subname: string;
}

/** A parameter as it was written, white space and percent signs included. */
export interface UrlParameter {
  readonly name: string;
  readonly value: string;
}

/** Names operators forbid, separated by commas; case does not count (JDBC connector 10.9). */
const BLOCKED_VARIABLE = "JDBC_CONNECTION_URL_BLOCKED_PARAMS";

/** Takes a URL apart, as JDBC connector 10.9 does: no blanks in front, `jdbc` in small letters. Throws a ConnectError without its secrets. */
export function splitJdbcUrl(url: string): JdbcUrl {
  const [, subprotocol, subname] = /^jdbc:([^:]+):(.*)$/.exec(url) ?? [];
  if (subprotocol === undefined || subname === undefined) throw new ConnectError(`Not a valid JDBC URL: ${shownUrl(url)}`);
  return { subprotocol: subprotocol.toLowerCase(), subname };
}

/** Which kind of database a URL means, in small letters. Throws a ConnectError for what is no JDBC URL. */
export function subprotocol(url: string): string {
  return splitJdbcUrl(url).subprotocol;
}

/** A URL as it may be shown: `****` in the place of every password, wherever it stands (Invariant 5). */
export function shownUrl(url: string): string {
  return url
    .replace(/([?&;,(][^=&;,()?]*(?:password|passwd|secret|token)[^=&;,()?]*=)([^&;,)]*)/gi, "$1****")
    .replace(/^([^/?]*[^/?:])\/(?!\/)[^?]*(?=@)/, "$1/****") // Oracle's user/password@host
    .replace(/(\/\/|,)([^:@/?,()]*):(?:[^?]*(?=@[^@?]*(?:\?|$)))/g, (_, before: string, user: string) => `${before}${user}:****`);
}

/** `a=1&b=2` in its parts, in order. A name without `=` has an empty value. */
export function splitParameters(text: string): readonly UrlParameter[] {
  return text.split("&").filter((part) => part !== "").map((part) => {
    const equals = part.indexOf("=");
    return equals < 0 ? { name: part, value: "" } : { name: part.substring(0, equals), value: part.substring(equals + 1) };
  });
}

/** Text with its `%41` turned into letters; `+` stays. Throws a ConfigError that names `what`, not the text, for a broken one. */
export function decodePercent(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new ConfigError(
      `Cannot read ${what} in connection.url: a "%" must be followed by two hexadecimal digits; write "%" itself as "%25"`,
    );
  }
}

/**
 * Refuses parameters that the operator of this worker forbids, with the texts of JDBC connector 10.9. `blocked`: the list, by
 * default what the environment says.
 */
export function refuseBlocked(
  urlParameters: Iterable<string>,
  properties: Iterable<string>,
  blocked: string = Deno.env.get(BLOCKED_VARIABLE) ?? "",
): void {
  const names = new Set(blocked.split(",").map((name) => name.trim().toLowerCase()).filter((name) => name !== ""));
  if (names.size === 0) return;
  for (const name of urlParameters) {
    if (!names.has(name.toLowerCase())) continue;
    throw new ConfigError(
      `JDBC URL contains blocked connection parameter '${name}' which is not permitted by the Connect cluster's configured policy.`,
    );
  }
  for (const name of properties) {
    if (!names.has(name.toLowerCase())) continue;
    throw new ConfigError(`JDBC connection property '${name}' is not permitted by the Connect cluster's configured policy.`);
  }
}
