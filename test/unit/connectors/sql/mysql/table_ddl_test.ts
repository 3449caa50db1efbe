import assert from "node:assert/strict";
import { dateSchema, decimalSchema, primitiveSchema, type Schema, timeSchema, timestampSchema } from "sdk";
import { createTableSql } from "../../../../../connectors/sql/ddl.ts";
import type { NewColumn } from "../../../../../connectors/sql/dialect.ts";
import { productFacts } from "../../../../../connectors/sql/mysql/server_facts.ts";
import { ddlWords, sqlType, type TextDefaults } from "../../../../../connectors/sql/mysql/table_ddl.ts";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";

function column(name: string, schema: Schema, isKey = false): NewColumn {
  return { name, schema, isKey, epochUnit: null };
}

function ddl(columns: readonly NewColumn[], textDefaults: TextDefaults = "literal", hasBackslashEscapes = true): string {
  const syntax = { quote: "`", hasBackslashEscapes, zone: timeZone("UTC"), isJulianBefore1582: true };
  return createTableSql({ catalog: "om", schema: null, name: "t" }, columns, ddlWords(columns, syntax, textDefaults));
}

Deno.test("sqlType() gives the types of the Java connector, but keys that a key can be made of", () => {
  const types = [
    primitiveSchema("INT8"),
    primitiveSchema("INT16"),
    primitiveSchema("INT32"),
    primitiveSchema("INT64"),
    primitiveSchema("FLOAT32"),
    primitiveSchema("FLOAT64"),
    primitiveSchema("BOOLEAN"),
    primitiveSchema("STRING"),
    primitiveSchema("BYTES"),
    decimalSchema(4),
    dateSchema(),
    timeSchema(),
    timestampSchema(),
    primitiveSchema("STRING", { name: "io.debezium.data.Uuid" }),
  ].map((schema) => sqlType(column("c", schema)));
  assert.deepEqual(types, [
    ..."TINYINT SMALLINT INT BIGINT FLOAT DOUBLE TINYINT TEXT VARBINARY(1024) DECIMAL(65,4) DATE TIME(3) DATETIME(3) TEXT".split(" "),
  ]);
  assert.equal(sqlType(column("k", primitiveSchema("STRING"), true)), "VARCHAR(255)");
  assert.equal(sqlType(column("__connect_topic", primitiveSchema("STRING"), true)), "VARCHAR(249)");
  assert.equal(sqlType(column("k", primitiveSchema("BYTES"), true)), "VARBINARY(255)");
  assert.equal(sqlType({ ...column("t", primitiveSchema("INT64")), epochUnit: "nanos" }), "DATETIME(6)");
});

Deno.test("ddlWords() lets several string keys share what a key may have", () => {
  const keys = ["a", "b", "c", "d"].map((name) => column(name, primitiveSchema("STRING"), true));
  assert.match(ddl(keys), /`a` VARCHAR\(192\) NOT NULL,\n`b` VARCHAR\(192\)/);
});

Deno.test("ddlWords() writes defaults as literals that cannot end early, and as each server takes them", () => {
  const evil = `a'b"c\\`;
  const columns = [column("s", primitiveSchema("STRING", { default: evil })), column("i", primitiveSchema("INT32", { default: 7 }))];
  assert.equal(ddl(columns), "CREATE TABLE `om`.`t` (\n`s` TEXT DEFAULT 'a''b\"c\\\\',\n`i` INT DEFAULT 7)");
  assert.equal(ddl(columns, "literal", false), "CREATE TABLE `om`.`t` (\n`s` TEXT DEFAULT 'a''b\"c\\',\n`i` INT DEFAULT 7)");
  assert.equal(ddl(columns, "expression"), "CREATE TABLE `om`.`t` (\n`s` TEXT DEFAULT ('a''b\"c\\\\'),\n`i` INT DEFAULT 7)");
  assert.equal(ddl(columns, "none"), "CREATE TABLE `om`.`t` (\n`s` TEXT NULL,\n`i` INT DEFAULT 7)");
});

Deno.test("productFacts() tells MariaDB from MySQL, and which MySQL names the new row", () => {
  const facts = ["10.11.19-MariaDB-0+deb12u1", "5.5.5-10.4.2-MariaDB-log", "8.0.18", "8.0.19-log", "9.7.4-2", "5.7.44"].map(productFacts);
  assert.deepEqual(facts.map(({ product, namesNewRow, textDefaults }) => [product, namesNewRow, textDefaults]), [
    ["MariaDB 10.11.19", false, "literal"],
    ["MariaDB 10.4.2", false, "literal"],
    ["MySQL 8.0.18", false, "expression"],
    ["MySQL 8.0.19", true, "expression"],
    ["MySQL 9.7.4", true, "expression"],
    ["MySQL 5.7.44", false, "none"],
  ]);
});
