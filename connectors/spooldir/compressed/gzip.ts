import { createGunzip } from "node:zlib";
import type { ByteReader } from "./byte_reader.ts";

/** Unpacks gzip, member after member. node:zlib checks lengths and sums, and refuses what follows the last member unless it is zeros. */
export async function* gunzip(input: ByteReader): AsyncGenerator<Uint8Array> {
  const unpacker = createGunzip();
  const unpacked: Uint8Array[] = [];
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => fail = reject);
  failure.catch(() => {}); // met by the race below, or by nobody when reading stops early
  unpacker.on("data", (chunk: Uint8Array) => unpacked.push(chunk));
  unpacker.on("error", (error: Error) => fail(error));
  try {
    for (let chunk = await input.some(); chunk !== null; chunk = await input.some()) {
      const packed = chunk;
      await Promise.race([failure, new Promise<void>((resolve) => unpacker.write(packed, () => resolve()))]);
      yield* unpacked.splice(0);
    }
    await Promise.race([failure, new Promise<void>((resolve) => unpacker.on("end", resolve).end())]);
    yield* unpacked.splice(0);
  } finally {
    unpacker.destroy();
  }
}
