import assert from "node:assert/strict";
import {
  cachedLibrary,
  checkVersion,
  LibraryError,
  type LibraryPlaces,
  locateLibrary,
  requireLibrary,
  versionText,
} from "../../../src/kafka/library.ts";

const linux = "x86_64-unknown-linux-gnu";

function places(env: Record<string, string>, files: readonly string[], embedded?: string): LibraryPlaces {
  return { env: (name) => env[name], isFile: (path) => files.includes(path), target: linux, embedded };
}

Deno.test("locateLibrary() takes what SLUICE_LIBRDKAFKA names before anything else", () => {
  const cached = "/home/a/.cache/sluice/librdkafka/x86_64-unknown-linux-gnu/librdkafka.so";
  assert.equal(locateLibrary(places({ HOME: "/home/a", SLUICE_LIBRDKAFKA: "/lib/mine.so" }, ["/lib/mine.so", cached])), "/lib/mine.so");
});

Deno.test("locateLibrary() refuses a SLUICE_LIBRDKAFKA that names no file, rather than taking another", () => {
  const given = places({ HOME: "/h", SLUICE_LIBRDKAFKA: "/nope.so" }, [
    "/h/.cache/sluice/librdkafka/x86_64-unknown-linux-gnu/librdkafka.so",
  ]);
  assert.throws(
    () => locateLibrary(given),
    new LibraryError(
      'Cannot use SLUICE_LIBRDKAFKA "/nope.so": it must name a librdkafka shared library, and there is no such file',
    ),
  );
});

Deno.test("locateLibrary() takes the cache folder before the file inside a compiled binary", () => {
  const cached = "/c/sluice/librdkafka/x86_64-unknown-linux-gnu/librdkafka.so";
  assert.equal(locateLibrary(places({ XDG_CACHE_HOME: "/c" }, [cached, "/in/librdkafka.so"], "/in")), cached);
  assert.equal(locateLibrary(places({ XDG_CACHE_HOME: "/c" }, ["/in/librdkafka.so"], "/in")), "/in/librdkafka.so");
});

Deno.test("locateLibrary() looks inside a compiled binary when there is no home", () => {
  assert.equal(locateLibrary(places({}, ["/in/librdkafka.so"], "/in")), "/in/librdkafka.so");
});

Deno.test("requireLibrary() says how to get a library when there is none", () => {
  assert.throws(() => requireLibrary(places({ HOME: "/h" }, [])), /run "deno task setup", or set SLUICE_LIBRDKAFKA/);
});

Deno.test("cachedLibrary() names the file as the target's system does", () => {
  const given = places({ HOME: "/h" }, []);
  assert.equal(cachedLibrary("aarch64-apple-darwin", given), "/h/.cache/sluice/librdkafka/aarch64-apple-darwin/librdkafka.dylib");
  assert.throws(() => cachedLibrary("x86_64-pc-windows-msvc", given), /Cannot look for librdkafka for "x86_64-pc-windows-msvc"/);
  assert.throws(() => cachedLibrary(linux, places({}, [])), /neither XDG_CACHE_HOME nor HOME is set/);
});

Deno.test("checkVersion() refuses a librdkafka older than 2.6 and says which is needed", () => {
  checkVersion(0x021000ff, "/x");
  checkVersion(0x02060000, "/x");
  assert.throws(() => checkVersion(0x020002ff, "/x"), /Cannot use librdkafka 2\.0\.2 at "\/x": at least 2\.6\.0 is needed/);
});

Deno.test("versionText() reads librdkafka's hexadecimal version", () => {
  assert.equal(versionText(0x020f01ff), "2.15.1");
});
