import { createGunzip } from "node:zlib";
import { type ByteReader, CorruptFile } from "./byte_reader.ts";

/**
 * Unpacks gzip, member after member. node:zlib checks lengths and sums, and refuses what follows a member and is neither another
 * nor zeros. Zeros end the file for it: what it leaves is judged here, and no callback is waited for that its end may leave out.
 */
export async function* gunzip(input: ByteReader): AsyncGenerator<Uint8Array> {
  const unpacker = createGunzip();
  const unpacked: Uint8Array[] = [];
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {}); // met by the races below, or by nobody when reading stops early
  unpacker.on("data", (chunk: Uint8Array) => unpacked.push(chunk));
  unpacker.on("end", () => ended.resolve());
  unpacker.on("error", (error: Error) => ended.reject(error));
  unpacker.on("close", () => ended.reject(new CorruptFile("it ends too early"))); // counts only without the two above
  let given = 0;
  try {
    for (let chunk = await input.some(); chunk !== null; chunk = await input.some()) {
      const packed = chunk;
      given += packed.length;
      await Promise.race([ended.promise, new Promise<void>((resolve) => unpacker.write(packed, () => resolve()))]);
      yield* unpacked.splice(0);
      const left = given - unpacker.bytesWritten;
      if (left > 0) return await requireZeros(packed.subarray(packed.length - left), input);
    }
    unpacker.end();
    await ended.promise;
    yield* unpacked.splice(0);
  } finally {
    unpacker.destroy();
  }
}

/** Tapes and disks pad a file to whole blocks; everything else behind the last member is damage, as for `gzip -t`. */
async function requireZeros(tail: Uint8Array, input: ByteReader): Promise<void> {
  for (let part: Uint8Array | null = tail; part !== null; part = await input.some()) {
    if (part.some((byte) => byte !== 0)) throw new CorruptFile("something other than zeros follows its end");
  }
}
