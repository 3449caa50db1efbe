import assert from "node:assert/strict";
import { connectors } from "../../connectors/registry.ts";
import { staleDocs } from "../../src/cli/docs_command.ts";

Deno.test("connectors/*/README.md are what `deno task docs` writes", () => {
  assert.deepEqual(staleDocs().map(({ path }) => path), [], "run `deno task docs` and commit what it wrote");
});

Deno.test("every connector of the registry has a page", () => {
  assert.deepEqual(connectors.filter((connector) => connector.docs === undefined).map((connector) => connector.class), []);
});
