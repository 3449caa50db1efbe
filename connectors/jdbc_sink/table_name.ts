import { ConnectError } from "sdk";
import { splitQualifiedName } from "../sql/qualified_name.ts";

/** The parts of the name of a topic's table, as the config's format has it. Throws a `ConnectError` for an empty or broken one. */
export function tableNameParts(format: string, topic: string, quote: string): readonly string[] {
  const name = format.trim().replaceAll("${topic}", () => topic);
  if (name === "") throw new ConnectError(`Destination table name for topic '${topic}' is empty using the format string '${format}'`);
  return splitQualifiedName(name, quote);
}
