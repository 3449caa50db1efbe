/** A worker that opens a client and leaves it open: what becomes of librdkafka's threads when its isolate ends? */
import { kafka } from "../../src/kafka/mod.ts";

const nobody = { "bootstrap.servers": "127.0.0.1:1", "group.id": "left-open" };
kafka.openConsumer(nobody, false, () => {}).subscribe(["left-open"]);
(self as unknown as { postMessage(message: string): void }).postMessage("open");
