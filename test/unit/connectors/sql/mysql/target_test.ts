import assert from "node:assert/strict";
import type { ConnectionOptions } from "../../../../../connectors/sql/dialect.ts";
import { type MySqlTarget, parseTarget } from "../../../../../connectors/sql/mysql/target.ts";

function target(url: string, options: Partial<Omit<ConnectionOptions, "url">> = {}): MySqlTarget {
  return parseTarget({ url, user: null, password: null, properties: {}, ...options });
}

function hostsOf(url: string): readonly (readonly [string, number, string, string | null])[] {
  return target(url).hosts.map(({ host, port, user, password }) => [host, port, user, password]);
}

Deno.test("parseTarget() reads hosts, ports, users and database in every form the drivers take", () => {
  const forms: readonly (readonly [string, readonly (readonly [string, number, string, string | null])[], string | null])[] = [
    ["jdbc:mysql://h:3307/db", [["h", 3307, "", null]], "db"],
    ["jdbc:mariadb://h/db", [["h", 3306, "", null]], "db"],
    ["jdbc:mysql:///db", [["localhost", 3306, "", null]], "db"],
    ["jdbc:mysql://h", [["h", 3306, "", null]], null],
    ["jdbc:mysql://h/", [["h", 3306, "", null]], null],
    ["jdbc:mysql://u:p%40w@h/db", [["h", 3306, "u", "p@w"]], "db"],
    ["jdbc:mysql://u:p:w@h:1/d%20b", [["h", 1, "u", "p:w"]], "d b"],
    ["jdbc:mysql://a:1,b:2,c/db", [["a", 1, "", null], ["b", 2, "", null], ["c", 3306, "", null]], "db"],
    ["jdbc:mysql://u:pw@a:1,b:2/db", [["a", 1, "u", "pw"], ["b", 2, "u", "pw"]], "db"],
    ["jdbc:mysql://u:pw@[a:1,b:2]/db", [["a", 1, "u", "pw"], ["b", 2, "u", "pw"]], "db"],
    ["jdbc:mysql://(host=a,port=1,user=u,password=p),(host=b)/db", [["a", 1, "u", "p"], ["b", 3306, "u", "p"]], "db"],
    ["jdbc:mysql://address=(host=a)(port=1)(user=u)/db", [["a", 1, "u", null]], "db"],
    ["jdbc:mysql:replication://src,rep/db", [["src", 3306, "", null], ["rep", 3306, "", null]], "db"],
    ["jdbc:mysql://[::1]:33/db", [["::1", 33, "", null]], "db"],
    ["jdbc:mysql://h/db?user=u&password=p%26", [["h", 3306, "u", "p&"]], "db"],
  ];
  for (const [url, hosts, database] of forms) {
    assert.deepEqual(hostsOf(url), hosts, url);
    assert.equal(target(url).database, database, url);
  }
});

Deno.test("parseTarget() takes all hosts of a loadbalance URL, in any order", () => {
  const hosts = hostsOf("jdbc:mysql:loadbalance://a,b,c/db").map(([host]) => host);
  assert.deepEqual(hosts.toSorted(), ["a", "b", "c"]);
});

Deno.test("parseTarget() lets connection.user, connection.password and connection.X win against the URL", () => {
  const found = target("jdbc:mysql://u:p@h/db?connectTimeout=1&useSSL=true&user=x", {
    user: "me",
    password: "mine",
    properties: { useSSL: "false", CONNECTTIMEOUT: "2" },
  });
  assert.deepEqual(found.hosts.map(({ user, password }) => [user, password]), [["me", "mine"]]);
  assert.equal(found.connectTimeoutMs, 2);
  assert.equal(found.tls.mode, "DISABLED");
});

Deno.test("parseTarget() shows no password and lists all of them as secrets", () => {
  const found = target("jdbc:mysql://u:hidden1@h/db?trustCertificateKeyStorePassword=hidden2", { properties: { password: "hidden3" } });
  assert.equal(found.shown, "mysql://u@h:3306/db");
  assert.equal(target("jdbc:mysql://a,b:1/").shown, "mysql://a:3306,b:1/");
  assert.deepEqual(new Set(found.secrets), new Set(["hidden1", "hidden2", "hidden3"]));
});

Deno.test("parseTarget() reads TLS by sslMode or by the older switches", () => {
  const modes: readonly (readonly [string, string])[] = [
    ["", "PREFERRED"],
    ["sslMode=verify_identity", "VERIFY_IDENTITY"],
    ["sslMode=verify-full", "VERIFY_IDENTITY"],
    ["sslMode=VERIFY_CA&useSSL=false", "VERIFY_CA"],
    ["sslMode=trust", "REQUIRED"],
    ["sslMode=disable", "DISABLED"],
    ["useSSL=false", "DISABLED"],
    ["useSSL=true&requireSSL=true", "REQUIRED"],
    ["useSSL=true&verifyServerCertificate=true", "VERIFY_CA"],
    ["useSsl=true&serverSslCert=/ca.pem", "VERIFY_IDENTITY"],
  ];
  for (const [query, mode] of modes) assert.equal(target(`jdbc:mysql://h/db?${query}`).tls.mode, mode, query);
  assert.equal(target("jdbc:mysql://h/?tlsVersions=TLSv1.3").tls.minVersion, "TLSv1.3");
});

