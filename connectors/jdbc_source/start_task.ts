/** Opens a task: connection, columns, offsets, readers. */
import { ConfigError, ConnectError, type SourceContext, type SourceTask } from "sdk";
import type { Dialect, Session } from "../sql/dialect.ts";
import { dialects } from "../sql/dialects.ts";
import { splitQualifiedName } from "../sql/qualified_name.ts";
import type { TableId } from "../sql/table_id.ts";
import { BulkReading } from "./bulk.ts";
import { ByTimeReading } from "./by_time.ts";
import { connect, type Database, databaseOf } from "./connecting.ts";
import { IncrementingReading } from "./incrementing.ts";
import type { Config } from "./keys.ts";
import { momentOfMillis, type Notes, type Position, readOffset } from "./offsets.ts";
import type { ReadingContext, ReadingMode } from "./reading.ts";
import { querySource, type RowSource, tableSource } from "./row_source.ts";
import { connectionOptions, sessionOptions, type Settings, settingsOf } from "./settings.ts";
import { JdbcSourceTask } from "./source_task.ts";
import { checkTables } from "./start_checks.ts";
import { TableReader } from "./table_reader.ts";

/** Opens a task. `component`: its class. `among`: the dialects there are. */
export async function startTask(
  config: Config,
  context: SourceContext,
  component: string,
  among: readonly Dialect[] = dialects,
): Promise<SourceTask> {
  const settings = settingsOf(config, context.raw);
  requireSomething(settings);
  const database = databaseOf(among, config["dialect.name"], connectionOptions(config, context.raw), sessionOptions(config, context));
  const { ignored } = database.target;
  if (ignored.length > 0) {
    context.log.warn(`Parameters of connection.url and connection.* that mean nothing here are left out: ${ignored.join(", ")}`);
  }
  const session = await connect(database, {
    attempts: settings.connectionAttempts,
    backoffMs: settings.connectionBackoffMs,
    signal: context.signal,
    sleep: (ms) => context.sleep(ms),
    log: context.log,
    level: "info",
  });
  try {
    const prepare = (fresh: Session) => setIsolation(fresh, database, settings, context);
    await prepare(session);
    const readers = await readersFor(session, settings, context, component);
    return new JdbcSourceTask({ database, session, settings, readers, context, prepare });
  } catch (error) {
    await session.close();
    throw error;
  }
}

function requireSomething({ tables, query }: Settings): void {
  if (tables.length === 0 && query === null) {
    throw new ConfigError(
      "Task is being killed because it was not assigned a table nor a query to execute. If run in table mode please make sure that the tables " +
        "exist on the database. If the table does exist on the database, we recommend using the fully qualified table name.",
    );
  }
  if (tables.length > 0 && query !== null) {
    throw new ConnectError("Invalid configuration: a JdbcSourceTask cannot have both a table and a query assigned to it");
  }
}

async function setIsolation(session: Session, { dialect }: Database, { isolation }: Settings, { log }: SourceContext): Promise<void> {
  if (isolation === "DEFAULT") return;
  if (dialect.isolationModes.includes(isolation)) return await session.setIsolation(isolation);
  log.warn(`The database does not have isolation ${isolation}: its default is used`, { supported: dialect.isolationModes.join(", ") });
}

async function readersFor(session: Session, settings: Settings, context: SourceContext, component: string): Promise<TableReader[]> {
  const sources = await sourcesOf(session, settings);
  const partitions = sources.flatMap(({ partition, olderPartition }) =>
    olderPartition === null ? [partition] : [partition, olderPartition]
  );
  const stored = settings.mode === "bulk" ? [] : await context.offsets(partitions);
  const start = await initialPosition(session, settings);
  const readers: TableReader[] = [];
  let next = 0;
  for (const source of sources) {
    const offset = stored[next] ?? (source.olderPartition === null ? undefined : stored[next + 1]);
    next += source.olderPartition === null ? 1 : 2;
    const { position, notes } = offset === undefined ? { position: start, notes: {} } : readOffset(offset);
    const reading: ReadingContext = {
      source,
      settings,
      tolerates: context.tolerance === "all",
      log: context.log,
      now: () => context.now(),
    };
    readers.push(new TableReader(source, modeOf(reading, position, notes), component));
  }
  return readers;
}

async function sourcesOf(session: Session, settings: Settings): Promise<RowSource[]> {
  if (settings.query !== null) return [querySource(settings.query, requireQueryColumns(settings))];
  const ids = settings.tables.map((name) => tableIdOf(session, name));
  const checked = await checkTables(session, ids, settings);
  return checked.map(({ id, columns, definition }) => tableSource(id, settings, columns, definition));
}

/** A name as `split` wrote it. */
function tableIdOf(session: Session, name: string): TableId {
  return session.tableId(splitQualifiedName(name, session.quote));
}

/** There is no table to look for a column in. */
function requireQueryColumns(settings: Settings): Settings {
  const { mode, incrementingColumn, timestampColumns } = settings;
  if ((mode === "incrementing" || mode === "timestamp+incrementing") && incrementingColumn === "") {
    throw new ConfigError(`'incrementing.column.name' must be provided when using mode '${mode}' with a custom query`);
  }
  if ((mode === "timestamp" || mode === "timestamp+incrementing") && timestampColumns.length === 0) {
    throw new ConfigError(`'timestamp.column.name' must be provided when using mode '${mode}' with a custom query`);
  }
  return {
    ...settings,
    incrementingColumn: mode === "timestamp" ? "" : incrementingColumn,
    timestampColumns: mode === "incrementing" ? [] : timestampColumns,
  };
}

/** `timestamp.initial`, for tables without a stored offset. */
async function initialPosition(session: Session, { mode, timestampInitial }: Settings): Promise<Position | null> {
  if (timestampInitial === null || mode === "bulk") return null;
  return { moment: timestampInitial === -1 ? await session.now() : momentOfMillis(timestampInitial), id: null };
}

function modeOf(context: ReadingContext, position: Position | null, notes: Notes): ReadingMode {
  switch (context.settings.mode) {
    case "bulk":
      return new BulkReading(context);
    case "incrementing":
      return new IncrementingReading(context, position, notes);
    case "timestamp":
    case "timestamp+incrementing":
      return new ByTimeReading(context, position, notes);
  }
}
