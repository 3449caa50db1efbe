/** A child for the tests of the link: answers each ping, and does what the last argument says. */
import { openChildChannel } from "../../../src/link/child_channel.ts";

const channel = openChildChannel();
const act = Deno.args.at(-1)?.split("=")[1];
channel.send({ is: "ready", pid: Deno.pid });
if (act === "service") {
  // Stands for a library that prints, and for one that leaves a process of its own behind which holds on to our stdout.
  Deno.stdout.writeSync(new TextEncoder().encode("printed without a line feed"));
  new Deno.Command("/bin/sleep", { args: ["3"], stdout: "inherit", stderr: "null", stdin: "null" }).spawn().unref();
}
for await (const message of channel.messages) {
  if (message.do === "ping") channel.send({ is: "pong", at: message.at, rssBytes: message.at });
  if (message.do === "secrets") channel.send({ is: "answer", call: 1, ok: message.values });
  if (message.do === "exit") Deno.exit(3);
}
Deno.exit(7);
