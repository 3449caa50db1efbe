/**
 * A stretch of bytes that slices point into. A source fills it, lends it to one batch, and may fill it again once the
 * next `poll()` is called. What slices cover is valid UTF-8; at least `SPARE_BYTES` follow the last used byte, so that a
 * kernel may copy eight bytes at a time and overshoot.
 */
export interface Region {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Bytes in use, from 0. */
  used: number;
}

/** Bytes a kernel may read or write past the end of a slice. */
export const SPARE_BYTES = 8;

/** A region of `capacity` usable bytes plus the spare ones. */
export function allocateRegion(capacity: number): Region {
  const buffer = new ArrayBuffer(capacity + SPARE_BYTES);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), used: 0 };
}

/**
 * The place converters write to. `kafka/memory.ts` has one whose memory librdkafka reads; tests use `heapArena`.
 * `reserve` may move the bytes: read `bytes` and `view` again after it. What was written keeps its offset.
 */
export interface Arena {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  used: number;
  /** Makes room for `size` bytes after `used`, spare bytes not counted. */
  reserve(size: number): void;
}

/** Makes sure that `size` bytes fit behind `at`, which becomes `used` when the arena has to grow. */
export function makeRoom(arena: Arena, at: number, size: number): void {
  if (at + size + SPARE_BYTES <= arena.bytes.length) return;
  arena.used = at;
  arena.reserve(size);
}

/** An arena in plain JavaScript memory, for tests and for converting one record. */
export function heapArena(capacity = 4096): Arena {
  let region = allocateRegion(capacity);
  return {
    get bytes() {
      return region.bytes;
    },
    get view() {
      return region.view;
    },
    used: 0,
    reserve(size: number) {
      const needed = this.used + size;
      if (needed + SPARE_BYTES <= region.bytes.length) return;
      const grown = allocateRegion(Math.max(needed, region.bytes.length * 2));
      grown.bytes.set(region.bytes.subarray(0, this.used));
      region = grown;
    },
  };
}
