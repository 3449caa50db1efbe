import assert from "node:assert/strict";
import fc from "fast-check";
import { maskValues } from "../../../src/base/secret_text.ts";

/** Texts in which a value stands by itself; none has a letter, digit or sign the values below are made of. */
const ALONE: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => `'${value}'`,
  (value) => `{"${value}":"${value}"}`,
  (value) => `password=${value}`,
  (value) => `jdbc:mysql://root:${value}@host/db?password=${value}&x=y`,
  (value) => `login with ${value}. Then`,
  (value) => `(${value}), ${value}: ${value}\n`,
];

const secret = fc.string({ unit: fc.constantFrom(..."KQZ79홍"), minLength: 2, maxLength: 12 });

Deno.test("maskValues() lets no value survive that stands by itself, whatever its length", () => {
  fc.assert(
    fc.property(secret, fc.constantFrom(...ALONE), (value, text) => assert.equal(maskValues(text(value), [value]), text("[hidden]"))),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 2 }),
      (value) => assert.ok(!maskValues(`'${value}'`, [value]).includes(`'${value}'`)),
    ),
  );
});

Deno.test("maskValues() lets no long value survive anywhere", () => {
  const long = fc.string({ unit: fc.constantFrom(..."abAB01._/"), minLength: 8, maxLength: 12 });
  fc.assert(
    fc.property(long, fc.string(), fc.string(), (value, before, after) => !maskValues(before + value + after, [value]).includes(value)),
  );
});

Deno.test("maskValues() changes no text that lacks the values", () => {
  fc.assert(fc.property(fc.string(), fc.array(fc.string()), (text, values) => {
    const absent = values.filter((value) => !text.includes(value));
    assert.equal(maskValues(text, absent), text);
  }));
});

Deno.test("maskValues() leaves a short value that is a part of a word, a name or a path", () => {
  const texts = [
    "common",
    "om.customers",
    "org.apache.kafka.connect",
    "/connectors/om_x",
    "mysql_om_source",
    "x-om",
    "$om",
    "a/om",
    "db.om",
    "홍om",
  ];
  for (const text of texts) assert.equal(maskValues(text, ["om", "kafka"]), text);
});

Deno.test("maskValues() replaces a short value by itself", () => {
  assert.equal(
    maskValues("om is user:om@host and 'om'. It is om. Or om", ["om"]),
    "[hidden] is user:[hidden]@host and '[hidden]'. It is [hidden]. Or [hidden]",
  );
  assert.equal(maskValues("in //om@h and om/", ["om"]), "in //[hidden]@h and [hidden]/");
});

Deno.test("maskValues() leaves values of one character and none", () => {
  assert.equal(maskValues("a cat", ["a", ""]), "a cat");
});

Deno.test("maskValues() replaces values that contain or overlap each other as a whole", () => {
  assert.equal(maskValues("of 12345678-abcdefgh!", ["12345678-a", "8-abcdefgh", "78"]), "of [hidden]!");
  assert.equal(maskValues("aaaaaaaaaa aaaaaaaa", ["aaaaaaaa"]), "[hidden] [hidden]");
});
