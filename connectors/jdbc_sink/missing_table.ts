import { ConnectError } from "sdk";

/** A table that is not as the records need it, and may not or cannot be made so (JDBC connector 10.9). Its records can be refused one by one. */
export class TableAlterOrCreateError extends ConnectError {
  override readonly name = "TableAlterOrCreateException";
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { javaClass: "io.confluent.connect.jdbc.sink.TableAlterOrCreateException", ...options });
  }
}
