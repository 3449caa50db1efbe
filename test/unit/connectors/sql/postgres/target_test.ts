import assert from "node:assert/strict";
import { ConfigError } from "sdk";
import { parseTarget, type PostgresTarget } from "../../../../../connectors/sql/postgres/target.ts";
import { attemptsOf } from "../../../../../connectors/sql/postgres/tls.ts";

function target(url: string, properties: Record<string, string> = {}, password: string | null = "geheim"): PostgresTarget {
  return parseTarget({ url, user: "om", password, properties });
}

Deno.test("parseTarget() reads every form of URL as pgjdbc does", () => {
  const forms: [url: string, shown: string][] = [
    ["jdbc:postgresql://db.example:5433/shop", "postgresql://om@db.example:5433/shop"],
    ["jdbc:postgresql://db.example/shop", "postgresql://om@db.example:5432/shop"],
    ["jdbc:postgresql://db.example/", "postgresql://om@db.example:5432/om"],
    ["jdbc:postgresql://db.example", "postgresql://om@db.example:5432/om"],
    ["jdbc:postgresql:shop", "postgresql://om@localhost:5432/shop"],
    ["jdbc:postgresql:/", "postgresql://om@localhost:5432/om"],
    ["jdbc:postgresql:///shop", "postgresql://om@localhost:5432/shop"],
    ["jdbc:postgresql://a:1,b,[::1]:3/shop", "postgresql://om@a:1,b:5432,::1:3/shop"],
    ["jdbc:postgresql://db/my%20shop?", "postgresql://om@db:5432/my shop"],
    ["jdbc:postgresql://db/shop?user=else&PGPORT=7", "postgresql://else@db:7/shop"],
    ["jdbc:postgresql:?PGHOST=h&PGDBNAME=d", "postgresql://om@h:5432/d"],
  ];
  for (const [url, shown] of forms) assert.equal(target(url).shown, shown, url);
});

Deno.test("parseTarget() refuses URLs it cannot understand, without their secrets", () => {
  for (
    const url of [
      "jdbc:postgresql://a:x/d?password=pst",
      "jdbc:postgresql://a:70000/d?password=pst",
      "jdbc:postgresql://a:1:2/d?password=pst",
    ]
  ) {
    assert.throws(
      () => target(url),
      (error) => error instanceof Error && !/pst/.test(error.message) && /postgresql/.test(error.message),
      url,
    );
  }
  assert.throws(() => target("jdbc:postgresql://a/d?x=%zz"), ConfigError);
});

Deno.test("parseTarget() lets parameters of the URL win against properties of the config", () => {
  const found = target("jdbc:postgresql://db/x?password=from+url&ApplicationName=a%2Bb&socketTimeout=5", {
    socketTimeout: "9",
    connectTimeout: "3",
  });
  assert.equal(found.password, "from url");
  assert.equal(found.applicationName, "a+b");
  assert.equal(found.socketTimeoutMs, 5_000);
  assert.equal(found.connectTimeoutMs, 3_000);
  assert.equal(target("jdbc:postgresql://db/x").connectTimeoutMs, null);
  assert.equal(target("jdbc:postgresql://db/x?connectTimeout=0").connectTimeoutMs, 0);
  assert.equal(target("jdbc:postgresql://db/x?connectTimeout=0&loginTimeout=7").connectTimeoutMs, 7_000);
});

Deno.test("parseTarget() lists every secret, in the URL as it was written too, and shows none", () => {
  const found = target("jdbc:postgresql://db/x?password=a%2Bb&sslpassword=key%21", { sslkey: "/k" });
  assert.deepEqual([...found.secrets].sort(), ["a%2Bb", "a+b", "geheim", "key!", "key%21"].sort());
  for (const secret of found.secrets) assert.ok(!found.shown.includes(secret));
});

