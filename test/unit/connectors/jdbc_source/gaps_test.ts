import assert from "node:assert/strict";
import fc from "fast-check";
import { Gaps } from "../../../../connectors/jdbc_source/gaps.ts";

/** All ids the gaps hold. */
function missing(gaps: Gaps): number[] {
  return gaps.questions().flat().flatMap(([from, to]) => Array.from({ length: Number(to - from) + 1 }, (_, i) => Number(from) + i));
}

Deno.test("Gaps hold exactly what is missing between the ids seen, less what was found", () => {
  const ids = fc.uniqueArray(fc.integer({ min: -50, max: 200 }), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(ids, fc.array(fc.integer({ min: -60, max: 210 })), (some, later) => {
    const seen = some.toSorted((a, b) => a - b);
    const gaps = new Gaps();
    for (const [i, id] of seen.entries()) if (i > 0) gaps.between(seen[i - 1] as number, id, 0);
    const wanted = new Set<number>();
    for (let id = seen[0] as number; id < (seen.at(-1) as number); id++) if (!seen.includes(id)) wanted.add(id);
    for (const id of later) assert.equal(gaps.found(id), wanted.delete(id));
    assert.deepEqual(missing(gaps), [...wanted]);
    assert.deepEqual(missing(Gaps.of(gaps.note(1000), 0)), [...wanted]);
  }));
});

Deno.test("Gaps.note() is exact for ids of any step, and short", () => {
  for (const step of [2, 3, 10]) {
    const gaps = new Gaps();
    for (let id = 0; id < 15_000 * step; id += step) gaps.between(id, id + step, 0);
    assert.ok(gaps.note(1e9).length < 30);
    assert.deepEqual(missing(Gaps.of(gaps.note(1e9), 0)), missing(gaps));
  }
  const gaps = Gaps.of("5,9..12", 0);
  assert.deepEqual(missing(gaps), [5, 9, 10, 11, 12]);
});

Deno.test("Gaps.note() has a limit, beyond which ranges that lie close are joined", () => {
  const gaps = new Gaps();
  let id = 0;
  for (let i = 0; i < 19_000; i++) {
    const next = id + 2 + (i * i) % 89;
    gaps.between(id, next, 0);
    id = next + (i % 50 === 0 ? 100_000 : i % 2);
  }
  const note = gaps.note(1e12);
  assert.ok(note.length <= 65_536, `${note.length}`);
  const restored = new Set(missing(Gaps.of(note, 0)));
  const all = missing(gaps);
  assert.ok(all.every((one) => restored.has(one)));
  assert.ok(restored.size < all.length + 40_000, `${restored.size - all.length} ids more`);
  assert.ok(missing(Gaps.of(gaps.note(100), 0)).every((one) => one < 100));
});

Deno.test("Gaps.expire() forgets what has been missing for long, and keepNear() what lies far below", () => {
  const gaps = new Gaps();
  gaps.between(1, 3, 0);
  gaps.between(3, 5, 900);
  gaps.expire(1000, (ageMs) => ageMs >= 1000);
  assert.deepEqual(missing(gaps), [4]);
  gaps.between(5, 1000, 900);
  gaps.keepNear(1000, 100n);
  assert.ok(!missing(gaps).includes(4));
  assert.ok(missing(gaps).includes(950));
});

Deno.test("Gaps beyond 2^53 are exact, and too many are given up from the oldest on", () => {
  const big = 2n ** 60n;
  const gaps = new Gaps();
  gaps.between(big, big + 3n, 0);
  assert.equal(gaps.note(big + 3n), `${big + 1n}..${big + 2n}`);
  for (let id = 0; id < 50_000; id += 2) gaps.between(big + BigInt(id) + 3n, big + BigInt(id) + 5n, 0);
  assert.ok(gaps.overflowed);
  assert.ok(!gaps.found(big + 1n));
  assert.ok(gaps.found(big + 50_002n));
});
