/** Where `setup` can get librdkafka from. The order of `LIBRARY_SOURCES` is the order of attempts: quickest and best pinned first. */
import { LIBRARY_NAMES } from "../kafka/library.ts";
import { fromTarGz, fromZip } from "./archive.ts";

/** The npm package Sluice depends on for librdkafka: its prebuilt binary, or its source (librdkafka 2.15.1). */
export const NPM_PACKAGE = { name: "@confluentinc/kafka-javascript", version: "1.10.1" } as const;

/** The Python wheel that carries a self-contained librdkafka 2.16.0 with TLS, SASL, zstd and lz4. */
export const WHEEL = { name: "confluent-kafka", version: "2.16.1" } as const;

/** What came of running a program. */
export interface RunResult {
  /** Exit code; 127 when there is no such program. */
  readonly code: number;
  /** Its last lines, for a message. */
  readonly tail: string;
}

/** The outside world of setup: programs, the net, time. A test gives fakes. */
export interface SetupTools {
  env(name: string): string | undefined;
  /** Runs a program to its end; `line` is called with each line it prints. Never throws for a program that is missing or fails. */
  run(command: string, args: readonly string[], folder: string, line?: (text: string) => void): Promise<RunResult>;
  /** The bytes at an address, or the reason why not. Gives up after 4 s without an answer. */
  download(url: string): Promise<Uint8Array | { readonly reason: string }>;
  /** Opens the library and says what it is; throws when it cannot be opened. */
  inspect(path: string): { readonly version: number; readonly features: string };
  now(): number;
  readonly cores: number;
  /** Triple of the machine setup runs on. */
  readonly host: string;
}

/** The library's bytes, or why this source has none; the reason is shown to the user. */
export type Obtained = Uint8Array | { readonly reason: string };

/** One place to get a library from. `folder` is an empty scratch folder, removed afterwards. */
export interface LibrarySource {
  readonly title: string;
  obtain(target: string, folder: string, tools: SetupTools, report: (line: string) => void): Promise<Obtained>;
}

/** The wheel's file per target: platform tag for pip, and the SHA-256 that PyPI publishes for it. */
const WHEELS: Readonly<Record<string, { readonly platform: string; readonly sha256: string }>> = {
  "x86_64-unknown-linux-gnu": {
    platform: "manylinux_2_28_x86_64",
    sha256: "24f613cc81a856b6fbb2d7d11044a9aa770044eecc1f83ff84618688b056be06",
  },
  "aarch64-unknown-linux-gnu": {
    platform: "manylinux_2_28_aarch64",
    sha256: "c012a1d74f95e91c9c43f0aa996d5fea8582397144c1f96b553f24b594afa7c6",
  },
  "x86_64-apple-darwin": {
    platform: "macosx_10_9_x86_64",
    sha256: "6e089a1f561ad08faee2c27f5b3c17de24761880945d1ac2c327c5e245c719ab",
  },
  "aarch64-apple-darwin": {
    platform: "macosx_11_0_arm64",
    sha256: "8b8a8d34d5e6586997606e7e6f07885330f45b05580f4e77eb275b7b5d3a7eda",
  },
};

/**
 * The addon that the npm package's own installer would download. Fetched here and not through its install script, because that
 * script turns to a build of several minutes, without a word, when the host cannot be reached.
 */
const npmBinary: LibrarySource = {
  title: `the binary of npm:${NPM_PACKAGE.name}@${NPM_PACKAGE.version}`,
  async obtain(target, _folder, tools) {
    const [arch, , system] = target.split("-");
    const platform = system === "darwin" ? "darwin-unknown" : "linux-glibc";
    // The addon is only opened for its librdkafka, so any Node ABI does; 115 is Node 20.
    const file = `confluent-kafka-javascript-v${NPM_PACKAGE.version}-node-v115-${platform}-${arch === "aarch64" ? "arm64" : "x64"}.tar.gz`;
    const bytes = await tools.download(
      `https://github.com/confluentinc/confluent-kafka-javascript/releases/download/v${NPM_PACKAGE.version}/${file}`,
    );
    if (!(bytes instanceof Uint8Array)) return bytes;
    return fromTarGz(bytes, (name) => name.endsWith("/confluent-kafka-javascript.node")) ?? { reason: "its archive holds no addon" };
  },
};

