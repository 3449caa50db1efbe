/** `sluice setup`: puts a librdkafka into the user's cache folder, once, and says what it did. Other commands call `ensureLibrary`. */
import { cachedLibrary, checkVersion, LibraryError, locateLibrary, thisMachine, versionText } from "../kafka/library.ts";
import type { LibraryPlaces } from "../kafka/library.ts";
import { LIBRARY_SOURCES } from "./library_sources.ts";
import type { LibrarySource, SetupTools } from "./library_sources.ts";
import { realTools } from "./setup_tools.ts";

/** Takes one line of progress for the user. */
export type Report = (line: string) => void;

/** What `setup` works with; a test gives its own. */
export interface SetupOptions {
  /** Triple to obtain the library for; default: this machine. Another one is fetched, not opened. */
  readonly target?: string;
  readonly places?: LibraryPlaces;
  readonly tools?: SetupTools;
  readonly sources?: readonly LibrarySource[];
}

const usage = `Usage: deno task setup [--target TRIPLE]

Obtains librdkafka, the Kafka client library, and keeps it in the user's cache folder. Done once; quick and offline after that.
SLUICE_LIBRDKAFKA=PATH names a library of your own instead.
--target fetches the one for another platform, as "deno compile --target" names it.
`;

/** The command `setup`. Returns the exit code: 0, 2 for a wrong argument, 3 when no library could be had. */
export async function runSetup(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    print(usage);
    return 0;
  }
  const target = targetArgument(args);
  if (target === null) {
    complain(usage);
    return 2;
  }
  try {
    await setup((line) => print(`${line}\n`), target === undefined ? {} : { target });
    return 0;
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    complain(`${error.message}\n`);
    return 3;
  }
}

/** The path of this machine's librdkafka; obtains it first, with progress on stderr, when it is missing. Takes under a millisecond when it is there. */
export async function ensureLibrary(report: Report = (line) => complain(`${line}\n`)): Promise<string> {
  return locateLibrary() ?? await setup(report);
}

/**
 * Makes sure there is a library and returns its path. The first source that yields one which opens and is new enough wins. Two
 * setups at once are safe: the second waits for the first and finds its file; a file appears whole or not at all.
 */
export async function setup(report: Report, options: SetupOptions = {}): Promise<string> {
  const places = options.places ?? thisMachine;
  const tools = options.tools ?? realTools;
  const target = options.target ?? places.target;
  const named = target === places.target && places.env("SLUICE_LIBRDKAFKA");
  const present = target === places.target ? locateLibrary(places) : fileOrNothing(cachedLibrary(target, places), places);
  if (present !== undefined) {
    if (named) checkNamed(present, tools);
    report(named ? `librdkafka is the one SLUICE_LIBRDKAFKA names: ${present}` : `librdkafka is in place: ${present}`);
    return present;
  }
  const path = cachedLibrary(target, places);
  await makeFolder(parent(path));
  using lock = await Deno.open(`${parent(path)}/.lock`, { create: true, write: true });
  await lock.lock(true);
  if (places.isFile(path)) {
    report(`librdkafka is in place, another setup has just put it there: ${path}`);
    return path;
  }
  await obtain({ target, path, tools, sources: options.sources ?? LIBRARY_SOURCES }, report);
  return path;
}

/** A library the user chose is opened here, so that a wrong one is told of now and not by a task. */
function checkNamed(path: string, tools: SetupTools): void {
  let version: number;
  try {
    version = tools.inspect(path).version;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LibraryError(`Cannot use SLUICE_LIBRDKAFKA "${path}": ${reason}`, { cause });
  }
  checkVersion(version, path);
}

interface Job {
  readonly target: string;
  readonly path: string;
  readonly tools: SetupTools;
  readonly sources: readonly LibrarySource[];
}

/** The sources one after the other, each with its time and, if it has nothing, its reason. */
async function obtain(job: Job, report: Report): Promise<void> {
  const refusals: string[] = [];
  report(`Getting librdkafka, the Kafka client library, for ${job.target} …`);
  for (const source of job.sources) {
    const started = job.tools.now();
    const reason = await attempt(source, job, report);
    const seconds = ((job.tools.now() - started) / 1000).toFixed(1);
    if (reason === undefined) {
      report(`librdkafka from ${source.title}, in ${seconds} s: ${job.path}`);
      return;
    }
    refusals.push(`${source.title}: ${reason}`);
    report(`  not from ${source.title} (${seconds} s): ${reason}`);
  }
  throw new LibraryError(
    `Cannot get librdkafka for ${job.target}; set SLUICE_LIBRDKAFKA to the path of one, or make one of these possible:\n- ${
      refusals.join("\n- ")
    }`,
  );
}

/** One source tried out; undefined when the library is in place, else the reason. */
async function attempt(source: LibrarySource, job: Job, report: Report): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-setup-" });
  try {
    const obtained = await source.obtain(job.target, folder, job.tools, report);
    if (!(obtained instanceof Uint8Array)) return obtained.reason;
    return await install(obtained, job, report);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Written beside its place, tried out, then renamed: whoever looks sees no file or a whole one. */
async function install(bytes: Uint8Array, job: Job, report: Report): Promise<string | undefined> {
  const draft = `${parent(job.path)}/.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeFile(draft, bytes, { mode: 0o755 });
    if (job.target === job.tools.host) {
      const { version, features } = job.tools.inspect(draft);
      checkVersion(version, draft);
      report(`  librdkafka ${versionText(version)} with ${features}`);
      if (!features.split(",").includes("ssl")) {
        report("  it was built without OpenSSL: brokers that ask for TLS cannot be reached with it");
      }
    }
    await Deno.rename(draft, job.path);
    return undefined;
  } catch (error) {
    await Deno.remove(draft).catch(() => undefined); // Not there when the write itself failed; that error is the one to tell.
    return error instanceof Error ? error.message : String(error);
  }
}

/** undefined: none given; null: not understood. */
function targetArgument(args: readonly string[]): string | undefined | null {
  const [first, second, ...more] = args;
  if (first === undefined) return undefined;
  if (first.startsWith("--target=") && second === undefined) return first.slice("--target=".length);
  return first === "--target" && second !== undefined && more.length === 0 ? second : null;
}

/** A home that cannot be written is common in containers; the message says which variable moves the cache. */
async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw new LibraryError(
      `Cannot make the folder "${path}" for librdkafka: ${
        cause instanceof Error ? cause.message : cause
      }; set XDG_CACHE_HOME to one that can be written`,
      { cause },
    );
  }
}

function fileOrNothing(path: string, places: LibraryPlaces): string | undefined {
  return places.isFile(path) ? path : undefined;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function complain(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
