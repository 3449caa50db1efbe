import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJaas } from "../../../src/kafka/jaas.ts";

Deno.test("parseJaas() reads the line of Kafka's documentation", () => {
  const entry = parseJaas(
    'org.apache.kafka.common.security.plain.PlainLoginModule required \\\n username="alice" \\\n password="alice-secret";'.replaceAll(
      "\\\n",
      "",
    ),
  );
  assert.equal(entry.module, "PlainLoginModule");
  assert.deepEqual([...entry.options], [["username", "alice"], ["password", "alice-secret"]]);
});

Deno.test("parseJaas() keeps what a backslash stands before, and semicolons and equals signs inside quotes", () => {
  const entry = parseJaas(String.raw`a.ScramLoginModule required username='u' password="p\"q\\r;s=t" tokenauth=true;`);
  assert.deepEqual([...entry.options], [["username", "u"], ["password", 'p"q\\r;s=t'], ["tokenauth", "true"]]);
});

Deno.test("parseJaas() gives any password back as it was quoted", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (password) => {
    const quoted = password.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll(
      "\t",
      "\\t",
    );
    assert.equal(parseJaas(`x.PlainLoginModule required username="u" password="${quoted}";`).options.get("password"), password);
  }));
});

for (
  const [fault, text, message] of [
    ["an empty text", "", /it must read: login module class/],
    ["a missing flag", 'x.PlainLoginModule username="u";', /the word after the login module class must be "required"/],
    ["a missing semicolon", 'x.PlainLoginModule required username="hush"', /must end with a semicolon/],
    ["an open quote", 'x.PlainLoginModule required username="hush;', /the quote at character 38 must be closed/],
    ["an option without value", "x.PlainLoginModule required hush;", /option 1 must be written as name="value"/],
    ["two modules", 'x.A required a="1"; x.B required b="2";', /one login module only|must be written/],
  ] as const
) {
  Deno.test(`parseJaas() refuses ${fault} without showing the text`, () => {
    assert.throws(() => parseJaas(text), (error: Error) => message.test(error.message) && !error.message.includes("hush"));
  });
}
