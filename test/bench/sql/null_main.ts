/** The product with a database more that keeps nothing: what `main.ts` is for parent and task hosts. */
import { connectors } from "../../../connectors/registry.ts";
import { jdbcSink } from "../../../connectors/jdbc_sink/sink.ts";
import { dialects } from "../../../connectors/sql/dialects.ts";
import { roleOf } from "../../../src/link/spawn.ts";
import { nullDialect } from "./null_dialect.ts";

const sink = jdbcSink([...dialects, nullDialect]);
const known = connectors.map((each) => each.class === sink.class ? sink : each);

if (roleOf(Deno.args) === undefined) {
  const { runServe } = await import("../../../src/cli/serve_command.ts");
  Deno.exit(await runServe(Deno.args, { mainModule: import.meta.url, connectors: known }, () => {}));
} else {
  const { behaveAsChild } = await import("../../../src/cli/child_process.ts");
  behaveAsChild();
  await (await import("../../../src/cli/child.ts")).runHostChild(known);
  Deno.exit(0);
}
