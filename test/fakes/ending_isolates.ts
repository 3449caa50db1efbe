/** Ends isolates that have left clients open, one after the other; exits with 0 if the process outlives that. */
const script = new URL("./open_client_worker.ts", import.meta.url).href;

for (let i = 0; i < 3; i++) {
  const worker = new Worker(script, { type: "module" });
  await new Promise((resolve) => worker.onmessage = resolve);
  worker.terminate();
  // The unloading is Deno's, and comes a little later.
  await new Promise((resolve) => setTimeout(resolve, 500));
}
Deno.exit(0);
