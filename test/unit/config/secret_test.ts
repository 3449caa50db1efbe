import assert from "node:assert/strict";
import { field } from "../../../src/config/field.ts";
import { looksSecret, maskSecrets, secretsOf } from "../../../src/config/secret.ts";

const spec = { pass: field.password({ importance: "HIGH", doc: "Secret." }), user: field.string({ importance: "HIGH", doc: "Name." }) };

Deno.test("secretsOf() finds passwords by definition, by name and inside URLs", () => {
  const found = secretsOf(spec, {
    pass: " hunter2 ",
    user: "me",
    "producer.override.sasl.jaas.config": "module required;",
    url: "jdbc:mysql://root:s3cr3t@db/om?password=other&x=1",
    gone: null,
  });
  assert.deepEqual(found, [" hunter2 ", "hunter2", "module required;", "s3cr3t", "other"]);
});

Deno.test("secretsOf() takes a defined key at its word, whatever its name", () => {
  assert.deepEqual(secretsOf({ "password.mode": field.string({ importance: "LOW", doc: "Mode." }) }, { "password.mode": "plain" }), []);
});

Deno.test("maskSecrets() hides a secret that contains another as a whole, and passwords inside URLs", () => {
  assert.equal(maskSecrets("abc abcdef", ["abc", "abcdef"]), "[hidden] [hidden]");
  assert.equal(maskSecrets("at http://u:p4ss@h/x", []), "at http://u:[hidden]@h/x");
});

Deno.test("maskSecrets() lets one-letter secrets stand, as hiding them would hide everything", () => {
  assert.equal(maskSecrets("a cat", ["a"]), "a cat");
});

Deno.test("looksSecret() knows the settings of Kafka's clients", () => {
  const secret = [
    "ssl.keystore.password",
    "sasl.jaas.config",
    "ssl.key.password",
    "api.key",
    "sasl.oauthbearer.client.credentials.client.secret",
  ];
  assert.deepEqual(secret.filter((key) => !looksSecret(key)), []);
  assert.deepEqual(["linger.ms", "topic", "key.converter", "input.path"].filter(looksSecret), []);
});

Deno.test("maskSecrets() hides a password with a slash in a URL, which should have been encoded and often is not", () => {
  assert.equal(maskSecrets("at http://u:p4/ss@h/x", []), "at http://u:[hidden]@h/x");
  assert.equal(maskSecrets("at http://h:80/x", []), "at http://h:80/x");
});

Deno.test("looksSecret() knows every PASSWORD key of Kafka's clients", () => {
  const keys = ["sasl.jaas.config", "ssl.key.password", "ssl.keystore.password", "ssl.truststore.password", "ssl.keystore.key"];
  keys.push("ssl.keystore.certificate.chain", "ssl.truststore.certificates", "sasl.oauthbearer.client.credentials.client.secret");
  for (const key of keys) assert.ok(looksSecret(`producer.override.${key}`), key);
  assert.ok(!looksSecret("ssl.keystore.location"));
});
