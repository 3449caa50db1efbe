/** Whatever fails and however the records are cut into batches: an upserted table holds the latest value of each key. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { primitiveSchema, RetriableError, type Schema, type SinkBatch, Struct, structSchema } from "sdk";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { deadlock, type FaultPoint, faultyDialect, lostConnection } from "../../../fakes/faulty_dialect.ts";
import { type Row, sinkBatch } from "../../../fakes/sink_batches.ts";
import { SinkGround } from "../../../fakes/sink_ground.ts";

const TEXT = primitiveSchema("STRING", { optional: true });

/** A write or, without a text, a delete. `wide`: with a second column. */
interface Action {
  readonly key: number;
  readonly text: string | null;
  readonly wide: boolean;
}

/** How keys are made of small numbers. */
interface KeyKind {
  readonly schema: Schema;
  of(id: number): number | string;
}

const KEY_KINDS: readonly KeyKind[] = [
  { schema: primitiveSchema("INT32"), of: (id) => id },
  { schema: primitiveSchema("STRING"), of: (id) => `k"${id}\\ž` },
];

const actions = fc.array(
  fc.record({ key: fc.nat(5), text: fc.option(fc.constantFrom("a", "b", "c ž", 'q"'), { freq: 3 }), wide: fc.boolean() }),
  { minLength: 1, maxLength: 60 },
);
const POINTS: readonly FaultPoint[] = ["connect", "begin", "write", "commit", "committed", "describe"];
const faults = fc.array(fc.record({ point: fc.constantFrom(...POINTS), after: fc.nat(6), isLost: fc.boolean() }), { maxLength: 6 });

Deno.test("JdbcSinkTask.put() leaves the latest value of each key, whatever fails and however records are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      actions,
      faults,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.constantFrom(...KEY_KINDS),
      fc.constantFrom("values" as const, "columns" as const),
      async (given, wanted, cuts, kind, as) => {
        const waiting = wanted.map((fault) => ({ ...fault }));
        const dialect = faultyDialect(sqlite, (point) => {
          const [first] = waiting;
          if (first === undefined || first.point !== point || first.after-- > 0) return null;
          waiting.shift();
          return first.isLost || point === "committed" || point === "connect" ? lostConnection() : deadlock();
        });
        const config = {
          "insert.mode": "upsert",
          "pk.mode": "record_key",
          "pk.fields": "id",
          "delete.enabled": "true",
          "auto.create": "true",
          "auto.evolve": "true",
        };
        await using ground = await SinkGround.open({ config, dialects: [dialect] });
        for (const batches of putsOf(given, cuts, kind, as)) await putUntilTaken(ground, batches);
        assert.deepEqual(tableOf(ground), latest(given, kind));
      },
    ),
    { numRuns: 100 },
  );
});

/** As the engine does: the same batches again after a retriable error. */
async function putUntilTaken(ground: SinkGround, batches: readonly SinkBatch[]): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      return await ground.put(...batches);
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
    }
  }
  assert.fail("twenty tries are enough for any faults given here");
}

const NARROW = structSchema([["name", TEXT]]);
const WIDE = structSchema([["name", TEXT], ["more", TEXT]]);

/** Puts of one to three batches each; a batch holds rows of one schema, tombstones among them. */
function putsOf(given: readonly Action[], cuts: readonly number[], kind: KeyKind, as: "values" | "columns"): SinkBatch[][] {
  const puts: SinkBatch[][] = [];
  let open: SinkBatch[] = [];
  let at = 0;
  for (let cut = 0; at < given.length; cut++) {
    const most = cuts[cut % cuts.length] as number;
    const isWide = given.slice(at).find((action) => action.text !== null)?.wide ?? false;
    let end = at;
    while (end < given.length && end - at < most && (given[end]?.text === null || given[end]?.wide === isWide)) end++;
    const rows = given.slice(at, end).map((action): Row => {
      const key = kind.of(action.key);
      if (action.text === null) return { key };
      return { key, value: isWide ? new Struct(WIDE, [action.text, action.text + "!"]) : new Struct(NARROW, [action.text]) };
    });
    const hasValue = rows.some((row) => row.value !== undefined);
    open.push(sinkBatch(rows, { keySchema: kind.schema, valueSchema: hasValue ? (isWide ? WIDE : NARROW) : null, offset: at, as }));
    at = end;
    if (open.length >= 1 + (cut % 3) || at === given.length) {
      puts.push(open);
      open = [];
    }
  }
  return puts;
}

/** What upserts and deletes one after the other leave: a narrow one keeps the second column of a row that is there. */
function latest(given: readonly Action[], kind: KeyKind): Map<unknown, unknown[]> {
  const rows = new Map<unknown, unknown[]>();
  for (const { key, text, wide } of given) {
    const id = kind.of(key);
    if (text === null) rows.delete(id);
    else rows.set(id, [text, wide ? text + "!" : rows.get(id)?.[1] ?? null]);
  }
  return new Map([...rows].sort(([a], [b]) => a as number < (b as number) ? -1 : 1));
}

function tableOf(ground: SinkGround): Map<unknown, unknown[]> {
  if (ground.ddl("t") === undefined) return new Map();
  const isWide = ground.rows("SELECT COUNT(*) FROM pragma_table_info('t') WHERE name = 'more'")[0]?.[0] === 1;
  const rows = ground.rows(`SELECT id, name, ${isWide ? "more" : "NULL"} FROM t`);
  return new Map(rows.map(([id, ...rest]) => [id, rest] as const).sort(([a], [b]) => a as number < (b as number) ? -1 : 1));
}
