/**
 * Errors a task may throw because the engine acts on them. Each carries the name under which Connect's clients know it;
 * a trace begins with that name (Kafka Connect 4, org.apache.kafka.connect.errors).
 */
import { ConnectError } from "../data/errors.ts";

export { ConnectError, DataError } from "../data/errors.ts";

/** Call again after a pause: nothing was lost, nothing was half-done. */
export class RetriableError extends ConnectError {
  override readonly name = "RetriableException";
  /** The pause the thrower asks for, in ms; undefined: the engine's own. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: ErrorOptions & { readonly javaClass?: string; readonly retryAfterMs?: number } = {}) {
    super(message, { javaClass: "org.apache.kafka.connect.errors.RetriableException", ...options });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The config cannot work. */
export class ConfigError extends ConnectError {
  override readonly name = "ConfigException";
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { javaClass: "org.apache.kafka.common.config.ConfigException", ...options });
  }
}
