import assert from "node:assert/strict";
import fc from "fast-check";
import { type HostUse, partition, placeTask } from "../../../src/worker/placement.ts";

const SHARED: HostUse = { kind: "shared" };
const own = (connector: string): HostUse => ({ kind: "own", connector });
const apart = (group: number): HostUse => ({ kind: "apart", group });

Deno.test("placeTask() opens shared hosts up to the limit, then takes the least loaded", () => {
  const host = (tasks: number) => ({ use: SHARED, tasks });
  assert.equal(placeTask([], SHARED, 1), undefined);
  assert.equal(placeTask([host(1)], SHARED, 2), undefined);
  const idle = host(0);
  assert.equal(placeTask([host(1), idle], SHARED, 3), idle);
  const lighter = host(2);
  assert.equal(placeTask([host(3), lighter, host(2)], SHARED, 3), lighter);
});

Deno.test("placeTask() never mixes uses", () => {
  const hosts = [SHARED, own("a"), own("b"), apart(1), apart(2)].map((use) => ({ use, tasks: 5 }));
  for (const host of hosts) assert.equal(placeTask(hosts, host.use, 1), host);
  assert.equal(placeTask(hosts, own("c"), 9), undefined);
  assert.equal(placeTask(hosts, apart(3), 9), undefined);
});

Deno.test("partition() keeps all items in order, in groups of nearly equal size", () => {
  fc.assert(fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 10 }), (items, groups) => {
    const parts = partition(items, groups);
    assert.deepEqual(parts.flat(), items);
    assert.equal(parts.length, Math.min(items.length, groups));
    const sizes = parts.map((part) => part.length);
    assert.ok(sizes.length === 0 || Math.max(...sizes) - Math.min(...sizes) <= 1);
  }));
});
