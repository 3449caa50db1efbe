import assert from "node:assert/strict";
import { type ArrowTable, cycles, type Sources, wrongImports } from "./arrows.ts";
import { ourImportMap, ourSources } from "./repository.ts";
import { codeOnly, forbiddenIn, importsOf } from "./source_scan.ts";

/** "There is a config type, but not here": TypeScript has no existential type, and `unknown` does not fit where a function takes the config. */
const HIDDEN_TYPE = "a list of definitions forgets the config type of each";

/** What the rules forbid and one place may do all the same, each with its reason. */
const WAIVED: Readonly<Record<string, string>> = {
  "src/config/field.ts any": HIDDEN_TYPE,
  "src/sdk/converter.ts any": HIDDEN_TYPE,
  "src/sdk/sink.ts any": HIDDEN_TYPE,
  "src/sdk/source.ts any": HIDDEN_TYPE,
};

/** Which room may import which, besides itself. `"*"` = all but `test` and `main.ts`. `deno.json` is no room, but holds the version. */
const TABLE: ArrowTable = {
  base: [],
  data: ["base"],
  config: ["base"],
  bytes: ["data", "base"],
  sdk: ["data", "config", "bytes", "base"],
  converters: ["sdk"],
  transforms: ["sdk"],
  connectors: ["sdk"],
  registry: ["connectors", "sdk"],
  link: ["data", "config", "base"],
  worker: ["link", "sdk", "data", "config", "base"],
  host: ["link", "sdk", "data", "config", "base"],
  rest: ["worker", "config", "base"],
  kafka: ["base"],
  store: ["base"],
  cli: rooms("base data config bytes sdk converters transforms connectors registry link worker host rest kafka store deno.json"),
  test: ["*", "main.ts"],
  "main.ts": ["*"],
};

function rooms(names: string): string[] {
  return names.split(" ");
}

function files(entries: Readonly<Record<string, string>>): Sources {
  return new Map(Object.entries(entries));
}

const SDK = { sdk: "./src/sdk/mod.ts", hono: "npm:hono@4.13.19" };

Deno.test("imports follow the table of rooms", () => {
  assert.deepEqual(wrongImports(ourSources(), TABLE, ourImportMap()), []);
});

Deno.test("imports lead no file back to itself", () => {
  assert.deepEqual(cycles(ourSources(), ourImportMap()), []);
});

Deno.test("sources hold no console, no any, no ! assertion and no import of a computed name, but for what has a reason", () => {
  const found = [...ourSources()].flatMap(([path, source]) =>
    forbiddenIn(source).map(({ line, what }) => ({ place: `${path}:${line} ${what}`, waiver: `${path} ${what}` }))
  );
  assert.deepEqual(found.filter((each) => WAIVED[each.waiver] === undefined).map((each) => each.place), []);
  const waived = found.map((each) => each.waiver).sort();
  assert.deepEqual(waived, Object.keys(WAIVED).sort(), "each waiver stands for one place, and goes when that place goes");
});