/** One self-contained file out of the wheel, for whichever Python: the library in it does not depend on Python. */
const pythonWheel: LibrarySource = {
  title: `the Python wheel ${WHEEL.name} ${WHEEL.version}`,
  async obtain(target, folder, tools) {
    const wheel = WHEELS[target];
    if (wheel === undefined) return { reason: `there is none for ${target}` };
    const failure = await pipDownload(wheel.platform, folder, tools);
    if (failure !== undefined) return failure;
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.name.endsWith(".whl")) continue;
      const bytes = await Deno.readFile(`${folder}/${entry.name}`);
      const found = await sha256(bytes);
      if (found !== wheel.sha256) return { reason: `"${entry.name}" has SHA-256 ${found}, expected is ${wheel.sha256}` };
      return fromZip(bytes, (name) => /\/librdkafka[^/]*\.(so[.\d]*|dylib)$/.test(name)) ?? { reason: "it holds no librdkafka" };
    }
    return { reason: "pip left no wheel behind" };
  },
};

/** The C source in the npm package, compiled here. About a minute on two cores; needs a C compiler and make. */
const npmSource: LibrarySource = {
  title: `a build from the source in npm:${NPM_PACKAGE.name}@${NPM_PACKAGE.version}`,
  async obtain(target, folder, tools, report) {
    if (target !== tools.host) return { reason: `a build serves this machine (${tools.host}) only` };
    for (const tool of ["make", "cc"]) {
      if ((await tools.run(tool, ["--version"], folder)).code !== 0) return { reason: `there is no ${tool} on this machine` };
    }
    await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ dependencies: { [NPM_PACKAGE.name]: NPM_PACKAGE.version } }));
    const install = await tools.run(denoCommand(), ["install", "--node-modules-dir=auto", "--no-lock"], folder);
    if (install.code !== 0) return { reason: `npm has no answer: ${install.tail}` };
    // Copied, because node_modules may be hard links into Deno's cache and configure writes beside the sources.
    const copy = await tools.run("cp", ["-RL", `node_modules/${NPM_PACKAGE.name}/deps/librdkafka`, "build"], folder);
    if (copy.code !== 0) return { reason: copy.tail };
    return await compile(`${folder}/build`, target, tools, report);
  },
};

/** In the order they are tried. */
export const LIBRARY_SOURCES: readonly LibrarySource[] = [npmBinary, pythonWheel, npmSource];

async function pipDownload(platform: string, folder: string, tools: SetupTools): Promise<{ readonly reason: string } | undefined> {
  const args = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--python-version=3.11"];
  args.push("--implementation=cp", "--abi=cp311", `--platform=${platform}`, "--dest=.", `${WHEEL.name}==${WHEEL.version}`);
  let failure: RunResult | undefined;
  for (const [command, ...before] of [["pip3"], ["pip"], ["python3", "-m", "pip"]] as const) {
    const result = await tools.run(command, [...before, ...args], folder);
    if (result.code === 0) return undefined;
    // A pip that is there and fails is told of; a Python without pip says so itself, which is as good as none.
    if (result.code !== 127 && !result.tail.includes("No module named pip")) failure = result;
  }
  return { reason: failure === undefined ? "there is no pip on this machine" : `pip says: ${failure.tail}` };
}

async function compile(folder: string, target: string, tools: SetupTools, report: (line: string) => void): Promise<Obtained> {
  report("  configuring (a few seconds) …");
  const configured = await tools.run("./configure", [], folder);
  if (configured.code !== 0) return { reason: `configure says: ${configured.tail}` };
  const library = (LIBRARY_NAMES[target] as string).endsWith(".dylib") ? "librdkafka.1.dylib" : "librdkafka.so.1";
  const total = await countSources(`${folder}/src`);
  let compiled = 0;
  const built = await tools.run("make", ["-C", "src", `-j${tools.cores}`, library], folder, (line) => {
    if (!/ -c \S+\.c/.test(line)) return;
    compiled++;
    if (compiled % 20 === 0) report(`  compiled ${compiled} of about ${total} files …`);
  });
  if (built.code !== 0) return { reason: `make says: ${built.tail}` };
  await tools.run("strip", ["-x", library], `${folder}/src`); // 14 MB become 3; the library works without, so a missing strip is no matter.
  return await Deno.readFile(`${folder}/src/${library}`);
}

async function countSources(folder: string): Promise<number> {
  let count = 0;
  for await (const entry of Deno.readDir(folder)) if (entry.name.endsWith(".c")) count++;
  return count;
}

/** In a compiled binary `Deno.execPath()` is Sluice itself. */
function denoCommand(): string {
  return Deno.build.standalone ? "deno" : Deno.execPath();
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
