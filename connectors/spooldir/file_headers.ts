import { basename, dirname } from "node:path";
import { type HeaderColumn, primitiveSchema, timestampSchema, type Value } from "sdk";
import { type Layout, relativePathHeader } from "./layout.ts";
import type { SpoolFile } from "./spool_file.ts";

const STRING = primitiveSchema("STRING");
const INT64 = primitiveSchema("INT64");
const TIMESTAMP = timestampSchema();

/** Place of `file.offset` among the headers. */
const OFFSET_INDEX = 5;

/** The headers of a file's records: all but one are fixed per file, and stand there as constants. */
export class FileHeaders {
  readonly #fixed: readonly HeaderColumn[];

  constructor(file: SpoolFile, layout: Layout) {
    const dot = file.name.lastIndexOf(".");
    const relative = relativePathHeader(file, layout);
    this.#fixed = [
      constant("file.name", file.name),
      constant("file.name.without.extension", dot < 0 ? file.name : file.name.slice(0, dot)),
      constant("file.path", file.path),
      constant("file.parent.dir.name", basename(dirname(file.path))),
      { name: "file.length", schema: INT64, column: { kind: "constant", value: BigInt(file.length) } },
      constant("file.offset", ""),
      { name: "file.last.modified", schema: TIMESTAMP, column: { kind: "constant", value: new Date(file.lastModified) } },
      ...(relative === undefined ? [] : [constant("file.relative.path", relative)]),
    ];
  }

  /** The headers of rows with these numbers. */
  withOffsets(offsets: Float64Array): readonly HeaderColumn[] {
    const headers = [...this.#fixed];
    headers[OFFSET_INDEX] = { name: "file.offset", schema: INT64, column: { kind: "numbers", data: offsets, nulls: null } };
    return headers;
  }
}

function constant(name: string, value: Value): HeaderColumn {
  return { name, schema: STRING, column: { kind: "constant", value } };
}