Deno.test("parseTarget() refuses parameters that load code or open files, wherever they stand", () => {
  for (
    const name of [
      "socketFactory",
      "socketFactoryArg",
      "sslfactory",
      "sslfactoryarg",
      "sslhostnameverifier",
      "sslpasswordcallback",
      "authenticationPluginClassName",
      "xmlFactoryFactory",
      "jaasApplicationName",
      "loggerFile",
      "service",
      "replication",
    ]
  ) {
    const refusal = new RegExp(`Cannot use the connection parameter "${name}": `);
    assert.throws(
      () => target(`jdbc:postgresql://db/x?${name}=com.evil.Thing`),
      (error) => error instanceof ConfigError && refusal.test(error.message),
    );
    assert.throws(() => target("jdbc:postgresql://db/x", { [name]: "com.evil.Thing" }), refusal);
  }
  assert.equal(target("jdbc:postgresql://db/x?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory").tls.mode, "require");
});

Deno.test("parseTarget() accepts what pgjdbc knows and names what nobody knows", () => {
  const known =
    "prepareThreshold=0&reWriteBatchedInserts=true&defaultRowFetchSize=100&stringtype=unspecified&tcpKeepAlive=true&loggerLevel=OFF";
  assert.deepEqual(target(`jdbc:postgresql://db/x?${known}`).ignored, []);
  assert.deepEqual(target(`jdbc:postgresql://db/x?${known}&foo=1`, { bar: "2", SSL: "true" }).ignored, ["bar", "SSL", "foo"]);
});

Deno.test("parseTarget() holds parameters against the operator's list", () => {
  const variable = "JDBC_CONNECTION_URL_BLOCKED_PARAMS";
  const before = Deno.env.get(variable);
  Deno.env.set(variable, "options, sslKey");
  try {
    const refusal =
      "JDBC URL contains blocked connection parameter 'options' which is not permitted by the Connect cluster's configured policy.";
    assert.throws(() => target("jdbc:postgresql://db/x?options=-c"), { message: refusal });
    assert.throws(() => target("jdbc:postgresql://db/x", { sslkey: "/k" }), { message: /connection property 'sslkey' is not permitted/ });
  } finally {
    if (before === undefined) Deno.env.delete(variable);
    else Deno.env.set(variable, before);
  }
});

Deno.test("parseTarget() takes ssl and sslmode as pgjdbc does", () => {
  const mode = (query: string) => target(`jdbc:postgresql://db/x?${query}`).tls.mode;
  assert.deepEqual(["", "ssl=true", "ssl", "ssl=false", "sslmode=verify-ca", "sslmode=VERIFY-FULL", "ssl=true&sslmode=disable"].map(mode), [
    "prefer",
    "verify-full",
    "verify-full",
    "prefer",
    "verify-ca",
    "verify-full",
    "disable",
  ]);
  assert.throws(() => mode("sslmode=maybe"), {
    message:
      'Cannot use "maybe" for the connection parameter "sslmode": it must be one of disable, allow, prefer, require, verify-ca, verify-full',
  });
});

Deno.test("attemptsOf() tries TLS first, last, alone or never", () => {
  const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
  assert.deepEqual(modes.map((mode) => attemptsOf(mode)), [[false], [false, true], [true, false], [true], [true], [true]]);
});

Deno.test("parseTarget() reads which server is wanted, and refuses numbers that are none", () => {
  const type = (word: string) => target(`jdbc:postgresql://a,b/x?targetServerType=${word}`).serverType;
  assert.deepEqual(["any", "master", "primary", "slave", "preferSlave", "preferPrimary"].map(type), [
    "any",
    "primary",
    "primary",
    "secondary",
    "preferSecondary",
    "preferPrimary",
  ]);
  assert.throws(() => type("best"), /must be one of any, primary/);
  assert.throws(() => target("jdbc:postgresql://a/x?socketTimeout=soon"), {
    message: 'Cannot read the connection parameter "socketTimeout": it must be a number of seconds, but is "soon"',
  });
});
