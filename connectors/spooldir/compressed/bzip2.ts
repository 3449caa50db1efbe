import { type ByteReader, CorruptFile } from "./byte_reader.ts";

/** What there is of unbzip2-stream here: a Node stream of the old kind. */
interface Unpacker {
  on(event: "data", listener: (chunk: Uint8Array) => void): void;
  on(event: "error", listener: (cause: unknown) => void): void;
  write(chunk: Uint8Array): void;
  end(): void;
}

/** Unpacks bzip2, stream after stream, checking its sums. The library works at once, within `write`. */
export async function* bunzip2(input: ByteReader): AsyncGenerator<Uint8Array> {
  const { default: unbzip2 } = await import("unbzip2-stream");
  const unpacker: Unpacker = unbzip2();
  const unpacked: Uint8Array[] = [];
  let error: Error | null = null;
  unpacker.on("data", (chunk: Uint8Array) => unpacked.push(chunk));
  unpacker.on("error", (cause: unknown) => error ??= new CorruptFile("its blocks make no sense", { cause }));
  let isEmpty = true;
  for (let chunk = await input.some(); chunk !== null; chunk = await input.some()) {
    isEmpty = false;
    unpacker.write(chunk.slice()); // it keeps what it cannot use yet
    if (error !== null) throw error;
    yield* unpacked.splice(0);
  }
  if (isEmpty) throw new CorruptFile("it is empty");
  unpacker.end();
  if (error !== null) throw error;
  yield* unpacked.splice(0);
}
