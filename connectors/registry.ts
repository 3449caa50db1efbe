import type { ConnectorDefinition } from "sdk";
import { spoolDirCsvSource } from "./spooldir/csv_source.ts";

/** Every connector of this build. */
export const connectors: readonly ConnectorDefinition[] = [spoolDirCsvSource];
