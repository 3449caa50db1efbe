/** The real Kafka some tests ask for: `SLUICE_TEST_BROKER=host:port`. Without it they are skipped, by name. */
const address = Deno.env.get("SLUICE_TEST_BROKER");

/** A test against a real broker, with a topic name of its own. */
export function brokerTest(name: string, fn: (broker: string, topic: string) => Promise<void>): void {
  const ignore = address === undefined;
  Deno.test({
    name: ignore ? `${name} (skipped: SLUICE_TEST_BROKER names no broker)` : name,
    ignore,
    fn: () => fn(address ?? "", `kafka-room-${crypto.randomUUID()}`),
  });
}
