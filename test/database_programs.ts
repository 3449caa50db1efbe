/** Where the programs of database servers are on this machine: how to make a data folder, how to start the server. */
import type { DatabaseKind } from "./databases.ts";
import { exists } from "./checks/repository.ts";

/** A program and its first arguments. */
export type Program = readonly [command: string, ...args: string[]];

/** What it takes to run a server in a folder. */
export interface ServerPrograms {
  /** Makes the folder's `data` ready, once. */
  install(folder: string): Program;
  /** Runs until it gets a signal; listens on loopback only. */
  serve(folder: string, port: number): Program;
  /** Whether the folder has to belong to an unprivileged user, as the server refuses to run as root. */
  readonly refusesRoot: boolean;
  /** What the server's log says once it answers. */
  readonly isReady: RegExp;
}

/** Both programs of PostgreSQL and MySQL lie in folders of their own. */
const POSTGRES_BASE = "/usr/lib/postgresql";
/** Nobody's ids on Debian. */
const NOBODY = "65534";

/** The programs of that kind, or why there are none. */
export function serverPrograms(kind: DatabaseKind): ServerPrograms | { readonly missing: string } {
  switch (kind) {
    case "mariadb":
      return mariadb();
    case "mysql":
      return mysql();
    case "postgres":
      return postgres();
  }
}

/** Whether tests run as root. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

/** The same program without root's rights. */
export function asNobody(program: Program): Program {
  return isRoot() ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...program] : program;
}

function mariadb(): ServerPrograms | { readonly missing: string } {
  const server = onPath("mariadbd");
  const install = onPath("mariadb-install-db");
  if (server === undefined || install === undefined) return { missing: "MariaDB is not installed" };
  const user = isRoot() ? ["--user=root"] : [];
  return {
    refusesRoot: false,
    isReady: /ready for connections/,
    install: (folder) => [
      install,
      "--no-defaults",
      ...user,
      `--datadir=${folder}/data`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ],
    serve: (folder, port) => [
      server,
      "--no-defaults",
      ...user,
      `--datadir=${folder}/data`,
      `--init-file=${folder}/start.sql`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      `--socket=${folder}/s`,
      "--character-set-server=utf8mb4",
      "--default-time-zone=+00:00",
      "--innodb-buffer-pool-size=256M",
    ],
  };
}

/** A MySQL that `.ci/mysql` fetched comes with the C library and the loader it needs. */
function mysql(): ServerPrograms | { readonly missing: string } {
  const root = `${Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`}/sluice/mysql`;
  if (!exists(`${root}/complete`)) return { missing: "MySQL is not there; .ci/mysql fetches it" };
  const multiarch = Deno.readTextFileSync(`${root}/multiarch`).trim();
  const libraries = `${root}/usr/lib/${multiarch}`;
  const loader = [...Deno.readDirSync(libraries)].map((entry) => entry.name).find((name) => /^ld-linux.*\.so/.test(name));
  if (loader === undefined) return { missing: `No loader in ${libraries}` };
  const base: Program = [`${libraries}/${loader}`, "--library-path", libraries, `${root}/usr/sbin/mysqld`, "--no-defaults"];
  const settings = (folder: string) => [
    ...isRoot() ? ["--user=root"] : [],
    `--basedir=${root}/usr`,
    `--datadir=${folder}/data`,
    `--lc-messages-dir=${root}/usr/share/mysql`,
    `--character-sets-dir=${root}/usr/share/mysql/charsets`,
    `--plugin-dir=${root}/usr/lib/mysql/plugin`,
    "--secure-file-priv=NULL",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=256M",
    "--disable-log-bin",
  ];
  return {
    refusesRoot: false,
    isReady: /ready for connections\. Version/,
    install: (folder) => [...base, ...settings(folder), "--initialize-insecure"],
    serve: (folder, port) => [
      ...base,
      ...settings(folder),
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      "--mysqlx=OFF",
      "--skip-name-resolve",
      `--socket=${folder}/s`,
      `--init-file=${folder}/start.sql`,
    ],
  };
}

function postgres(): ServerPrograms | { readonly missing: string } {
  const versions = exists(POSTGRES_BASE) ? [...Deno.readDirSync(POSTGRES_BASE)].map((entry) => Number(entry.name)) : [];
  const bin = `${POSTGRES_BASE}/${Math.max(0, ...versions.filter((version) => Number.isInteger(version)))}/bin`;
  if (!exists(`${bin}/postgres`) || !exists(`${bin}/initdb`)) return { missing: "PostgreSQL is not installed" };
  return {
    refusesRoot: true,
    isReady: /database system is ready to accept connections/,
    install: (folder) =>
      asNobody([`${bin}/initdb`, "-D", `${folder}/data`, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]),
    serve: (folder, port) =>
      asNobody([
        `${bin}/postgres`,
        "-D",
        `${folder}/data`,
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-c",
        "unix_socket_directories=",
        "-c",
        "timezone=UTC",
        "-c",
        "shared_buffers=256MB",
      ]),
  };
}

function onPath(name: string): string | undefined {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => `${folder}/${name}`).find(exists);
}
