import assert from "node:assert/strict";
import { ConnectError } from "sdk";
import { SqlError } from "../../../../connectors/sql/sql_error.ts";
import { withoutSecrets } from "../../../../connectors/sql/without_secrets.ts";

Deno.test("withoutSecrets() gives an error back as it is that holds a short password only within names", () => {
  const error = new SqlError("No common table om.customers", { kind: "fatal" });
  assert.equal(withoutSecrets(error, ["om", ""]), error);
});

Deno.test("withoutSecrets() hides a password in the message, and drops the cause that holds one", () => {
  const own = withoutSecrets(new ConnectError("Cannot log in with 'om'"), ["om"]);
  assert.ok(own instanceof ConnectError && own.message === "Cannot log in with '****'");
  const caused = withoutSecrets(new Error("Cannot log in", { cause: new Error("password=om") }), ["om"]);
  assert.ok(caused instanceof Error && caused.message === "Cannot log in" && caused.cause === undefined);
});
