import assert from "node:assert/strict";
import fc from "fast-check";
import { tableNameParts } from "../../../../connectors/jdbc_sink/table_name.ts";
import { splitQualifiedName } from "../../../../connectors/sql/qualified_name.ts";
import { quotedName } from "../../../../connectors/sql/table_id.ts";

Deno.test("tableNameParts() puts the topic in and splits at dots outside of quotes", () => {
  const cases: readonly (readonly [format: string, topic: string, parts: readonly string[]])[] = [
    ["${topic}", "orders", ["orders"]],
    ["om_sink.customers_sink", "any", ["om_sink", "customers_sink"]],
    [" s2.${topic} ", "orders", ["s2", "orders"]],
    ["${topic}", "a.b.orders", ["a", "b", "orders"]],
    ['"${topic}"', "a.b.orders", ["a.b.orders"]],
    ['s."${topic}"', "a.b", ["s", "a.b"]],
    ["${topic}_${topic}", "t$&", ["t$&_t$&"]],
    ['"a""b"', "t", ['a"b']],
  ];
  for (const [format, topic, parts] of cases) assert.deepEqual(tableNameParts(format, topic, '"'), parts, format);
  assert.deepEqual(tableNameParts("`${topic}`", "a.b", "`"), ["a.b"]);
  assert.deepEqual(tableNameParts('"${topic}"', "a.b", ""), ['"a', 'b"'], "where nothing quotes");
});

Deno.test("tableNameParts() refuses a name that comes to nothing", () => {
  assert.throws(() => tableNameParts("  ", "orders", '"'), {
    message: "Destination table name for topic 'orders' is empty using the format string '  '",
  });
});

Deno.test("splitQualifiedName() is the reverse of quoting, whatever the names hold", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), fc.constantFrom('"', "`"), (catalog, schema, name, quote) => {
      assert.deepEqual(splitQualifiedName(quotedName({ catalog, schema, name }, quote), quote), [catalog, schema, name]);
    }),
  );
});

Deno.test("splitQualifiedName() refuses what cannot be read, in upstream's words", () => {
  assert.throws(() => splitQualifiedName('"a', '"'), {
    message: 'Failure parsing fully qualified identifier; missing trailing quote in "a',
  });
  assert.throws(() => splitQualifiedName("a.", '"'), { message: "Failure parsing fully qualified identifier; ends in delimiter a." });
  assert.throws(() => splitQualifiedName('"a"b', '"'), /only a dot may follow the quote that closes "a"$/);
});
