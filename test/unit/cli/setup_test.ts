import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { setup } from "../../../src/cli/setup.ts";
import type { LibrarySource, SetupTools } from "../../../src/cli/library_sources.ts";
import { LIBRARY_SOURCES } from "../../../src/cli/library_sources.ts";
import type { LibraryPlaces } from "../../../src/kafka/library.ts";

const linux = "x86_64-unknown-linux-gnu";
const library = new TextEncoder().encode("a library");

/** A machine of which only the cache folder is real. */
function machine(cache: string, env: Record<string, string> = {}): LibraryPlaces {
  const isFile = (path: string) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  };
  return { env: (name) => ({ XDG_CACHE_HOME: cache, ...env })[name], isFile, target: linux, embedded: undefined };
}

/** Tools that have nothing and reach nothing, unless said otherwise. */
function tools(changes: Partial<SetupTools> = {}): SetupTools {
  return {
    env: () => undefined,
    run: (command) => Promise.resolve({ code: 127, tail: `no ${command}` }),
    download: () => Promise.resolve({ reason: "github.com cannot be reached" }),
    inspect: () => ({ version: 0x021000ff, features: "gzip,ssl" }),
    now: () => 0,
    cores: 2,
    host: linux,
    ...changes,
  };
}

function source(title: string, obtained: Uint8Array | string, tried: string[] = []): LibrarySource {
  const answer = typeof obtained === "string" ? { reason: obtained } : obtained;
  return {
    title,
    obtain: () => {
      tried.push(title);
      return Promise.resolve(answer);
    },
  };
}

async function inCache(test: (cache: string) => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir();
  try {
    await test(cache);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

Deno.test("setup() asks its sources in order and stops at the first that has a library", () =>
  inCache(async (cache) => {
    const tried: string[] = [];
    const lines: string[] = [];
    const sources = [source("A", "not there", tried), source("B", library, tried), source("C", library, tried)];
    const path = await setup((line) => lines.push(line), { places: machine(cache), tools: tools(), sources });
    assert.deepEqual(tried, ["A", "B"]);
    assert.equal(path, `${cache}/sluice/librdkafka/${linux}/librdkafka.so`);
    assert.deepEqual(await Deno.readFile(path), library);
    assert.deepEqual(lines, [
      `Getting librdkafka, the Kafka client library, for ${linux} …`,
      "  not from A (0.0 s): not there",
      "  librdkafka 2.16.0 with gzip,ssl",
      `librdkafka from B, in 0.0 s: ${path}`,
    ]);
  }));

Deno.test("setup() asks no source the second time", () =>
  inCache(async (cache) => {
    const tried: string[] = [];
    const options = { places: machine(cache), tools: tools(), sources: [source("A", library, tried)] };
    const first = await setup(() => {}, options);
    assert.equal(await setup(() => {}, options), first);
    assert.deepEqual(tried, ["A"]);
  }));

Deno.test("setup() run twice at once obtains the library once", () =>
  inCache(async (cache) => {
    const tried: string[] = [];
    const options = { places: machine(cache), tools: tools(), sources: [source("A", library, tried)] };
    const paths = await Promise.all([setup(() => {}, options), setup(() => {}, options)]);
    assert.equal(paths[0], paths[1]);
    assert.deepEqual(tried, ["A"]);
  }));

Deno.test("setup() goes on to the next source when a library is too old or does not open", () =>
  inCache(async (cache) => {
    const lines: string[] = [];
    let inspected = 0;
    const inspect = () => {
      inspected++;
      if (inspected === 1) return { version: 0x020002ff, features: "" };
      if (inspected === 2) throw new Error("invalid ELF header");
      return { version: 0x021000ff, features: "ssl" };
    };
    const sources = [source("old", library), source("broken", library), source("good", library)];
    const path = await setup((line) => lines.push(line), { places: machine(cache), tools: tools({ inspect }), sources });
    assert.ok(lines.some((line) => /not from old .*Cannot use librdkafka 2\.0\.2/.test(line)), lines.join("\n"));
    assert.ok(lines.some((line) => /not from broken .*invalid ELF header/.test(line)), lines.join("\n"));
    const left = [...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))].map((entry) => entry.name).sort();
    assert.deepEqual(left, [".lock", "librdkafka.so"]);
  }));

Deno.test("setup() says of a library without OpenSSL that TLS is out of its reach", () =>
  inCache(async (cache) => {
    const lines: string[] = [];
    const inspect = () => ({ version: 0x021000ff, features: "gzip,lz4" });
    await setup((line) => lines.push(line), { places: machine(cache), tools: tools({ inspect }), sources: [source("A", library)] });
    assert.ok(lines.some((line) => line.includes("without OpenSSL")));
  }));

Deno.test("setup() lists every source's reason when none has a library", () =>
  inCache(async (cache) => {
    const sources = [source("A", "no net"), source("B", "no compiler")];
    await assert.rejects(setup(() => {}, { places: machine(cache), tools: tools(), sources }), {
      name: "LibraryError",
      message: `Cannot get librdkafka for ${linux}; set SLUICE_LIBRDKAFKA to the path of one, or make one of these possible:\n` +
        "- A: no net\n- B: no compiler",
    });
  }));

