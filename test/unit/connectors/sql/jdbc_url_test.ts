import assert from "node:assert/strict";
import { decodePercent, refuseBlocked, shownUrl, splitJdbcUrl, splitParameters, subprotocol } from "../../../../connectors/sql/jdbc_url.ts";

Deno.test("splitJdbcUrl() takes a URL apart at the first two colons", () => {
  assert.deepEqual(splitJdbcUrl("jdbc:mysql://h:3306/db?a=b"), { subprotocol: "mysql", subname: "//h:3306/db?a=b" });
  assert.deepEqual(splitJdbcUrl("jdbc:SQLite::memory:"), { subprotocol: "sqlite", subname: ":memory:" });
  assert.deepEqual(splitJdbcUrl("jdbc:sqlite:"), { subprotocol: "sqlite", subname: "" });
  assert.equal(subprotocol("jdbc:MariaDB://h/"), "mariadb");
});

Deno.test("splitJdbcUrl() refuses what the Java connector refuses", () => {
  for (const url of ["", "mysql://h", " jdbc:mysql://h", "JDBC:mysql://h", "jdbc:mysql", "jdbc::x"]) {
    assert.throws(() => splitJdbcUrl(url), { message: `Not a valid JDBC URL: ${url}` });
  }
  assert.throws(() => splitJdbcUrl("mysql://u:pw@h/db?password=xyz"), {
    message: "Not a valid JDBC URL: mysql://u:****@h/db?password=****",
  });
});

Deno.test("shownUrl() hides passwords wherever a URL has them", () => {
  const shown: readonly (readonly [string, string])[] = [
    ["jdbc:mysql://u:pw@h:3306/db", "jdbc:mysql://u:****@h:3306/db"],
    ["jdbc:mysql://u:p:w@@h/db?a=1", "jdbc:mysql://u:****@h/db?a=1"],
    ["jdbc:mysql://h/db?user=u&password=p%26w&x=y", "jdbc:mysql://h/db?user=u&password=****&x=y"],
    ["jdbc:mysql://(host=h,password=pw,user=u)/db", "jdbc:mysql://(host=h,password=****,user=u)/db"],
    ["jdbc:postgresql://h/db?sslpassword=s&Password=p", "jdbc:postgresql://h/db?sslpassword=****&Password=****"],
    ["jdbc:mysql://h:3306,h2:3307/db", "jdbc:mysql://h:3306,h2:3307/db"],
    ["jdbc:sqlite:/a/b@c.db", "jdbc:sqlite:/a/b@c.db"],
    ["oracle:thin:u/p/w@h:1521:x", "oracle:thin:u/****@h:1521:x"],
  ];
  for (const [url, expected] of shown) assert.equal(shownUrl(url), expected);
});

Deno.test("splitParameters() keeps order and what stands behind the first equals sign", () => {
  assert.deepEqual(splitParameters("a=1&&b=c=d&e"), [{ name: "a", value: "1" }, { name: "b", value: "c=d" }, { name: "e", value: "" }]);
  assert.deepEqual(splitParameters(""), []);
});

Deno.test("decodePercent() names the part that is broken, not its text", () => {
  assert.equal(decodePercent("a%20b+%ED%95%9C", "the user"), "a b+한");
  assert.throws(() => decodePercent("secret%", "the password"), (error: Error) => {
    return error.message.startsWith("Cannot read the password in connection.url") && !error.message.includes("secret");
  });
});

Deno.test("refuseBlocked() refuses by the operator's list, whatever the case", () => {
  refuseBlocked(["a"], ["b"], "");
  assert.throws(() => refuseBlocked(["useSSL"], [], " usessl , x"), /contains blocked connection parameter 'useSSL'/);
  assert.throws(() => refuseBlocked([], ["X"], "usessl,x"), /JDBC connection property 'X' is not permitted/);
});
