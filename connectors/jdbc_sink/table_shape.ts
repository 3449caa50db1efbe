/** How records of one pair of schemas are written to one table. */
import { ConnectError, type Schema, schemasEqual, type TaskLog } from "sdk";
import type { RowWriter, Session, TableDefinition, WriteColumn, WriteTarget } from "../sql/dialect.ts";
import { shownName, type TableId } from "../sql/table_id.ts";
import { type RecordField, type RecordFields, recordFields } from "./record_fields.ts";
import type { Settings } from "./settings.ts";
import { columnsFor, filledId, type Tables } from "./tables.ts";

/** Ready to write: the table has what it needs. Belongs to one session. */
export interface TableShape {
  readonly key: Schema | null;
  /** Null: only tombstones were seen so far. */
  readonly value: Schema | null;
  readonly fields: RecordFields;
  /** Fields in the order of the write target's columns. */
  readonly written: readonly RecordField[];
  readonly id: TableId;
  readonly columns: readonly WriteColumn[];
  /** Columns of each unique key of the table, the primary one first. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** For messages. */
  readonly shown: string;
  readonly write: () => RowWriter;
  readonly remove: () => RowWriter;
}

/** Makes shapes, and keeps them as long as their session lives and no statement was refused. */
export class TableShapes {
  readonly #session: Session;
  readonly #tables: Tables;
  readonly #settings: Settings;
  readonly #log: TaskLog;
  readonly #known = new Map<string, TableShape[]>();
  readonly #warned: Set<string>;

  constructor(
    session: Session,
    tables: Tables,
    parts: { readonly settings: Settings; readonly log: TaskLog; readonly warned: Set<string> },
  ) {
    this.#session = session;
    this.#tables = tables;
    this.#settings = parts.settings;
    this.#log = parts.log;
    this.#warned = parts.warned;
  }

  /**
   * The shape for these schemas; null where there is nothing to do, as only rows of a table that is still to be made are deleted. Throws a
   * `ConnectError` where config, schemas and table do not go together, or a `SqlError`.
   */
  async of(id: TableId, key: Schema | null, value: Schema | null): Promise<TableShape | null> {
    const name = shownName(id);
    // A table made now would have no columns but the key's.
    if (value === null && this.#settings.autoCreate && !await this.#tables.has(id)) return null;
    const known = this.#known.get(name);
    const found = known?.find((shape) => schemasEqual(shape.key, key) && schemasEqual(shape.value, value));
    if (found !== undefined) return found;
    const made = await this.#make(id, key, value);
    if (known === undefined) this.#known.set(name, [made]);
    else known.push(made);
    return made;
  }

  async #make(id: TableId, key: Schema | null, value: Schema | null): Promise<TableShape> {
    const fields = recordFields({ table: id.name, key, value }, this.#settings);
    const shown = shownName(filledId(id, this.#session));
    this.#requireKeys(shown, fields);
    const definition = await this.#tables.ready(id, fields.created);
    if (this.#settings.insertMode === "upsert") this.#judgeKeys(shown, definition, fields);
    const written = [...fields.keys, ...fields.others];
    const columns = this.#writeColumns(definition, written);
    const target = { table: id, dateZone: this.#settings.dateZone };
    const session = this.#session;
    return {
      key,
      value,
      fields,
      written,
      id,
      columns,
      uniqueKeys: uniqueKeysOf(definition),
      shown,
      write: once(() => session.writer({ ...target, mode: this.#settings.insertMode, columns })),
      remove: once(() => session.writer({ ...target, mode: "delete", columns: columns.slice(0, fields.keys.length) })),
    };
  }

  #writeColumns(definition: TableDefinition, fields: readonly RecordField[]): WriteTarget["columns"] {
    const found = columnsFor(definition, fields);
    return fields.map(({ schema, isKey, epochUnit }, i): WriteColumn => {
      const column = found[i];
      if (column === undefined) throw new RangeError("A field without its column");
      return { name: column.name, schema, isKey, epochUnit, definition: column };
    });
  }

  /** Said before a table is made, as nothing could be written to it. */
  #requireKeys(shown: string, { keys, others }: RecordFields): void {
    const { insertMode, deletes } = this.#settings;
    if (keys.length === 0 && insertMode !== "insert") {
      throw new ConnectError(
        `Write to table '${shown}' in ${insertMode.toUpperCase()} mode requires key field names to be known, check the primary key configuration`,
      );
    }
    if (keys.length === 0 && deletes) throw new ConnectError("Require primary keys to support delete");
    if (insertMode === "update" && others.length === 0 && keys.length > 0 && !deletes) {
      throw new ConnectError(`Write to table '${shown}' in UPDATE mode requires fields besides the key: there is nothing to change`);
    }
  }

  /** An upsert needs a unique key to meet; another one in its way makes it change another row (MySQL). */
  #judgeKeys(shown: string, definition: TableDefinition, { keys }: RecordFields): void {
    if (definition.type.toUpperCase() === "VIEW") return;
    const wanted = columnsFor(definition, keys).map((column) => column.name);
    const all = uniqueKeysOf(definition);
    if (all.length === 0) {
      throw new ConnectError(
        `Cannot write to table ${shown} in UPSERT mode: it has neither a primary key nor a unique one, so that no row would ever be found again. ` +
          `Add a key over (${wanted.join(", ")}) or use insert.mode=insert`,
      );
    }
    const others = all.filter((unique) => unique.length !== wanted.length || !unique.every((name) => wanted.includes(name)));
    if (others.length === 0 || this.#warned.has(shown)) return;
    this.#warned.add(shown);
    this.#log.warn(
      `Table ${shown} has unique keys besides the one records are written by: (${
        others.map((names) => names.join(", ")).join("), (")
      }). A record that ` +
        "meets a row through one of them fails, or on MySQL and MariaDB changes that row",
    );
  }
}

/** The primary key first. */
function uniqueKeysOf({ columns, uniqueKeys }: TableDefinition): readonly (readonly string[])[] {
  const primary = columns.filter((column) => column.keyPosition > 0).map((column) => column.name);
  return primary.length > 0 ? [primary, ...uniqueKeys] : uniqueKeys;
}

/** The value of the first call, made then. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
