/** Where the librdkafka of this machine lies. Looking costs a few file stats; `cli/setup.ts` is what puts it there. */

/** Target triples Sluice runs on, as `deno compile --target` writes them, with what a shared library is called there. */
export const LIBRARY_NAMES: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "librdkafka.so",
  "aarch64-unknown-linux-gnu": "librdkafka.so",
  "x86_64-apple-darwin": "librdkafka.dylib",
  "aarch64-apple-darwin": "librdkafka.dylib",
};

/**
 * Oldest librdkafka that will do, as `rd_kafka_version()` writes it (0xMMmmrrpp): OAUTHBEARER/OIDC over TLS with PEM strings,
 * the mock broker's topic creation and idempotence fixes of 2.6 are relied on.
 */
export const OLDEST_VERSION = 0x02060000;

/** What the lookup reads of the machine; a test gives its own. */
export interface LibraryPlaces {
  env(name: string): string | undefined;
  isFile(path: string): boolean;
  /** Target triple of this process. */
  readonly target: string;
  /** Folder inside a compiled binary that holds the library, or undefined when run from source. */
  readonly embedded: string | undefined;
}

/** There is no librdkafka yet, or the one named cannot be used. The message says the way out. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
}

/** Folder below the root of the source tree that `compile` includes in the binary; git ignores it. */
export const EMBEDDED_FOLDER = ".cache/embedded";

/** This machine and this process. */
export const thisMachine: LibraryPlaces = {
  env: (name) => Deno.env.get(name),
  isFile(path) {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false; // Missing and unreadable are the same to a lookup; dlopen names the reason when it matters.
    }
  },
  target: Deno.build.target,
  embedded: Deno.build.standalone ? `${import.meta.dirname}/../../${EMBEDDED_FOLDER}` : undefined,
};

/** Name of the library's file on a target. Throws for a target that Sluice does not run on. */
export function libraryName(target: string): string {
  const name = LIBRARY_NAMES[target];
  if (name === undefined) {
    throw new LibraryError(
      `Cannot look for librdkafka for "${target}": known are ${Object.keys(LIBRARY_NAMES).join(", ")}; ` +
        `set SLUICE_LIBRDKAFKA to the path of a librdkafka of your own`,
    );
  }
  return name;
}

/** The file setup writes for a target: `$XDG_CACHE_HOME/sluice/librdkafka/<target>/`, with `~/.cache` when that is not set. */
export function cachedLibrary(target: string, places: LibraryPlaces = thisMachine): string {
  const cache = places.env("XDG_CACHE_HOME") || homeCache(places);
  return `${cache}/sluice/librdkafka/${target}/${libraryName(target)}`;
}

/**
 * The librdkafka to open, or undefined when `setup` has to obtain one: what SLUICE_LIBRDKAFKA names, then what setup left in the
 * user's cache folder, then what a compiled binary carries. Opens nothing.
 */
export function locateLibrary(places: LibraryPlaces = thisMachine): string | undefined {
  const named = places.env("SLUICE_LIBRDKAFKA");
  if (named) {
    if (places.isFile(named)) return named;
    throw new LibraryError(`Cannot use SLUICE_LIBRDKAFKA "${named}": it must name a librdkafka shared library, and there is no such file`);
  }
  return candidates(places).find((path) => places.isFile(path));
}

/** The same, or a sentence that says how to get one. */
export function requireLibrary(places: LibraryPlaces = thisMachine): string {
  const path = locateLibrary(places);
  if (path !== undefined) return path;
  throw new LibraryError('Cannot find librdkafka on this machine: run "deno task setup", or set SLUICE_LIBRDKAFKA to its path');
}

/** Refuses a librdkafka that is too old, with a sentence; `version` is what `rd_kafka_version()` returned. */
export function checkVersion(version: number, path: string): void {
  if (version >= OLDEST_VERSION) return;
  throw new LibraryError(
    `Cannot use librdkafka ${versionText(version)} at "${path}": at least ${versionText(OLDEST_VERSION)} is needed; ` +
      `unset SLUICE_LIBRDKAFKA and run "deno task setup"`,
  );
}

/** `0x021000ff` as `2.16.0`. */
export function versionText(version: number): string {
  return `${version >>> 24}.${(version >>> 16) & 0xff}.${(version >>> 8) & 0xff}`;
}

function candidates(places: LibraryPlaces): string[] {
  const paths: string[] = [];
  if (places.env("XDG_CACHE_HOME") || places.env("HOME")) paths.push(cachedLibrary(places.target, places));
  if (places.embedded !== undefined) paths.push(`${places.embedded}/${libraryName(places.target)}`);
  return paths;
}

function homeCache(places: LibraryPlaces): string {
  const home = places.env("HOME");
  if (home) return `${home}/.cache`;
  throw new LibraryError("Cannot choose a folder for librdkafka: neither XDG_CACHE_HOME nor HOME is set");
}
