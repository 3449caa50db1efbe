/** Tables as the database has them, made and widened where the config allows (JDBC connector 10.9, DbStructure). */
import { ConnectError, type TaskLog } from "sdk";
import { unmappedType } from "../sql/ddl.ts";
import type { ColumnDefinition, Session, TableDefinition } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { shownName, type TableId } from "../sql/table_id.ts";
import { TableAlterOrCreateError } from "./missing_table.ts";
import type { RecordField } from "./record_fields.ts";
import type { Settings } from "./settings.ts";

/** What is known of the tables written to. Belongs to one session: a new one starts with nothing. */
export class Tables {
  readonly #session: Session;
  readonly #settings: Settings;
  readonly #log: TaskLog;
  readonly #known = new Map<string, TableDefinition>();

  constructor(session: Session, settings: Settings, log: TaskLog) {
    this.#session = session;
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * The table with a column for each of the fields, made or widened if it must be. Call it outside of a transaction, which DDL would
   * commit. Throws a `TableAlterOrCreateError`, a `ConnectError` for a type without a column, or a `SqlError`.
   */
  async ready(id: TableId, fields: readonly RecordField[]): Promise<TableDefinition> {
    const known = this.#known.get(shownName(id));
    // What was read earlier may be out of date: nothing is said to be missing before it was read again.
    if (known !== undefined && missingFields(known, fields).length === 0) return known;
    const found = await this.#read(id) ?? await this.#create(id, fields);
    return await this.#widen(id, found, fields);
  }

  /** Whether the table is there, as it was last read. */
  async has(id: TableId): Promise<boolean> {
    return this.#known.has(shownName(id)) || await this.#read(id) !== null;
  }

  /** The table's definition when it is of a type that may be written to. */
  async #read(id: TableId): Promise<TableDefinition | null> {
    const found = await this.#session.describe(id);
    const usable = found !== null && this.#settings.tableTypes.has(found.type.toUpperCase()) ? found : null;
    if (usable === null) this.#known.delete(shownName(id));
    else this.#known.set(shownName(id), usable);
    return usable;
  }

  async #create(id: TableId, fields: readonly RecordField[]): Promise<TableDefinition> {
    if (!this.#settings.autoCreate) {
      throw new TableAlterOrCreateError(`Table ${this.#shown(id)} is missing and auto-creation is disabled`);
    }
    this.#requireTypes(fields);
    try {
      await this.#session.createTable(id, fields);
      this.#log.info(`Created table ${this.#shown(id)}`);
    } catch (error) {
      if (!(error instanceof SqlError) || error.isConnectionLost) throw error;
      // Two tasks met the same new topic, and the other one was faster.
      const made = await this.#read(id);
      if (made === null) throw error;
      this.#log.info(`Table ${this.#shown(id)} was created by somebody else meanwhile`);
      return made;
    }
    const made = await this.#read(id);
    if (made !== null) return made;
    throw new TableAlterOrCreateError(
      `Table ${this.#shown(id)} is not there after it was created: is it of one of the types "table.types" allows?`,
    );
  }

  async #widen(id: TableId, found: TableDefinition, fields: readonly RecordField[]): Promise<TableDefinition> {
    let definition = found;
    for (let attempt = 0;; attempt++) {
      const missing = missingFields(definition, fields);
      if (missing.length === 0) return definition;
      this.#requireWidening(id, definition, missing);
      this.#requireTypes(missing);
      try {
        await this.#session.addColumns(id, missing);
        this.#log.info(`Added columns ${missing.map((field) => field.name).join(", ")} to table ${this.#shown(id)}`);
      } catch (error) {
        if (!(error instanceof SqlError) || error.isConnectionLost) throw error;
        // Another task may have added them, or some of them.
        const again = await this.#read(id);
        if (again !== null && missingFields(again, fields).length < missing.length) {
          definition = again;
          continue;
        }
        if (attempt < this.#settings.maxRetries) continue;
        throw new TableAlterOrCreateError(
          `Failed to amend TABLE '${this.#shown(id)}' to add missing fields: ${shownFields(missing)}: ${error.message}`,
          { cause: error },
        );
      }
      definition = await this.#read(id) ?? definition;
    }
  }

  #requireTypes(fields: readonly RecordField[]): void {
    const unmapped = fields.find((field) => this.#session.columnType(field) === null);
    if (unmapped !== undefined) throw unmappedType(unmapped);
  }

  #requireWidening(id: TableId, { type }: TableDefinition, missing: readonly RecordField[]): void {
    const shown = this.#shown(id);
    if (type.toUpperCase() !== "TABLE") {
      const kind = type.toLowerCase().replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
      throw new TableAlterOrCreateError(
        `${kind} ${shown} is missing fields (${shownFields(missing)}) and ALTER ${type.toUpperCase()} is unsupported`,
      );
    }
    const required = missing.find(({ schema, isKey }) => (isKey || !schema.optional) && (schema.default ?? null) === null);
    if (required !== undefined) {
      throw new TableAlterOrCreateError(
        `Cannot ALTER TABLE ${shown} to add missing field ${
          shownField(required)
        }, as the field is not optional and does not have a default value`,
      );
    }
    if (!this.#settings.autoEvolve) {
      throw new TableAlterOrCreateError(`Table ${shown} is missing fields (${shownFields(missing)}) and auto-evolution is disabled`);
    }
  }

  #shown(id: TableId): string {
    return shownName(filledId(id, this.#session));
  }
}

