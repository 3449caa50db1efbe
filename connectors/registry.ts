import type { ConnectorDefinition } from "sdk";
import { fileStreamSink } from "./file/sink.ts";
import { fileStreamSource } from "./file/source.ts";
import { jdbcSinkConnector } from "./jdbc_sink/sink.ts";
import { jdbcSource } from "./jdbc_source/source.ts";
import { spoolDirCsvSource } from "./spooldir/csv_source.ts";

/** Every connector of this build. */
export const connectors: readonly ConnectorDefinition[] = [
  fileStreamSource,
  fileStreamSink,
  spoolDirCsvSource,
  jdbcSource,
  jdbcSinkConnector,
];
