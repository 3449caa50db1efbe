/** MySQL 5.7 and later, and MariaDB, by mysql2. */
import type { ConnectionOptions, Dialect, Session, SessionOptions, Target } from "./dialect.ts";
import { openLink } from "./mysql/link.ts";
import { setUpSession } from "./mysql/server_facts.ts";
import { MySqlSession } from "./mysql/session.ts";
import { type MySqlTarget, parseTarget } from "./mysql/target.ts";

/** The dialect of MySQL and MariaDB. Which of the two a server is, is asked when connecting. */
export const mysql: Dialect = {
  name: "MySqlDatabaseDialect",
  subprotocols: ["mysql", "mariadb"],
  isolationModes: ["READ_UNCOMMITTED", "READ_COMMITTED", "REPEATABLE_READ", "SERIALIZABLE"],

  target(options: ConnectionOptions): Target {
    return parseTarget(options);
  },

  async connect(target: Target, options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const ours = target as MySqlTarget; // made above: sessions are opened by the dialect that judged their URL
    const link = await openLink(ours, options, signal);
    const giveUp = () => link.cut();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return new MySqlSession({ link, target: ours, options, facts: await setUpSession(link, ours, options) });
    } catch (error) {
      link.cut();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  },
};
