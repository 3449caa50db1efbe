import assert from "node:assert/strict";
import { HELP, parseArguments, UsageError } from "../../../src/cli/arguments.ts";

Deno.test("parseArguments() leaves everything open when nothing is said", () => {
  const args = parseArguments([]);
  assert.equal(args.listen, undefined);
  assert.equal(args.embeddedKafka, undefined);
  assert.equal(args.workerFile, undefined);
  assert.deepEqual(args.connectorFiles, []);
});

Deno.test("parseArguments() takes every documented option", () => {
  const args = parseArguments(
    "--listen [::1]:0 --bootstrap-servers a:1,b:2 --embedded-kafka=127.0.0.1:0 --data /d --set a=b=c --set a=d --log-level DEBUG --log-format json w.properties c.json d.properties"
      .split(" "),
  );
  assert.deepEqual(args.listen, { host: "::1", port: 0 });
  assert.equal(args.bootstrapServers, "a:1,b:2");
  assert.deepEqual(args.embeddedKafka, { host: "127.0.0.1", port: 0 });
  assert.deepEqual([...args.set], [["a", "d"]]);
  assert.equal(args.logLevel, "debug");
  assert.equal(args.logFormat, "json");
  assert.equal(args.workerFile, "w.properties");
  assert.deepEqual(args.connectorFiles, ["c.json", "d.properties"]);
});

Deno.test("parseArguments() takes --embedded-kafka with and without an address", () => {
  assert.equal(parseArguments(["--embedded-kafka"]).embeddedKafka, "default");
  assert.deepEqual(parseArguments(["--embedded-kafka=:19092"]).embeddedKafka, { host: "0.0.0.0", port: 19092 });
});

Deno.test("parseArguments() takes a JSON file in first place as a connector, not as the worker's file", () => {
  const args = parseArguments(["one.json", "two.properties"]);
  assert.equal(args.workerFile, undefined);
  assert.deepEqual(args.connectorFiles, ["one.json", "two.properties"]);
});

Deno.test("parseArguments() refuses what it does not understand, naming option and value", () => {
  const refused: readonly (readonly [string[], RegExp])[] = [
    [["--nope"], /--nope/],
    [["--listen"], /listen/],
    [["--listen", "8083"], /--listen "8083" is not HOST:PORT/],
    [["--listen", "a:70000"], /"a:70000"/],
    [["--set", "novalue"], /--set "novalue" is not KEY=VALUE/],
    [["--log-level", "loud"], /--log-level "loud" is not one of trace, debug/],
    [["--log-format", "xml"], /--log-format "xml"/],
    [["--help=yes"], /help/],
  ];
  for (const [args, message] of refused) {
    assert.throws(() => parseArguments(args), (error) => error instanceof UsageError && message.test(error.message), args.join(" "));
  }
});

Deno.test("HELP names every option that parseArguments() takes", () => {
  const named = new Set([...HELP.matchAll(/--[a-z-]+/g)].map(([name]) => name));
  for (const name of ["listen", "bootstrap-servers", "embedded-kafka", "data", "set", "log-level", "log-format", "version", "help"]) {
    assert.ok(named.has(`--${name}`), name);
  }
});
