import { type DatabaseKind, sharedServer } from "../databases.ts";
import { type Row, Sql } from "../sql.ts";

/** A database of one suite, and the keys a connector needs to reach it. */
export class TestDatabase {
  readonly kind: DatabaseKind;
  readonly name: string;
  readonly sql: Sql;
  readonly #url: string;
  readonly #login: { readonly user: string; readonly password: string };

  private constructor(
    kind: DatabaseKind,
    name: string,
    sql: Sql,
    url: string,
    login: { readonly user: string; readonly password: string },
  ) {
    this.kind = kind;
    this.name = name;
    this.sql = sql;
    this.#url = url;
    this.#login = login;
  }

  /** Makes it, empty, on the shared server, which must be there. */
  static async make(kind: DatabaseKind): Promise<TestDatabase> {
    const server = sharedServer(kind);
    const name = `bad_${crypto.randomUUID().slice(0, 8)}`;
    const sql = new Sql({ kind, ...server }, name);
    await sql.makeDatabase();
    const url = `jdbc:${kind === "postgres" ? "postgresql" : "mysql"}://${server.host}:${server.port}/${name}`;
    return new TestDatabase(kind, name, sql, url, server);
  }

  get connection(): Record<string, string> {
    return { "connection.url": this.#url, "connection.user": this.#login.user, "connection.password": this.#login.password };
  }

  get password(): string {
    return this.#login.password;
  }

  /** Statements, one after the other; the rows of the last. */
  async run(...statements: readonly string[]): Promise<readonly Row[]> {
    let rows: readonly Row[] = [];
    for (const statement of statements) rows = await this.sql.rows(statement);
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.dropDatabase();
  }
}
