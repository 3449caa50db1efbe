/** What the rules that translate client properties write to. */

/** One setting for librdkafka. */
export interface Setting {
  /** librdkafka's name. */
  readonly name: string;
  readonly value: string;
  /** The user's key it comes from, for messages. */
  readonly key: string;
  /** Its value appears in no message. */
  readonly secret: boolean;
}

/** A property that cannot be used. The message names key and reason, never a secret's value. */
export class ClientConfigError extends Error {
  override readonly name = "ClientConfigError";
  readonly key: string;

  constructor(key: string, reason: string) {
    super(`Invalid value for Kafka client property "${key}": ${reason}`);
    this.key = key;
  }
}

/** What a rule writes to. */
export interface Target {
  readonly properties: Readonly<Record<string, string>>;
  set(name: string, value: string, key: string, secret?: boolean): void;
  note(sentence: string): void;
  ignore(key: string): void;
}

/** Translates one Java property. */
export type Rule = (value: string, key: string, target: Target) => void;

/** The value as a whole number, or an error that names the key. */
export function integer(value: string, key: string): number {
  const number = Number(value.trim());
  if (value.trim() === "" || !Number.isSafeInteger(number)) throw new ClientConfigError(key, `"${value}" must be a whole number`);
  return number;
}
