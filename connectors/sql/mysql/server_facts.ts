/** What a session asks and sets when it is opened. */
import type { SessionOptions } from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import type { Link } from "./link.ts";
import type { ServerLimits } from "./row_writer.ts";
import { textLiteral } from "./sql_text.ts";
import type { TextDefaults } from "./table_ddl.ts";
import type { MySqlTarget } from "./target.ts";

/** The server as this session finds it. */
export interface ServerFacts extends ServerLimits {
  /** `MariaDB 10.11.6`. */
  readonly product: string;
  readonly database: string | null;
  readonly connectionId: string;
  readonly hasAnsiQuotes: boolean;
  readonly hasBackslashEscapes: boolean;
  readonly textDefaults: TextDefaults;
}

/** Seconds by which the session's clock may be off the zone before somebody is told. */
const CLOCK_TOLERANCE_S = 90;

/** Sets the session up as the connector's config and Connector/J have it, and reads what the rest has to know. */
export async function setUpSession(link: Link, target: MySqlTarget, options: SessionOptions): Promise<ServerFacts> {
  // Values that do not fit must fail, not be cut: Connector/J's jdbcCompliantTruncation.
  const strict = "sql_mode = IF(@@sql_mode LIKE '%STRICT_%', @@sql_mode, CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES'))";
  const zone = target.sessionZone === null ? "" : `, time_zone = ${textLiteral(target.sessionZone, { hasBackslashEscapes: true })}`;
  await link.query(`SET NAMES utf8mb4, autocommit = 1, ${strict}${zone}`);
  for (const assignment of target.sessionVariables) await link.query(`SET ${assignment.startsWith("@") ? "" : "SESSION "}${assignment}`);
  const [row] = await link.query(
    "SELECT VERSION(), DATABASE(), CONNECTION_ID(), @@sql_mode, @@max_allowed_packet, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())",
  );
  if (row === undefined) throw new SqlError("Cannot set up the session: the server did not say what it is", { kind: "fatal" });
  const [version = "", database = null, connectionId, modes, maxPacket, offset] = row;
  warnOfZone(Number(offset), options);
  return {
    ...productFacts(version ?? ""),
    database,
    connectionId: connectionId ?? "0",
    ...modeFacts(modes ?? ""),
    maxPacketBytes: Number(maxPacket),
  };
}

function modeFacts(modes: string): Pick<ServerFacts, "hasAnsiQuotes" | "hasBackslashEscapes"> {
  const set = new Set(modes.split(","));
  return { hasAnsiQuotes: set.has("ANSI_QUOTES"), hasBackslashEscapes: !set.has("NO_BACKSLASH_ESCAPES") };
}

/** What follows from the version. MariaDB says its name in it, some behind a number of MySQL: `5.5.5-10.11.6-MariaDB`. */
export function productFacts(version: string): Pick<ServerFacts, "product" | "namesNewRow" | "textDefaults"> {
  const isMariaDb = /mariadb/i.test(version);
  const [number = "0"] = /\d+\.\d+\.\d+/.exec(version.replace(/^5\.5\.5-(?=\d)/, "")) ?? [];
  const isFrom = (minor: number, patch: number) => {
    const [a = 0, b = 0, c = 0] = number.split(".").map(Number);
    return a > 8 || (a === 8 && (b > minor || (b === minor && c >= patch)));
  };
  return {
    product: `${isMariaDb ? "MariaDB" : "MySQL"} ${number}`,
    namesNewRow: !isMariaDb && isFrom(0, 19),
    textDefaults: isMariaDb ? "literal" : isFrom(0, 13) ? "expression" : "none",
  };
}

/** Times of TIMESTAMP columns come in the session's zone and are read as those of `db.timezone`, as upstream does: who has two should know. */
function warnOfZone(sessionOffsetS: number, { zone, log }: SessionOptions): void {
  const zoneOffsetS = zone.offsetAt(Date.now()) / 1000;
  if (Math.abs(sessionOffsetS - zoneOffsetS) < CLOCK_TOLERANCE_S) return;
  log.warn(
    "The database's session is in another time zone than db.timezone says: times without a zone are read as those of db.timezone. " +
      "Set db.timezone to the database's zone, or connectionTimeZone with forceConnectionTimeZoneToSession=true in connection.url",
    { sessionOffsetMinutes: sessionOffsetS / 60, dbTimezoneOffsetMinutes: zoneOffsetS / 60 },
  );
}