/** The id with what the connection stands in where it says nothing, as upstream's messages have it. */
export function filledId(id: TableId, { current }: Pick<Session, "current">): TableId {
  return { catalog: id.catalog ?? current.catalog, schema: id.schema ?? current.schema, name: id.name };
}

/** Fields without a column, letter case aside. */
function missingFields(definition: TableDefinition, fields: readonly RecordField[]): readonly RecordField[] {
  const names = new Set(definition.columns.map((column) => column.name));
  const folded = new Set(definition.columns.map((column) => column.name.toLowerCase()));
  return fields.filter(({ name }) => !names.has(name) && !folded.has(name.toLowerCase()));
}

/**
 * The table's column for each field: that of the very name, else the one that differs by letter case alone, so that statements spell it as
 * the table does. Throws a `TableAlterOrCreateError` where that is not one, or where two fields would share it.
 */
export function columnsFor(definition: TableDefinition, fields: readonly RecordField[]): readonly ColumnDefinition[] {
  const takenBy = new Map<string, string>();
  return fields.map(({ name }) => {
    const column = columnFor(definition, name);
    const other = takenBy.get(column.name);
    if (other !== undefined) {
      throw new TableAlterOrCreateError(
        `Cannot write fields '${other}' and '${name}' to ${
          shownName(definition.id)
        }: both mean column '${column.name}', as letter case is all ` +
          `they differ by. Rename one of them`,
      );
    }
    takenBy.set(column.name, name);
    return column;
  });
}

function columnFor(definition: TableDefinition, name: string): ColumnDefinition {
  const exact = definition.columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const [only, second] = definition.columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  if (only === undefined) throw new ConnectError(`Table ${shownName(definition.id)} has no column '${name}'`);
  if (second === undefined) return only;
  throw new TableAlterOrCreateError(
    `Cannot tell which column of ${
      shownName(definition.id)
    } field '${name}' means: '${only.name}' or '${second.name}', which differ from it by letter ` +
      "case. Spell the field as one of them",
  );
}

/** SinkRecordField.toString. */
function shownField({ schema, name, isKey }: RecordField): string {
  return `SinkRecordField{schema=${schema}, name='${name}', isPrimaryKey=${isKey}}`;
}

function shownFields(fields: readonly RecordField[]): string {
  return `[${fields.map(shownField).join(", ")}]`;
}