Deno.test("parseTarget() refuses key stores of Java with the way out", () => {
  assert.throws(
    () => target("jdbc:mysql://h/db?trustCertificateKeyStoreUrl=file:/x/store.jks"),
    /Cannot read a key store of type "JKS" .* write it as PEM text \(keytool/,
  );
  assert.throws(() => target("jdbc:mariadb://h/db?trustStore=/x"), /Java key stores cannot be read/);
  assert.throws(() => target("jdbc:mysql://h/db?trustCertificateKeyStoreUrl=http://x/ca.pem"), /it must be a file: URL/);
  assert.equal(target("jdbc:mysql://h/db?trustCertificateKeyStoreUrl=file:/x/ca.pem").tls.trusted, "file:/x/ca.pem");
});

Deno.test("parseTarget() refuses parameters that open files or load code, in the URL and in properties", () => {
  const refused = [
    "allowLoadLocalInfile",
    "allowUrlInLocalInfile",
    "autoDeserialize",
    "queryInterceptors",
    "statementInterceptors",
    "socketFactory",
    "propertiesTransform",
    "authenticationPlugins",
    "allowLoadLocalInfileInPath",
    "localSocket",
  ];
  for (const name of refused) {
    assert.throws(() => target(`jdbc:mysql://h/db?${name.toUpperCase()}=true`), /Cannot use connection parameter/, name);
    assert.throws(() => target("jdbc:mysql://h/db", { properties: { [name]: "x" } }), /Cannot use connection parameter/, name);
  }
  assert.deepEqual(target("jdbc:mysql://h/db?allowLoadLocalInfile=false").ignored, []);
});

Deno.test("parseTarget() names what it does not know, and only that", () => {
  const url = "jdbc:mysql://h/db?useUnicode=true&characterEncoding=utf8&rewriteBatchedStatements=true&fooBar=1&serverTimezone=UTC";
  assert.deepEqual(target(url, { properties: { other: "x" } }).ignored, ["fooBar", "other"]);
});

Deno.test("parseTarget() reads how values are taken", () => {
  assert.deepEqual(target("jdbc:mysql://h/").values, {
    zeroDates: "EXCEPTION",
    isTinyBoolean: false,
    isMariaDb: false,
    isYearDate: true,
  });
  const ofMariaDb = { zeroDates: "EXCEPTION", isTinyBoolean: true, isMariaDb: true, isYearDate: true } as const;
  assert.deepEqual(target("jdbc:mariadb://h/").values, ofMariaDb);
  const url = "jdbc:mysql://h/?zeroDateTimeBehavior=convertToNull&transformedBitIsBoolean=true&yearIsDateType=false";
  assert.deepEqual(target(url).values, { zeroDates: "CONVERT_TO_NULL", isTinyBoolean: true, isMariaDb: false, isYearDate: false });
  assert.equal(target("jdbc:mysql://h/?transformedBitIsBoolean=true&tinyInt1isBit=false").values.isTinyBoolean, false);
});

Deno.test("parseTarget() splits session variables at commas outside quotes", () => {
  const url = `jdbc:mysql://h/?sessionVariables=${encodeURIComponent("a=1,b='x,y',@c=CONCAT('a', 'b');d=2")}`;
  assert.deepEqual(target(url).sessionVariables, ["a=1", "b='x,y'", "@c=CONCAT('a', 'b')", "d=2"]);
});

Deno.test("parseTarget() sets a session's zone only where it is forced", () => {
  assert.equal(target("jdbc:mysql://h/?connectionTimeZone=Asia/Seoul").sessionZone, null);
  assert.equal(target("jdbc:mysql://h/?connectionTimeZone=Asia/Seoul&forceConnectionTimeZoneToSession=true").sessionZone, "Asia/Seoul");
  assert.equal(target("jdbc:mysql://h/?serverTimezone=UTC&forceConnectionTimeZoneToSession=true").sessionZone, "+00:00");
});

Deno.test("parseTarget() refuses what it cannot read, without showing a password", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["jdbc:mysql:h/db", /Not a valid JDBC URL/],
    ["jdbc:mysql://h:port/db", /Cannot read host|Cannot read port/],
    ["jdbc:mysql://h:70000/db", /it must be a number from 1 to 65535/],
    ["jdbc:mysql://u:pass%word@h/db", /Cannot read the password/],
    ["jdbc:mysql://h/?connectTimeout=soon", /it must be a number of milliseconds/],
    ["jdbc:mysql://h/?useSSL=perhaps", /it must be true or false/],
    ["jdbc:mysql://h/?sslMode=MAYBE", /it must be one of DISABLED/],
    ["jdbc:mysql://h/?socksProxyHost=x", /SOCKS proxy is not supported/],
  ];
  for (const [url, message] of wrong) {
    assert.throws(() => target(url), (error: Error) => message.test(error.message) && !error.message.includes("pass%word"), url);
  }
});
