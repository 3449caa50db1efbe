/** The product with one connector more, the evil one: what `main.ts` is for parent and task hosts. */
import { connectors } from "../../connectors/registry.ts";
import { roleOf } from "../../src/link/spawn.ts";
import { evilSource } from "./evil_source.ts";

const known = [...connectors, evilSource];

if (roleOf(Deno.args) === undefined) {
  const { runServe } = await import("../../src/cli/serve_command.ts");
  Deno.exit(await runServe(Deno.args, { mainModule: import.meta.url, connectors: known }, () => {}));
} else {
  const { behaveAsChild } = await import("../../src/cli/child_process.ts");
  behaveAsChild();
  await (await import("../../src/cli/child.ts")).runHostChild(known);
  Deno.exit(0);
}
