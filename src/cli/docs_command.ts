import { connectors } from "../../connectors/registry.ts";
import { generatedDocs } from "./docs.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** The command `docs`: writes the generated pages; with `--check` only says which are stale. Returns the exit code: 0, or 1 when some are. */
export function runDocs(args: readonly string[], say: (line: string) => void): number {
  const stale = staleDocs();
  for (const { path, text } of stale) {
    if (!args.includes("--check")) Deno.writeTextFileSync(`${ROOT}/${path}`, text);
    say(`${args.includes("--check") ? "stale" : "wrote"} ${path}`);
  }
  return args.includes("--check") && stale.length > 0 ? 1 : 0;
}

/** Generated pages whose file is missing or different. */
export function staleDocs(): ReturnType<typeof generatedDocs> {
  return generatedDocs(connectors).filter(({ path, text }) => currentText(path) !== text);
}

function currentText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`${ROOT}/${path}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
