import { type ByteReader, CorruptFile, littleEndian } from "./byte_reader.ts";
import { unpackLz4Block } from "./lz4_block.ts";
import { Xxh32, xxh32 } from "./xxhash.ts";

const FRAME = 0x184d2204;
const LEGACY_FRAME = 0x184c2102;
/** Sixteen magic numbers from this one on begin a stretch to be skipped. */
const SKIPPABLE = 0x184d2a50;
const LEGACY_BLOCK_BYTES = 8 * 1024 * 1024;
/** How far back a match may reach. */
const WINDOW_BYTES = 64 * 1024;
/** A block without a frame must fit into memory, packed and unpacked. */
const MAX_BARE_BYTES = 64 * 1024 * 1024;
const MAX_BARE_UNPACKED = 512 * 1024 * 1024;

/**
 * Unpacks LZ4: the frames that the `lz4` tool writes, one after another, or one bare block, which SpoolDir means by `.lz4`. A bare
 * block says neither how long it is nor what its sum is, so one that is cut short may pass for a whole one.
 */
export async function* unlz4(input: ByteReader): AsyncGenerator<Uint8Array> {
  if (!isMagic(littleEndian(await input.peek(4)))) {
    yield unpackBare(await input.rest(MAX_BARE_BYTES));
    return;
  }
  while ((await input.peek(1)).length > 0) {
    const magic = await input.uint32();
    if (magic === FRAME) yield* frame(input);
    else if (magic === LEGACY_FRAME) yield* legacyFrame(input);
    else if (isMagic(magic)) await skip(input, await input.uint32());
    else throw new CorruptFile("something that is no LZ4 frame follows");
  }
}

function isMagic(value: number): boolean {
  return value === FRAME || value === LEGACY_FRAME || Math.floor(value / 16) === SKIPPABLE / 16;
}

async function skip(input: ByteReader, size: number): Promise<void> {
  for (let left = size; left > 0; left -= Math.min(left, WINDOW_BYTES)) await input.take(Math.min(left, WINDOW_BYTES));
}

interface FrameHead {
  readonly maxBlock: number;
  readonly hasBlockSums: boolean;
  readonly hasContentSum: boolean;
  readonly isLinked: boolean;
}

async function frameHead(input: ByteReader): Promise<FrameHead> {
  const [flags = 0, sizes = 0] = await input.peek(2);
  const size = 2 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  const head = (await input.take(size + 1)).slice();
  if (flags >> 6 !== 1 || ((xxh32(head.subarray(0, size)) >> 8) & 0xff) !== head[size]) throw new CorruptFile("a frame's head is damaged");
  if (flags & 0x01) throw new CorruptFile("it needs a dictionary, which cannot be given here");
  const exponent = (sizes >> 4) & 7;
  if (exponent < 4) throw new CorruptFile("a frame's head is damaged");
  return {
    maxBlock: 1 << (8 + 2 * exponent),
    isLinked: (flags & 0x20) === 0,
    hasBlockSums: (flags & 0x10) !== 0,
    hasContentSum: (flags & 0x04) !== 0,
  };
}

async function* frame(input: ByteReader): AsyncGenerator<Uint8Array> {
  const { maxBlock, isLinked, hasBlockSums, hasContentSum } = await frameHead(input);
  const out = new Uint8Array(WINDOW_BYTES + maxBlock);
  const sum = new Xxh32();
  let history = 0;
  for (let word = await input.uint32(); word !== 0; word = await input.uint32()) {
    const size = word & 0x7fff_ffff;
    if (size > maxBlock) throw new CorruptFile("a block is larger than its frame allows");
    const packed = await input.take(size + (hasBlockSums ? 4 : 0));
    const block = packed.subarray(0, size);
    if (hasBlockSums && littleEndian(packed.subarray(size)) !== xxh32(block)) throw new CorruptFile("a block's sum does not fit");
    const end = word >>> 31 === 1 ? store(block, out, history) : unpackLz4Block(block, out, history);
    if (end < 0 || end - history > maxBlock) throw new CorruptFile("a block is larger than its frame allows");
    const unpacked = out.slice(history, end);
    if (hasContentSum) sum.update(unpacked);
    yield unpacked;
    history = isLinked ? keepWindow(out, end) : 0;
  }
  if (hasContentSum && await input.uint32() !== sum.digest()) throw new CorruptFile("its sum does not fit");
}

/** A block that did not get smaller is not packed. */
function store(block: Uint8Array, out: Uint8Array, at: number): number {
  out.set(block, at);
  return at + block.length;
}

/** Moves the last 64 KiB to the front; returns how much there is. */
function keepWindow(out: Uint8Array, end: number): number {
  const start = Math.max(0, end - WINDOW_BYTES);
  out.copyWithin(0, start, end);
  return end - start;
}

/** What `lz4 -l` and Linux kernels write: blocks without sums, up to the end of the file or the next frame. */
async function* legacyFrame(input: ByteReader): AsyncGenerator<Uint8Array> {
  const out = new Uint8Array(LEGACY_BLOCK_BYTES);
  for (let next = await input.peek(4); next.length > 0 && !isMagic(littleEndian(next)); next = await input.peek(4)) {
    const size = await input.uint32();
    if (size > 2 * LEGACY_BLOCK_BYTES) throw new CorruptFile("a block is larger than its frame allows");
    const end = unpackLz4Block(await input.take(size), out, 0);
    if (end < 0) throw new CorruptFile("a block is larger than its frame allows");
    yield out.slice(0, end);
  }
}

function unpackBare(packed: Uint8Array): Uint8Array {
  for (let size = Math.max(1024, 4 * packed.length); size <= MAX_BARE_UNPACKED; size *= 4) {
    const out = new Uint8Array(size);
    const end = unpackLz4Block(packed, out, 0);
    if (end >= 0) return out.subarray(0, end);
  }
  throw new CorruptFile(`it is one block that becomes more than ${MAX_BARE_UNPACKED} bytes`);
}
