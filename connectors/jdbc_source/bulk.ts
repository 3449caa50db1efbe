/** Mode bulk: all rows at each poll, through one cursor. */
import { ConnectError, type SourceOffset } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { readable, type ReadingContext, type ReadingMode, type Rows, Statements, type Taken } from "./reading.ts";

export class BulkReading implements ReadingMode {
  readonly #context: ReadingContext;
  readonly #statements: Statements;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#statements = new Statements(context);
  }

  async *round(session: Session): AsyncGenerator<Rows | "note", void> {
    const { source, settings, tolerates } = this.#context;
    this.#statements.begin(false);
    for await (const { page, layout } of this.#statements.pages(session, source.all, settings.suffix)) {
      const { rows, rest } = readable(page, layout, false);
      if (rows !== null) yield rows;
      if (rest === null) continue;
      throw tolerates ? notTolerable(rest) : rest;
    }
  }

  take(): Taken {
    return { select: null, offset: () => null };
  }

  note(): SourceOffset | null {
    return null;
  }
}

/** Behind a row that cannot be read others are found by their ids or timestamps alone. */
export function notTolerable(error: Error): ConnectError {
  return new ConnectError(
    "Cannot leave out a row that cannot be read: rows behind it are found only in a table that is read in pages, by a unique incrementing " +
      "column or a timestamp column. Mend the row or leave it out by a query",
    { cause: error },
  );
}
