import { type ByteReader, CorruptFile, littleEndian } from "./byte_reader.ts";
import { crc32c } from "./crc32c.ts";
import { copyLiterals, copyMatch } from "./lz4_block.ts";

/** `sNaPpY`, which begins a framed file as a chunk of its own. */
const STREAM_HEAD = Uint8Array.of(0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59);
/** Most bytes a chunk holds, unpacked. */
const MAX_CHUNK = 64 * 1024;
/** A block without frames must fit into memory, packed and unpacked. */
const MAX_BARE_BYTES = 64 * 1024 * 1024;
const MAX_BARE_UNPACKED = 512 * 1024 * 1024;

/** Unpacks Snappy: the framing format, or one bare block, which SpoolDir means by `.snappy`. */
export async function* unsnappy(input: ByteReader): AsyncGenerator<Uint8Array> {
  const head = await input.peek(STREAM_HEAD.length);
  if (!STREAM_HEAD.every((byte, index) => head[index] === byte)) {
    yield unpackSnappyBlock(await input.rest(MAX_BARE_BYTES), MAX_BARE_UNPACKED);
    return;
  }
  while ((await input.peek(1)).length > 0) {
    const start = await input.take(4);
    const type = start[0] as number;
    const size = littleEndian(start.subarray(1));
    const chunk = await input.take(size);
    if (type <= 0x01) yield unpackChunk(type, chunk);
    else if (type < 0x80) throw new CorruptFile(`it holds a chunk of unknown type ${type}`);
  }
}

function unpackChunk(type: number, chunk: Uint8Array): Uint8Array {
  if (chunk.length < 4) throw new CorruptFile("a chunk ends too early");
  const body = chunk.subarray(4);
  const unpacked = type === 0 ? unpackSnappyBlock(body, MAX_CHUNK) : body.slice();
  const sum = crc32c(unpacked);
  const masked = (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0; // as the framing format wants it
  if (masked !== littleEndian(chunk.subarray(0, 4))) throw new CorruptFile("a chunk's sum does not fit");
  return unpacked;
}

/** Unpacks a block, which begins with its length, of which it must not fall short. */
export function unpackSnappyBlock(packed: Uint8Array, limit: number): Uint8Array {
  let p = 0;
  let size = 0;
  for (let shift = 1;; shift *= 128) {
    const byte = byteAt(packed, p++);
    size += (byte & 0x7f) * shift;
    if (byte < 0x80) break;
    if (p > 4) throw new CorruptFile("a block's length is damaged");
  }
  if (size > limit) throw new CorruptFile(`a block becomes ${size} bytes, more than the ${limit} it may`);
  const out = new Uint8Array(size);
  let o = 0;
  while (p < packed.length) {
    const tag = packed[p++] as number;
    const kind = tag & 3;
    // Bytes behind the tag: of a literal's length, or of an offset.
    const more = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind;
    let extra = 0;
    for (let i = 0, unit = 1; i < more; i++, unit *= 256) extra += byteAt(packed, p++) * unit;
    if (kind === 0) {
      const length = (more === 0 ? tag >> 2 : extra) + 1;
      if (p + length > packed.length || o + length > size) throw new CorruptFile("a block ends too early");
      copyLiterals(packed, p, length, out, o);
      p += length;
      o += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = kind === 1 ? ((tag >> 5) << 8) | extra : extra;
    if (offset === 0 || offset > o || o + length > size) throw new CorruptFile("a block refers to text it does not have");
    copyMatch(out, o, offset, length);
    o += length;
  }
  if (o !== size) throw new CorruptFile("a block ends too early");
  return out;
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new CorruptFile("a block ends too early");
  return byte;
}
