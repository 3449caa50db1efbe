/** The statements of the modes, shaped so that an index on the columns serves them in all databases. */
import type { Moment, SqlPart } from "../sql/dialect.ts";
import type { IdRange } from "./gaps.ts";
import type { Id, Position } from "./offsets.ts";
import type { RowSource } from "./row_source.ts";

type Parts = readonly SqlPart[];

/** Rows with greater ids, in order; null: all of them. */
export function rowsAfterId(source: RowSource, after: Id | null): Parts {
  const column: SqlPart = { name: source.incrementingColumn };
  const condition: Parts = after === null ? [] : [" WHERE ", column, " > ", integer(after)];
  return ["SELECT * FROM ", ...source.from, ...condition, " ORDER BY ", column, " ASC"];
}

/** Rows with ids in these ranges, in order. */
export function rowsInRanges(source: RowSource, ranges: readonly IdRange[]): Parts {
  const column: SqlPart = { name: source.incrementingColumn };
  const conditions = ranges.map(([from, to]): Parts => {
    return from === to
      ? [column, " = ", { integer: from }]
      : ["(", column, " >= ", { integer: from }, " AND ", column, " <= ", { integer: to }, ")"];
  });
  return ["SELECT * FROM ", ...source.from, " WHERE ", ...joined(conditions, " OR "), " ORDER BY ", column, " ASC"];
}

/** Where a reading by timestamp begins: at an instant, behind a position, with the rows of one instant alone, or with all. */
export type Start =
  | { readonly is: "at"; readonly moment: Moment }
  | { readonly is: "after"; readonly position: Position & { readonly moment: Moment } }
  | { readonly is: "only"; readonly moment: Moment }
  | { readonly is: "all" };

/** Rows from the start up to, not including, `end`, by timestamp and, where there is an incrementing column, by id. */
export function rowsByTime(source: RowSource, start: Start, end: Moment): Parts {
  const time = timeOf(source);
  const id: Parts = source.incrementingColumn === "" ? [] : [{ name: source.incrementingColumn }];
  const order = [time, id].filter((parts) => parts.length > 0);
  const conditions = [...lowerBound(start, time, id, source), [...time, " < ", momentPart(end, source)]];
  return [
    "SELECT * FROM ",
    ...source.from,
    " WHERE ",
    ...joined(conditions, " AND "),
    " ORDER BY ",
    ...joined(order.map((parts): Parts => [...parts, " ASC"]), ", "),
  ];
}

function lowerBound(start: Start, time: Parts, id: Parts, source: RowSource): Parts[] {
  switch (start.is) {
    case "all":
      return [];
    case "at":
      return [[...time, " >= ", momentPart(start.moment, source)]];
    case "only":
      return [[...time, " = ", momentPart(start.moment, source)]];
    case "after": {
      const moment = momentPart(start.position.moment, source);
      if (id.length === 0) return [[...time, " > ", moment]];
      const atLeast: Parts = [...time, " >= ", moment];
      // A position without an id, as timestamp.initial is one, lies before all rows of its instant.
      if (start.position.id === null) return [atLeast];
      return [atLeast, ["(", ...time, " > ", moment, " OR ", ...id, " > ", integer(start.position.id), ")"]];
    }
  }
}

/** One column, or the first of several that is not null. */
function timeOf({ timestampColumns }: RowSource): Parts {
  const names = timestampColumns.map((name): Parts => [{ name }]);
  return names.length === 1 ? names[0] ?? [] : ["COALESCE(", ...joined(names, ","), ")"];
}

function momentPart(moment: Moment, { timestampColumns }: RowSource): SqlPart {
  const [column] = timestampColumns;
  return column === undefined ? { moment } : { moment, column };
}

function integer(id: Id): SqlPart {
  return { integer: BigInt(id) };
}

function joined(lists: readonly Parts[], separator: string): Parts {
  return lists.flatMap((parts, index) => index === 0 ? parts : [separator, ...parts]);
}
