/**
 * Errors a task may throw because the engine acts on them. Each carries the name under which Connect's clients know it;
 * a trace begins with that name (Kafka Connect 4, org.apache.kafka.connect.errors).
 */

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

/** Call again after a pause: nothing was lost, nothing was half-done. */
export class RetriableError extends ConnectError {
  override readonly name = "RetriableException";
  constructor(message: string, options: ErrorOptions & { readonly javaClass?: string } = {}) {
    super(message, { javaClass: "org.apache.kafka.connect.errors.RetriableException", ...options });
  }
}

/** This record cannot be processed; `errors.tolerance` decides what becomes of it. */
export class DataError extends ConnectError {
  override readonly name = "DataException";
  constructor(message: string, options: ErrorOptions & { readonly javaClass?: string } = {}) {
    super(message, { javaClass: "org.apache.kafka.connect.errors.DataException", ...options });
  }
}

/** The config cannot work. */
export class ConfigError extends ConnectError {
  override readonly name = "ConfigException";
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { javaClass: "org.apache.kafka.common.config.ConfigException", ...options });
  }
}
