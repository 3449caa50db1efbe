/** The form in which Kafka Connect's own behaviour is kept: one file per case, a list of steps that can be replayed against any worker. */

/** Bytes: text where they are UTF-8 without control characters, else base64; null = no bytes. */
export type CaseBytes = { readonly text: string } | { readonly base64: string } | null;

/** One captured case. */
export interface ReplayCase {
  /** AREA/NAME, also the name of the case's own folder. */
  readonly case: string;
  readonly steps: readonly Step[];
}

/** A record as it was found in a topic. */
export interface CaseRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: CaseBytes;
  readonly value: CaseBytes;
  readonly headers: readonly (readonly [name: string, value: CaseBytes])[];
  readonly timestamp_type: string;
  /** Epoch milliseconds, or `{{now}}` for a time near that of the run. */
  readonly timestamp: number | string;
}

/** One step; `{{…}}` in texts is filled in or masked. */
export type Step =
  | {
    readonly do: "http";
    readonly request: {
      readonly method: string;
      readonly path: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };
    readonly response: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: CaseBytes };
  }
  | { readonly do: "await"; readonly connector: string; readonly state: string; readonly tasks?: number; readonly task_state?: string }
  | { readonly do: "write"; readonly path: string; readonly content: CaseBytes; readonly mtime: number }
  | { readonly do: "mkdir"; readonly path: string }
  | { readonly do: "tree"; readonly path: string; readonly entries: readonly string[] }
  /** What a sink has written to a file, and nothing else. */
  | { readonly do: "cat"; readonly path: string; readonly content: CaseBytes }
  | { readonly do: "records"; readonly topic: string; readonly records: readonly CaseRecord[]; readonly order?: "any" }
  | {
    readonly do: "source-offsets";
    readonly connector: string;
    readonly records: readonly { readonly key: { readonly text: string }; readonly value: { readonly text: string } | null }[];
  }
  | { readonly do: "topic"; readonly name: string; readonly partitions: number }
  | { readonly do: "produce"; readonly topic: string; readonly records: readonly CaseInput[] };

/** A record a case writes itself. */
export interface CaseInput {
  readonly key: CaseBytes;
  readonly value: CaseBytes;
  readonly partition: number;
  readonly headers?: readonly (readonly [name: string, value: CaseBytes])[];
  readonly timestamp?: number;
}

// deno-lint-ignore no-control-regex -- control characters are what it looks for
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** Bytes in their kept form. */
export function toCaseBytes(bytes: Uint8Array | null): CaseBytes {
  if (bytes === null) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!CONTROL.test(text)) return { text };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // not UTF-8
  }
  return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
}

/** The bytes of a kept form. */
export function fromCaseBytes(blob: CaseBytes): Uint8Array<ArrayBuffer> | null {
  if (blob === null) return null;
  if ("text" in blob) return new TextEncoder().encode(blob.text);
  return Uint8Array.from(atob(blob.base64), (letter) => letter.charCodeAt(0));
}
