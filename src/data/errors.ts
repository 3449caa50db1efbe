/** The two errors the data model itself may throw; the sdk adds those that steer the engine. */

/** Any error of ours that wants a Java class name in front of its message in traces, logs and dead letter queue headers. */
export class ConnectError extends Error {
  override readonly name: string = "ConnectException";
  /** The class name shown in traces. */
  readonly javaClass: string;

  constructor(message: string, options: ErrorOptions & { readonly javaClass?: string } = {}) {
    super(message, options);
    this.javaClass = options.javaClass ?? "org.apache.kafka.connect.errors.ConnectException";
  }
}

/** This record cannot be processed; `errors.tolerance` decides what becomes of it. */
export class DataError extends ConnectError {
  override readonly name = "DataException";
  constructor(message: string, options: ErrorOptions & { readonly javaClass?: string } = {}) {
    super(message, { javaClass: "org.apache.kafka.connect.errors.DataException", ...options });
  }
}
