import assert from "node:assert/strict";
import { defineSource, field } from "sdk";
import { generatedDocs } from "../../../src/cli/docs.ts";

const source = defineSource({
  class: "org.example.PipeSourceConnector",
  taskClass: "org.example.PipeSourceTask",
  version: "1.2.3",
  summary: "Reads pipes.",
  docs: { folder: "pipe", example: { "pipe.name": "p" }, notes: "A note." },
  config: {
    "pipe.name": field.string({ importance: "HIGH", doc: "Name, a|b." }),
    "pipe.size": field.int({ default: 5, importance: "LOW", doc: "Bytes." }),
    "pipe.note": field.string({ default: null, importance: "LOW", doc: "Text." }),
  },
  split: (_, raw) => [raw],
  start: () => ({ poll: () => null }),
});

Deno.test("generatedDocs() writes one page per folder from the definitions alone", () => {
  const [page, ...more] = generatedDocs([source, { ...source, class: "org.example.OtherSourceConnector" }]);
  assert.equal(more.length, 0);
  assert.equal(page?.path, "connectors/pipe/README.md");
  assert.match(page?.text ?? "", /# PipeSourceConnector[\s\S]*# OtherSourceConnector/);
  assert.match(page?.text ?? "", /\| `pipe.name` \| string \| \*required\* \| Name, a\\\|b\. \|/);
  assert.match(page?.text ?? "", /\| `pipe.size` \| int \| `5` \| Bytes\. \|/);
  assert.match(page?.text ?? "", /\| `pipe.note` \| string \| none \| Text\. \|/);
  assert.match(page?.text ?? "", /"connector.class": "org.example.PipeSourceConnector"/);
});
