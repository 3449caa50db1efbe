import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { ByteSource } from "../../../../connectors/spooldir/byte_source.ts";
import { type Compression, compressionOf, decompress } from "../../../../connectors/spooldir/compression.ts";
import { compressedRows } from "../../../fakes/compressed_rows.ts";
import { chunkedSource } from "../../../fakes/csv_file.ts";

const CAPTURES = new URL("../../../captures/compressed/", import.meta.url);
const FILES = Array.from(Deno.readDirSync(CAPTURES), ({ name }) => name).filter((name) => name !== "README.md").sort();

async function readAll(source: ByteSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(10_000);
  for (let count = await source.read(buffer); count > 0; count = await source.read(buffer)) chunks.push(buffer.slice(0, count));
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** Text of a compressed file, or the message it fails with. */
async function unpack(bytes: Uint8Array, compression: Compression, sizes?: readonly number[]): Promise<string> {
  const source = decompress(chunkedSource(bytes, sizes), compression, "/in/x");
  try {
    return new TextDecoder().decode(await readAll(source));
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  } finally {
    source.close();
  }
}

Deno.test("compressionOf() goes by the text after the last dot, case counting", () => {
  const names: [string, Compression][] = [
    ["a.csv.gz", "gz"],
    ["a.bz2", "bz2"],
    ["a.z", "z"],
    ["a.Z", "z"],
    ["a.lz4", "lz4"],
    ["a.snappy", "snappy"],
    ["a.GZ", "none"],
    ["a.zip", "none"],
    ["/x.gz/a", "none"],
    ["gz", "none"],
    ["a.constructor", "none"],
  ];
  for (const [name, expected] of names) assert.equal(compressionOf(name), expected, name);
});

Deno.test("decompress() reads what the tools of each format wrote, all members and frames, in any chunks", async () => {
  assert.equal(FILES.length, 10);
  const text = compressedRows();
  for (const name of FILES) {
    const bytes = await Deno.readFile(new URL(name, CAPTURES));
    for (const sizes of [undefined, [1000, 1, 7]]) assert.equal(await unpack(bytes, compressionOf(name), sizes) === text, true, name);
  }
});

Deno.test("decompress() fails a file cut anywhere but between its members, naming the file", async () => {
  // What compress writes, and a bare LZ4 block, has no end that could be missed.
  for (const name of FILES.filter((name) => !name.endsWith(".Z") && name !== "bare.lz4")) {
    const bytes = await Deno.readFile(new URL(name, CAPTURES));
    for (const part of [0.1, 0.5, 0.9, 0.99]) {
      const message = await unpack(bytes.subarray(0, Math.floor(bytes.length * part)), compressionOf(name));
      assert.match(message, /^Could not decompress "\/in\/x": .* It is cut short, corrupt, or not \w+ at all$/, `${name} at ${part}`);
    }
    assert.match(await unpack(bytes.subarray(0, bytes.length - 1), compressionOf(name)), /^Could not decompress/, name);
  }
});

Deno.test("decompress() never gives wrong text for a file with a flipped bit, where the format has sums", async () => {
  const text = compressedRows();
  for (const name of ["two-members.gz", "two-streams.bz2", "linked-sums.lz4", "framed.snappy"]) {
    const bytes = await Deno.readFile(new URL(name, CAPTURES));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 12, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }), async (index, bit) => {
        const damaged = bytes.slice();
        damaged[index] = (damaged[index] ?? 0) ^ (1 << bit);
        const result = await unpack(damaged, compressionOf(name));
        assert.ok(result === text || result.startsWith("Could not decompress"), `${name}: bit ${bit} of byte ${index}`);
      }),
      { numRuns: 15 },
    );
  }
});

Deno.test("decompress() refuses a plain file under any compressed name, and an empty one", async () => {
  const plain = new TextEncoder().encode("id,name\n1,a plain file of text\n2,another row\n");
  for (const compression of ["gz", "bz2", "z", "lz4", "snappy"] as const) {
    assert.match(await unpack(plain, compression), /^Could not decompress/, compression);
    assert.match(await unpack(new Uint8Array(), compression), /^Could not decompress/, compression);
  }
});

Deno.test("decompress() ignores zeros that pad a gzip file, as `gzip -t` does, however the bytes come", async () => {
  const member = gzipSync("a\n1\n");
  for (const members of [1, 3]) {
    for (const padding of [0, 1, 7, 8, 512, 10_240, 100_000]) {
      const bytes = Buffer.concat([...new Array<Uint8Array>(members).fill(member), new Uint8Array(padding)]);
      const sizes = [undefined, [member.length], [member.length + 1, 3000], [member.length - 1, 1], padding < 1000 ? [1] : [5000]];
      for (const size of sizes) assert.equal(await unpack(bytes, "gz", size), "a\n1\n".repeat(members), `${padding} zeros in ${size}`);
    }
  }
});

Deno.test("decompress() refuses what follows a gzip member and is neither zeros nor whole, behind padding too", async () => {
  const member = gzipSync("a\n1\n");
  const rests = [[1], [31], [31, 1], [0, 0, 1], [...new Uint8Array(40_000), 1], [0, ...member], [...member.subarray(0, 5)], [
    ...member.subarray(0, -1),
  ]];
  for (const rest of rests) {
    const bytes = Buffer.concat([member, Uint8Array.from(rest)]);
    for (const sizes of [undefined, [member.length], [member.length + 1], [member.length + 2], [1]]) {
      assert.match(await unpack(bytes, "gz", sizes), /^Could not decompress/, `${rest.slice(0, 4)} in ${sizes}`);
    }
  }
});

Deno.test("decompress() may be closed while a read waits, and that read ends", async () => {
  for (const name of FILES) {
    const file = await Deno.readFile(new URL(name, CAPTURES));
    const padded = name.endsWith(".gz") ? Buffer.concat([file, new Uint8Array(512)]) : file;
    const source = decompress(chunkedSource(padded, [500]), compressionOf(name), name);
    await source.read(new Uint8Array(16));
    const pending = source.read(new Uint8Array(100_000));
    source.close();
    await pending;
    while (await source.read(new Uint8Array(100_000)) > 0);
  }
});

Deno.test("decompress() passes a fault of the disk on as it is", async () => {
  const source = decompress(chunkedSource(gzipSync("a,b\n").subarray(0, 12), [5], new Error("disk")), "gz", "/in/x.gz");
  await assert.rejects(readAll(source), { message: "disk" });
});

Deno.test("decompress() may be closed halfway", async () => {
  for (const name of FILES) {
    let closed = false;
    const file = chunkedSource(await Deno.readFile(new URL(name, CAPTURES)), [500]);
    const source = decompress({ read: (into) => file.read(into), close: () => closed = true }, compressionOf(name), name);
    assert.ok(await source.read(new Uint8Array(16)) > 0);
    source.close();
    assert.equal(closed, true);
  }
});
