import assert from "node:assert/strict";
import { configureLog, hideSecrets, logger, LogValues, withoutSecrets } from "../../../src/base/log.ts";

/** What reaches stderr while `work` runs. */
function logged(work: () => void): string {
  const decoder = new TextDecoder();
  const real = Deno.stderr.writeSync;
  let text = "";
  Deno.stderr.writeSync = (bytes) => {
    text += decoder.decode(bytes);
    return bytes.length;
  };
  try {
    work();
  } finally {
    Deno.stderr.writeSync = real;
  }
  return text;
}

Deno.test("logger() writes text lines with Connect's prefix for connector and task, and fields as columns", () => {
  configureLog({ level: "info", format: "text" });
  const text = logged(() => {
    logger("host.source").info("Opening", { connector: "c", task: 0, file: "/a b", rows: 3n });
    logger("worker").warn("Odd {braces} stay", { connector: "c" });
    logger("worker").debug("not shown");
  });
  const [first, second, ...rest] = text.split("\n");
  assert.match(first ?? "", /^\[\d{4}-.*Z\] INFO {2}\[c\|task-0\] Opening file=\/a b rows="3" \(host\.source\)$/);
  assert.match(second ?? "", /\] WARN {2}\[c\|worker\] Odd \{braces\} stay \(worker\)$/);
  assert.deepEqual(rest, [""]);
});

Deno.test("logger() writes one JSON object per line in format json", () => {
  configureLog({ level: "debug", format: "json" });
  const line = JSON.parse(logged(() => logger("kafka").error("Gone", { connector: "c", offset: 2n ** 60n })));
  assert.equal(line.level, "error");
  assert.equal(line.logger, "kafka");
  assert.equal(line.message, "Gone");
  assert.equal(line.connector, "c");
  assert.equal(line.offset, String(2n ** 60n));
});

Deno.test("hideSecrets() hides values in messages and fields, in both formats", () => {
  hideSecrets(["pa$$word", "", "x"]);
  for (const format of ["text", "json"] as const) {
    configureLog({ level: "info", format });
    const text = logged(() => logger("worker").info("login with pa$$word failed, exit", { url: "k://u:pa$$word@h" }));
    assert.ok(!text.includes("pa$$word"), text);
    assert.ok(text.includes("[hidden]") && text.includes("exit"), text);
  }
  assert.equal(withoutSecrets("x pa$$word"), "x [hidden]");
});

Deno.test("hideSecrets() hides a short value behind a line end, which JSON writes as a letter, and leaves what frames a line", () => {
  hideSecrets(["zq", "error"]);
  configureLog({ level: "info", format: "json" });
  const text = logged(() => logger("worker").error("refused:\nzq", { trace: "\tzq", nothing: null }));
  const line = JSON.parse(text);
  assert.deepEqual([line.level, line.message, line.trace, line.nothing], ["error", "refused:\n[hidden]", "\t[hidden]", null]);
  assert.ok(JSON.parse(logged(() => logger("worker").info("no fields"))).time);
  configureLog({ level: "info", format: "text" });
  assert.match(
    logged(() => logger("worker").info("at\x1bzq", { password: "zq" })),
    /INFO {2}at\\x1b\[hidden\] password=\[hidden\] \(worker\)$/m,
  );
});

Deno.test("logger() writes LogValues as lines below the message in text, as an object in JSON", () => {
  hideSecrets(["zq"]);
  const fields = { connector: "c", values: new LogValues({ "a.b": "1\n2", user: "zq" }) };
  configureLog({ level: "info", format: "text" });
  const text = logged(() => logger("worker").info("XConfig values:", fields));
  assert.match(text, /INFO {2}\[c\|worker\] XConfig values: \(worker\)\n\ta\.b = 1\n\t\t2\n\tuser = \[hidden\]\n$/);
  configureLog({ level: "info", format: "json" });
  const line = JSON.parse(logged(() => logger("worker").info("XConfig values:", fields)));
  assert.deepEqual([line.message, line.values], ["XConfig values:", { "a.b": "1\n2", user: "[hidden]" }]);
});

Deno.test("logger() spells out control characters in text, so that a file's content cannot steer a terminal", () => {
  configureLog({ level: "info", format: "text" });
  const text = logged(() => logger("host").warn("a\x1b[31mRED\x00 b\u009b", { file: "x\ry" }));
  assert.match(text, /a\\x1b\[31mRED\\x00 b\\x9b file=x\\x0dy/);
});