Deno.test("import map pins every library to one version of npm", () => {
  for (const [name, target] of Object.entries(ourImportMap())) {
    assert.match(target, /^(?:\.\/|npm:(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(?:-[\w.]+)?(?:\/.*)?$)/, name);
  }
});

Deno.test("lock file holds nothing from jsr", () => {
  assert.doesNotMatch(Deno.readTextFileSync(new URL("../../deno.lock", import.meta.url)), /"jsr:/);
});

Deno.test("wrongImports() refuses an import between rooms that the table does not allow", () => {
  const wrong = wrongImports(
    files({ "src/kafka/producer.ts": 'import { Schema } from "../data/schema.ts";', "src/data/schema.ts": "" }),
    TABLE,
    SDK,
  );
  assert.deepEqual(wrong, ['src/kafka/producer.ts:1 imports "../data/schema.ts": "kafka" may not import "data"']);
});

Deno.test("wrongImports() refuses a type-only import as well", () => {
  const wrong = wrongImports(files({ "src/worker/a.ts": 'let x;\nimport type { B } from "../host/b.ts";' }), TABLE, SDK);
  assert.deepEqual(wrong, ['src/worker/a.ts:2 imports "../host/b.ts": "worker" may not import "host"']);
});

Deno.test("wrongImports() refuses jsr, inline npm and unknown libraries", () => {
  const source =
    'import "jsr:@std/fs"; import "npm:hono@4"; import h from "hono"; import "hono/client"; import c from "chalk"; import "node:fs";';
  const wrong = wrongImports(files({ "src/rest/app.ts": source }), TABLE, SDK);
  assert.deepEqual(wrong.map((sentence) => /"([^"]+)"/.exec(sentence)?.[1]), ["jsr:@std/fs", "npm:hono@4", "chalk"]);
});

Deno.test("wrongImports() refuses a connector's path into src where the alias sdk is meant", () => {
  const sources = files({ "connectors/file/source.ts": 'import { x } from "../../src/sdk/mod.ts";\nimport { y } from "sdk";' });
  assert.deepEqual(wrongImports(sources, TABLE, SDK), [
    'connectors/file/source.ts:1 imports "../../src/sdk/mod.ts": "connectors" reaches src/ through the alias "sdk" alone',
  ]);
});

Deno.test("wrongImports() lets connectors share a folder that defines no connector, and nothing else", () => {
  const sources = files({
    "connectors/jdbc/source.ts": 'import { q } from "../sql/quote.ts"; import { f } from "../file/source.ts";',
    "connectors/sql/quote.ts": "export const q = 1;",
    "connectors/file/source.ts": "export const f = defineSource({});",
  });
  const wrong = wrongImports(sources, TABLE, SDK);
  assert.deepEqual(wrong, ['connectors/jdbc/source.ts:1 imports "../file/source.ts": connectors/file is another connector']);
});

Deno.test("wrongImports() lets nobody but main.ts and tests import cli, nobody main.ts, nobody a test", () => {
  const sources = files({
    "main.ts": 'import "./src/cli/arguments.ts";',
    "src/cli/arguments.ts": 'import "../rest/app.ts"; import "../../main.ts";',
    "src/rest/app.ts": 'import "../cli/arguments.ts"; import "../../test/broker.ts";',
    "test/broker.ts": 'import "../main.ts"; import "../src/cli/arguments.ts";',
  });
  assert.deepEqual(wrongImports(sources, TABLE, SDK).map((sentence) => sentence.split(": ")[1]), [
    '"cli" may not import "main.ts"',
    '"rest" may not import "cli"',
    '"rest" may not import "test"',
  ]);
});

Deno.test("wrongImports() refuses a file in no room", () => {
  assert.deepEqual(wrongImports(files({ "src/loose.ts": "", "src/odd/x.ts": "" }), TABLE, SDK), [
    "src/loose.ts lies in no room of the table",
    "src/odd/x.ts lies in no room of the table",
  ]);
});

Deno.test("cycles() finds a way back through a type-only import", () => {
  const sources = files({
    "src/data/a.ts": 'import { b } from "./b.ts";',
    "src/data/b.ts": 'export * from "./c.ts";',
    "src/data/c.ts": 'export type A = import("./a.ts").A;',
    "src/data/d.ts": 'import "./a.ts";',
  });
  assert.deepEqual(cycles(sources, SDK), ["src/data/a.ts → src/data/b.ts → src/data/c.ts → src/data/a.ts"]);
});

Deno.test("importsOf() sees every form of import and none inside comments and text", () => {
  const source = [
    'import { a } from "./a.ts"; // import "./no.ts"',
    "import type {\n  B,\n} from './b.ts';",
    'const text = "import x from \\"./no.ts\\"", more = `import "./no.ts" ${await import("./c.ts")} from "./no.ts"`;',
    'const pattern = /import "x/; export * as d from "./d.ts";',
    '/* export * from "./no.ts" */ import "./e.ts";',
  ].join("\n");
  assert.deepEqual(importsOf(source).map((each) => each.specifier), ["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts"]);
});

Deno.test("codeOnly() keeps every offset and line", () => {
  const source = 'const a = "x\\"y"; // hm\nconst b = a / 2 / /[/"]/.exec(`${a}`)?.length;\n';
  const code = codeOnly(source);
  assert.equal(code.length, source.length);
  assert.equal(code, 'const a = "    ";      \nconst b = a / 2 /       .exec(`${a}`)?.length;\n');
});

Deno.test("forbiddenIn() names console, any and ! with their lines, and leaves look-alikes alone", () => {
  const bad = 'console.log("x");\nlet a: any;\nconst b = list[0]!.name;\nawait import(name);';
  assert.deepEqual(forbiddenIn(bad), [
    { line: 1, what: "console" },
    { line: 2, what: "any" },
    { line: 3, what: "! assertion" },
    { line: 4, what: "import of a computed name" },
  ]);
  const good = 'if (!a || b !== c) Promise.any([]); // any console.log\nconst order = { any: "any!" };';
  assert.deepEqual(forbiddenIn(good), []);
});
