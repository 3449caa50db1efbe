import type { FromHost, WireError } from "../link/messages.ts";
import { ConnectError, RetriableError } from "../sdk/errors.ts";
import type { ParentCalls } from "./task_opening.ts";

/** Questions to the parent that wait for their answers. */
export class ParentLine implements Pick<ParentCalls, "readOffsets"> {
  readonly #send: (message: FromHost) => void;
  readonly #waiting = new Map<number, { readonly resolve: (ok: unknown) => void; readonly reject: (error: Error) => void }>();
  #calls = 0;

  constructor(send: (message: FromHost) => void) {
    this.#send = send;
  }

  /** See `ParentCalls`. */
  async readOffsets(connector: string, partitions: readonly string[]): Promise<readonly (string | null)[]> {
    const ok = await this.#ask((call) => ({ is: "offsets.read", call, connector, partitions }));
    if (!Array.isArray(ok) || ok.length !== partitions.length) {
      throw new ConnectError(`Failed to fetch offsets: ${partitions.length} were asked for and the answer does not hold as many`);
    }
    return ok.map((text) => typeof text === "string" ? text : null);
  }

  /** Makes a topic of the embedded broker. */
  async createTopic(topic: string, partitions: number): Promise<"created" | "exists"> {
    const ok = await this.#ask((call) => ({ is: "topic.create", call, topic, partitions }));
    return ok === "exists" ? "exists" : "created";
  }

  /** Takes in an answer; one that nobody waits for any more is dropped. */
  answer(call: number, ok: unknown, error: WireError | undefined): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (error === undefined) waiting?.resolve(ok);
    else waiting?.reject(errorOf(error));
  }

  #ask(question: (call: number) => FromHost): Promise<unknown> {
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      this.#send(question(call));
    });
  }
}

function errorOf({ javaClass, message, retriable }: WireError): ConnectError {
  return retriable ? new RetriableError(message, { javaClass }) : new ConnectError(message, { javaClass });
}
