import assert from "node:assert/strict";
import { field } from "../../../src/config/field.ts";
import { describeSpec, validateSpec } from "../../../src/config/validate.ts";

const spec = {
  mode: field.string({ importance: "HIGH", doc: "How.", default: "MOVE", recommended: () => ["MOVE", "COPY"] }),
  target: field.string({ importance: "LOW", doc: "Where.", default: "", visible: (values) => values["mode"] === "MOVE" }),
  password: field.password({ importance: "HIGH", doc: "Secret.", default: "letmein" }),
  ratio: field.double({ importance: "LOW", doc: "Share.", default: 1 }),
  "sluice.extra": field.int({ importance: "LOW", doc: "Ours.", default: 1 }),
};

Deno.test("describeSpec() leaves our own keys out and fills in what a field does not say", () => {
  assert.deepEqual(describeSpec(spec).map((key) => key.name), ["mode", "target", "password", "ratio"]);
  assert.deepEqual(describeSpec(spec)[0], {
    name: "mode",
    type: "STRING",
    required: false,
    defaultValue: "MOVE",
    importance: "HIGH",
    documentation: "How.",
    group: null,
    orderInGroup: -1,
    width: "NONE",
    displayName: "mode",
    dependents: [],
  });
});

Deno.test("describeSpec() hides the default of a password and writes doubles as Java does", () => {
  const [, , password, ratio] = describeSpec(spec);
  assert.deepEqual([password?.defaultValue, ratio?.defaultValue], ["[hidden]", "1.0"]);
});

Deno.test("validateSpec() shows our own keys only when they are sent", () => {
  assert.equal(validateSpec(spec, {}).rows.length, 4);
  const row = validateSpec(spec, { "sluice.extra": "x" }).rows.at(-1);
  assert.deepEqual(row?.value.errors, ["Invalid value x for configuration sluice.extra: Not a number of type INT"]);
});

Deno.test("validateSpec() decides what is visible by the parsed values of all keys", () => {
  const visible = (mode: string) => validateSpec(spec, { mode }).rows[1]?.value.visible;
  assert.deepEqual([visible("MOVE"), visible("NONE")], [true, false]);
});

Deno.test("validateSpec() offers recommended values and never shows a password", () => {
  const [mode, , password] = validateSpec(spec, { password: "hunter2" }).rows;
  assert.deepEqual(mode?.value.recommendedValues, ["MOVE", "COPY"]);
  assert.equal(password?.value.value, "[hidden]");
});

Deno.test("validateSpec() keeps every digit of a long beyond 2^53", () => {
  const long = { n: field.long({ importance: "LOW", doc: "Long." }) };
  assert.equal(validateSpec(long, { n: " +9007199254740993 " }).rows[0]?.value.value, "9007199254740993");
});