Deno.test("setup() takes the library SLUICE_LIBRDKAFKA names, if it is new enough", () =>
  inCache(async (cache) => {
    const mine = `${cache}/mine.so`;
    await Deno.writeFile(mine, library);
    const lines: string[] = [];
    const places = machine(cache, { SLUICE_LIBRDKAFKA: mine });
    assert.equal(await setup((line) => lines.push(line), { places, tools: tools(), sources: [] }), mine);
    assert.deepEqual(lines, [`librdkafka is the one SLUICE_LIBRDKAFKA names: ${mine}`]);
    const old = tools({ inspect: () => ({ version: 0x020002ff, features: "" }) });
    await assert.rejects(setup(() => {}, { places, tools: old, sources: [] }), /Cannot use librdkafka 2\.0\.2/);
    const inspect = () => {
      throw new Error("file too short");
    };
    await assert.rejects(setup(() => {}, { places, tools: tools({ inspect }), sources: [] }), {
      name: "LibraryError",
      message: `Cannot use SLUICE_LIBRDKAFKA "${mine}": file too short`,
    });
  }));

Deno.test("setup() fetches for another platform without opening it, whatever this machine has", () =>
  inCache(async (cache) => {
    const inspect = () => {
      throw new Error("must not be opened");
    };
    const places = machine(cache, { SLUICE_LIBRDKAFKA: "/not/asked" });
    const target = "aarch64-apple-darwin";
    const path = await setup(() => {}, { target, places, tools: tools({ inspect }), sources: [source("A", library)] });
    assert.equal(path, `${cache}/sluice/librdkafka/${target}/librdkafka.dylib`);
    assert.deepEqual(await Deno.readFile(path), library);
  }));

Deno.test("setup() names the folder it cannot make", () =>
  inCache(async (cache) => {
    await Deno.writeTextFile(`${cache}/sluice`, "a file where a folder must be");
    await assert.rejects(setup(() => {}, { places: machine(cache), tools: tools(), sources: [] }), {
      name: "LibraryError",
      message: /^Cannot make the folder ".*librdkafka.*" for librdkafka: .*; set XDG_CACHE_HOME/,
    });
  }));

Deno.test("LIBRARY_SOURCES says of each source why it has nothing on a bare machine without net", () =>
  inCache(async (cache) => {
    const lines: string[] = [];
    await assert.rejects(setup((line) => lines.push(line), { places: machine(cache), tools: tools(), sources: LIBRARY_SOURCES }));
    assert.deepEqual(lines.slice(1), [
      "  not from the binary of npm:@confluentinc/kafka-javascript@1.10.1 (0.0 s): github.com cannot be reached",
      "  not from the Python wheel confluent-kafka 2.16.1 (0.0 s): there is no pip on this machine",
      "  not from a build from the source in npm:@confluentinc/kafka-javascript@1.10.1 (0.0 s): there is no make on this machine",
    ]);
  }));

/** A tar archive of one file: a header block of text fields, then the bytes, filled up to 512. */
function tarOf(name: string, bytes: Uint8Array): Uint8Array {
  const tar = new Uint8Array(512 + Math.ceil(bytes.length / 512) * 512 + 1024);
  tar.set(new TextEncoder().encode(name), 0);
  tar.set(new TextEncoder().encode(bytes.length.toString(8).padStart(11, "0")), 124);
  tar[156] = 0x30;
  tar.set(bytes, 512);
  return tar;
}

Deno.test("LIBRARY_SOURCES takes the npm package's binary where it can be downloaded", () =>
  inCache(async (cache) => {
    const asked: string[] = [];
    const download: SetupTools["download"] = (url) => {
      asked.push(url);
      return Promise.resolve(gzipSync(tarOf("Release/confluent-kafka-javascript.node", library)));
    };
    const path = await setup(() => {}, { places: machine(cache), tools: tools({ download }), sources: LIBRARY_SOURCES });
    assert.deepEqual(await Deno.readFile(path), library);
    assert.deepEqual(asked, [
      "https://github.com/confluentinc/confluent-kafka-javascript/releases/download/v1.10.1/" +
      "confluent-kafka-javascript-v1.10.1-node-v115-linux-glibc-x64.tar.gz",
    ]);
  }));

Deno.test("LIBRARY_SOURCES refuses a wheel whose hash is not the pinned one", () =>
  inCache(async (cache) => {
    const lines: string[] = [];
    const run: SetupTools["run"] = async (command, _args, folder) => {
      if (command !== "pip3") return { code: 127, tail: "" };
      await Deno.writeTextFile(`${folder}/confluent_kafka.whl`, "tampered with");
      return { code: 0, tail: "" };
    };
    await assert.rejects(setup((line) => lines.push(line), { places: machine(cache), tools: tools({ run }), sources: LIBRARY_SOURCES }));
    assert.ok(lines.some((line) => /"confluent_kafka\.whl" has SHA-256 [0-9a-f]{64}, expected is 24f613cc/.test(line)), lines.join("\n"));
  }));
