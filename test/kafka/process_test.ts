import assert from "node:assert/strict";

const isLinux = Deno.build.os === "linux";
const why = isLinux ? "" : " (skipped: Linux only)";
const mod = new URL("../../src/kafka/mod.ts", import.meta.url).href;

/** Runs a script that may import the room, to its end. */
async function run(script: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", script],
    cwd: new URL("../..", import.meta.url).pathname,
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout).trim() || decoder.decode(stderr).trim();
}

Deno.test({
  name: `beNice() lowers the priority of every thread${why}`,
  ignore: !isLinux,
  fn: async () => {
    const niceness = await run(`
      const { beNice } = await import(${JSON.stringify(mod)});
      beNice();
      // Field 19 of stat, counted behind the command's closing bracket.
      const of = (tid) => Deno.readTextFileSync("/proc/self/task/" + tid + "/stat").replace(/^.*\\) /, "").split(" ")[16];
      console.log([...Deno.readDirSync("/proc/self/task")].map((each) => of(each.name)).join(" "));
    `);
    assert.match(niceness, /^10( 10)+$/);
  },
});

Deno.test({
  name: `dieWithParent() ends a process that spins when its parent is killed${why}`,
  ignore: !isLinux,
  fn: async () => {
    const child = `const { dieWithParent } = await import(${
      JSON.stringify(mod)
    }); dieWithParent(Deno.ppid); console.log("ready " + Deno.pid); while (true);`;
    const parent = new Deno.Command(Deno.execPath(), {
      args: ["eval", `new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", ${JSON.stringify(child)}] }).spawn();`],
      cwd: new URL("../..", import.meta.url).pathname,
      stdout: "piped",
    }).spawn();
    const reader = parent.stdout.getReader();
    let text = "";
    while (!/ready \d+\n/.test(text)) {
      const { value, done } = await reader.read();
      assert.ok(!done, `the child ended early: ${text}`);
      text += new TextDecoder().decode(value);
    }
    parent.kill("SIGKILL");
    await parent.status;
    // The pipe's last writer was the child: its end is the child's.
    while (!(await reader.read()).done);
  },
});
