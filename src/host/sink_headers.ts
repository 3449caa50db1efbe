/** Headers of consumed records as columns. */
import type { HeaderColumn } from "../data/column.ts";
import type { Schema, SchemaAndValue, Value } from "../data/schema.ts";
import type { HeaderConverter } from "../sdk/converter.ts";
import type { ConsumedRecords } from "./ports.ts";
import type { SchemaCache } from "./sink_rows.ts";

/** Consecutive records whose headers have the same names and schemas, in the same order. */
export interface HeaderRun {
  readonly rows: number;
  readonly headers: readonly HeaderColumn[];
  readonly failures: readonly { readonly row: number; readonly error: Error }[];
}

interface ReadHeader extends SchemaAndValue {
  readonly name: string;
}

/** Records `from` to `to` (not included), cut where the headers change. Errors that `mayRetry` allows are thrown as they come. */
export function readHeaderRuns(
  converter: HeaderConverter,
  topic: string,
  records: ConsumedRecords,
  range: { readonly from: number; readonly to: number },
  schemas: SchemaCache,
  mayRetry: (error: unknown) => boolean,
): HeaderRun[] {
  const runs: HeaderRun[] = [];
  let rows: (readonly ReadHeader[] | null)[] = [];
  let first: readonly ReadHeader[] | undefined;
  let failures: { readonly row: number; readonly error: Error }[] = [];
  for (let i = range.from; i < range.to; i++) {
    try {
      const headers = records.headers(i).map(({ name, value }): ReadHeader => {
        const { schema, value: read } = converter.fromHeader(topic, name, value);
        return { name, schema: schema === null ? null : schemas.one(schema), value: read };
      });
      if (first !== undefined && !alike(first, headers)) {
        runs.push(runOf(rows, first, failures));
        [rows, failures, first] = [[], [], undefined];
      }
      first ??= headers;
      rows.push(headers);
    } catch (error) {
      if (mayRetry(error)) throw error;
      // The row is lost anyway, so it goes with any.
      failures.push({ row: rows.push(null) - 1, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  runs.push(runOf(rows, first ?? [], failures));
  return runs;
}

function alike(a: readonly ReadHeader[], b: readonly ReadHeader[]): boolean {
  return a.length === b.length && a.every((header, i) => header.name === b[i]?.name && header.schema === b[i]?.schema);
}

function runOf(
  rows: readonly (readonly ReadHeader[] | null)[],
  names: readonly { readonly name: string; readonly schema: Schema | null }[],
  failures: HeaderRun["failures"],
): HeaderRun {
  const headers = names.map(({ name, schema }, i): HeaderColumn => {
    const data = rows.map((row): Value => row?.[i]?.value ?? null);
    return { name, schema, column: { kind: "values", data } };
  });
  return { rows: rows.length, headers, failures };
}
