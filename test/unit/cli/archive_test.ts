import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { fromTarGz, fromZip } from "../../../src/cli/archive.ts";

/** The archive as a program that is not ours writes it. */
async function packed(command: string, args: string[], files: Record<string, string>): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      const at = `${folder}/${name}`;
      await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(at, text);
    }
    const { success } = await new Deno.Command(command, { args, cwd: folder, stdout: "null", stderr: "null" }).output();
    assert.ok(success, command);
    return await Deno.readFile(`${folder}/out`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function has(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const files = { "pkg/notes.txt": "not this", "pkg.libs/librdkafka-0cb9.so.1": "the library ".repeat(1000), "pkg.libs/empty": "" };
const text = (bytes: Uint8Array | undefined) => bytes === undefined ? undefined : new TextDecoder().decode(bytes);

Deno.test({
  name: `fromZip() finds a file in a zip of Python's zipfile${has("python3") ? "" : " (skipped: no python3)"}`,
  ignore: !has("python3"),
  fn: async () => {
    const write = "import zipfile,os;z=zipfile.ZipFile('out','w',zipfile.ZIP_DEFLATED)\n" +
      "for d,_,fs in os.walk('.'):\n  for f in fs:\n    if f!='out': z.write(os.path.join(d,f))\nz.close()";
    const zip = await packed("python3", ["-c", write], files);
    assert.equal(text(fromZip(zip, (name) => name.endsWith(".so.1"))), files["pkg.libs/librdkafka-0cb9.so.1"]);
    assert.equal(text(fromZip(zip, (name) => name.endsWith("empty"))), "");
    assert.equal(fromZip(zip, () => false), undefined);
  },
});

Deno.test({
  name: `fromTarGz() finds a file in an archive of tar${has("tar") ? "" : " (skipped: no tar)"}`,
  ignore: !has("tar"),
  fn: async () => {
    const archive = await packed("tar", ["czf", "out", "pkg", "pkg.libs"], files);
    assert.equal(text(fromTarGz(archive, (name) => name.endsWith(".so.1"))), files["pkg.libs/librdkafka-0cb9.so.1"]);
    assert.equal(fromTarGz(archive, () => false), undefined);
  },
});

Deno.test("fromZip() refuses what is no zip with a sentence", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.throws(() => fromZip(bytes, () => true), /Cannot read the zip: it has no end record/);
  }));
});

Deno.test("fromTarGz() finds nothing in an empty archive", () => {
  assert.equal(fromTarGz(gzipSync(new Uint8Array(1024)), () => true), undefined);
});
