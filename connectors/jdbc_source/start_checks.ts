/** What is looked at before a task reads, in the reference's order and words (JDBC connector 10.9, JdbcSourceTask.start). */
import { ConfigError, ConnectError } from "sdk";
import type { Session, TableDefinition } from "../sql/dialect.ts";
import { plainName, quotedName, type TableId } from "../sql/table_id.ts";
import type { TableColumnsFound } from "./row_source.ts";
import type { Settings, TableColumns } from "./settings.ts";

/** A table of the task, and what its rows are found by. */
export interface CheckedTable {
  readonly id: TableId;
  /** Null when the table is gone, and in bulk mode, where nobody looks. */
  readonly definition: TableDefinition | null;
  readonly columns: TableColumnsFound;
}

/** Finds and checks the columns of all tables. Throws what makes the task fail. */
export async function checkTables(session: Session, ids: readonly TableId[], settings: Settings): Promise<CheckedTable[]> {
  if (settings.mode === "bulk") return ids.map((id) => ({ id, definition: null, columns: { incrementing: "", timestamps: [] } }));
  for (const id of ids) requireOneMapping(id, settings);
  const checked: CheckedTable[] = [];
  for (const [index, id] of ids.entries()) {
    const definition = await session.describe(id);
    const shown = quotedName(id, session.quote);
    const columns = columnsFor(id, definition, settings, shown);
    if (index === 0) requireColumns(definition, columns, shown);
    if (settings.requiresNonNull && definition !== null) requireNonNull(definition, columns, settings, shown);
    checked.push({ id, definition, columns });
  }
  return checked;
}

function usesIds({ mode }: Settings): boolean {
  return mode === "incrementing" || mode === "timestamp+incrementing";
}

function usesTime({ mode }: Settings): boolean {
  return mode === "timestamp" || mode === "timestamp+incrementing";
}

function requireOneMapping(id: TableId, settings: Settings): void {
  const kinds = [
    ["timestamp", settings.timestampMappings, usesTime(settings)],
    ["incrementing", settings.incrementingMappings, usesIds(settings)],
  ] as const;
  for (const [what, mappings, isUsed] of kinds) {
    if (!isUsed || mappings.length === 0) continue;
    const matching = matchingMappings(mappings, id).length;
    if (matching === 1) continue;
    throw new ConfigError(
      `Error while validating ${what} column mappings: Included table '${plainName(id)}' ` +
        (matching === 0 ? "does not match any of the provided regexes" : "matches more than one of the provided regexes"),
    );
  }
}

function matchingMappings(mappings: readonly TableColumns[], id: TableId): readonly TableColumns[] {
  return mappings.filter(({ matches }) => matches(plainName(id)));
}

function columnsFor(id: TableId, definition: TableDefinition | null, settings: Settings, shown: string): TableColumnsFound {
  const [mappedId] = matchingMappings(settings.incrementingMappings, id);
  const [mappedTimes] = matchingMappings(settings.timestampMappings, id);
  const incrementing = !usesIds(settings) ? "" : mappedId?.columns[0] ?? settings.incrementingColumn;
  const timestamps = !usesTime(settings) ? [] : mappedTimes?.columns ?? settings.timestampColumns;
  if (incrementing !== "" || !usesIds(settings)) return { incrementing, timestamps };
  const counted = definition?.columns.find(({ isAutoIncrement }) => isAutoIncrement)?.name;
  if (counted !== undefined) return { incrementing: counted, timestamps };
  // The reference would repeat a broken statement for ever.
  throw new ConfigError(
    `Cannot read ${shown} in mode ${settings.mode}, as no column of it is counted up by the database: name one in incrementing.column.name`,
  );
}

function requireColumns(definition: TableDefinition | null, { incrementing, timestamps }: TableColumnsFound, shown: string): void {
  const names = new Set(definition?.columns.map(({ name }) => name.toLowerCase()));
  if (incrementing !== "" && !names.has(incrementing.toLowerCase())) {
    throw new ConfigError(`Incrementing column: ${incrementing} does not exist in table '${shown}'`);
  }
  const missing = timestamps.filter((name) => !names.has(name.toLowerCase()));
  if (missing.length > 0) throw new ConfigError(`Timestamp columns: ${missing.join(", ")} do not exist in table '${shown}'`);
}

function requireNonNull(definition: TableDefinition, columns: TableColumnsFound, settings: Settings, shown: string): void {
  const { incrementing, timestamps } = columns;
  const isRequired = (wanted: string) => {
    return definition.columns.some(({ name, isNullable, keyPosition }) =>
      name.toLowerCase() === wanted.toLowerCase() && (!isNullable || keyPosition > 0)
    );
  };
  if (incrementing !== "" && !isRequired(incrementing)) {
    throw new ConnectError(
      `Cannot make incremental queries using incrementing column ${incrementing} on ${shown} because this column is nullable.`,
    );
  }
  if (usesTime(settings) && !timestamps.some(isRequired)) {
    throw new ConnectError(
      `Cannot make incremental queries using timestamp columns ${
        timestamps.join(",")
      } on ${shown} because all of these columns are nullable.`,
    );
  }
}
