import assert from "node:assert/strict";
import type { StringMap } from "../../../src/config/field.ts";
import { javaRegex } from "../../../src/config/java_regex.ts";
import { createPlugins } from "../../../src/worker/plugins.ts";
import { validateRequest, type ValidationContext } from "../../../src/worker/validation.ts";
import { validation as onWire } from "../../../src/rest/wire.ts";
import { bodyText, httpSteps } from "../../captures/captured_http.ts";
import { compareJson } from "../../captures/compare.ts";
import { capturedPlugins } from "../../fakes/plugins.ts";

const context: ValidationContext = {
  plugins: createPlugins(capturedPlugins()),
  workerConfig: {},
  check: () => Promise.resolve([]),
  fullMatch: (regex, text) => Promise.resolve(javaRegex(regex).test(text)),
};

const CASES = [
  "validate/file-source-missing",
  "validate/file-sink",
  "validate/exactly-once",
  "validate/sink-group-conflict",
  "validate/predicates",
  "validate/smt-replacefield-value-a",
  "validate/smt-insertheader-h-1",
];

for (const name of CASES) {
  Deno.test(`validateRequest() answers ${name} as Kafka Connect did`, async () => {
    for (const step of httpSteps(name)) {
      const { request } = step;
      const plugin = decodeURIComponent(request.path.split("/")[2] ?? "");
      const answer = await validateRequest(plugin, JSON.parse(request.body ?? "{}") as StringMap, context);
      const found = compareJson(request.body ?? "", JSON.parse(bodyText(step)), onWire(answer) as unknown);
      assert.deepEqual(found.filter((difference) => difference.hard), []);
    }
  });
}
