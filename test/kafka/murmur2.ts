/** Kafka's key hash, written from its specification (MurmurHash2, 32 bits, seed 0x9747b28c) to judge librdkafka's partitioner by. */
export function murmur2(key: Uint8Array): number {
  const m = 0x5bd1e995;
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  let hash = 0x9747b28c ^ key.length;
  const whole = key.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(view.getInt32(i, true), m);
    word ^= word >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(word, m);
  }
  const rest = key.length - whole;
  if (rest >= 3) hash ^= (key[whole + 2] as number) << 16;
  if (rest >= 2) hash ^= (key[whole + 1] as number) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (key[whole] as number), m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return (hash ^ (hash >>> 15)) | 0;
}

/** The partition Java's producer chooses for a key (Kafka 4, BuiltInPartitioner.partitionForKey). */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
