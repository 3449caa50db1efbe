import assert from "node:assert/strict";
import { openFile } from "../../../../connectors/spooldir/byte_source.ts";

Deno.test("openFile() reads a file to its end, in the buffers it is given", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "0123456789");
    const source = await openFile(path);
    const buffer = new Uint8Array(4);
    const sizes: number[] = [];
    for (let count = await source.read(buffer); count > 0; count = await source.read(buffer)) sizes.push(count);
    assert.deepEqual(sizes, [4, 4, 2]);
    source.close();
    source.close(); // a second time does nothing
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openFile() refuses a missing file and a directory with Java's words", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const missing = `${directory}/none.csv`;
    const javaClass = "java.io.FileNotFoundException";
    await assert.rejects(openFile(missing), { message: `${missing} (No such file or directory)`, javaClass });
    await assert.rejects(openFile(directory), { message: `${directory} (Is a directory)`, javaClass });
  } finally {
    await Deno.remove(directory);
  }
});
