/** What rows are read from: a table, or the user's query. */
import type { SourcePartition } from "sdk";
import type { SqlPart, TableDefinition } from "../sql/dialect.ts";
import { plainName, type TableId } from "../sql/table_id.ts";
import { bareTablePartition, QUERY_PARTITION, tablePartition } from "./offsets.ts";
import type { Settings } from "./settings.ts";

/** A table or a query, and the columns its rows are found by. */
export interface RowSource {
  /** What stands behind FROM. */
  readonly from: readonly SqlPart[];
  /** The whole statement that gives all rows. */
  readonly all: readonly SqlPart[];
  /** For messages. */
  readonly shown: string;
  readonly table: TableId | null;
  readonly topic: string;
  readonly schemaName: string | undefined;
  readonly partition: SourcePartition;
  /** Where an offset is looked for when there is none under `partition`. */
  readonly olderPartition: SourcePartition | null;
  /** Empty where the mode needs none. */
  readonly incrementingColumn: string;
  readonly timestampColumns: readonly string[];
  /** No two rows have one id, so that rows may be asked for in pages. */
  readonly hasUniqueIds: boolean;
}

/** What tells rows of a table from others. */
export interface TableColumnsFound {
  readonly incrementing: string;
  readonly timestamps: readonly string[];
}

/** A table as a source of rows. `definition`: null where nobody looked, as in bulk mode. */
export function tableSource(
  id: TableId,
  settings: Settings,
  columns: TableColumnsFound,
  definition: TableDefinition | null,
): RowSource {
  const isBulk = settings.mode === "bulk";
  return {
    from: [{ table: id }],
    all: ["SELECT * FROM ", { table: id }],
    shown: plainName(id),
    table: id,
    topic: settings.topicPrefix + id.name,
    schemaName: id.name,
    partition: isBulk ? bareTablePartition(id) : tablePartition(id),
    olderPartition: isBulk ? null : bareTablePartition(id),
    incrementingColumn: columns.incrementing,
    timestampColumns: columns.timestamps,
    hasUniqueIds: definition !== null && definition.hasChildren !== true && isUnique(definition, columns.incrementing),
  };
}

function isUnique(definition: TableDefinition, column: string): boolean {
  const isColumn = (names: readonly string[]) => names.length === 1 && names[0]?.toLowerCase() === column.toLowerCase();
  return isColumn(keyOf(definition)) || definition.uniqueKeys.some(isColumn);
}

function keyOf({ columns }: TableDefinition): string[] {
  return columns.filter(({ keyPosition }) => keyPosition > 0).sort((a, b) => a.keyPosition - b.keyPosition).map(({ name }) => name);
}

/** The user's query as a source of rows. Brackets are put around it, so that it may have clauses of any kind, and end in a comment. */
export function querySource(query: string, settings: Settings): RowSource {
  return {
    from: ["(", query, "\n) AS sluice_q"],
    all: [query],
    shown: settings.isQuerySecret ? "<redacted>" : query,
    table: null,
    topic: settings.topicPrefix,
    schemaName: undefined,
    partition: QUERY_PARTITION,
    olderPartition: null,
    incrementingColumn: lastPart(settings.incrementingColumn),
    timestampColumns: settings.timestampColumns.map(lastPart),
    hasUniqueIds: false,
  };
}

/** `o.id` names the column `id` of the result. */
function lastPart(name: string): string {
  return name.substring(name.lastIndexOf(".") + 1);
}
