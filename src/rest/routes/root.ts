import { Hono } from "hono";
import type { Health, WorkerApi } from "../../worker/api.ts";
import { json } from "../answer.ts";
import { type RestClock, within } from "../deadline.ts";

/** Kafka Connect 4, RootResource.HEALTH_CHECK_TIMEOUT: not configurable there either. */
const HEALTH_MS = 10_000;

const STATUS: Readonly<Record<Health["status"], number>> = { healthy: 200, starting: 503, unhealthy: 500 };

const UNANSWERED: Health = {
  status: "unhealthy",
  message: "Worker was unable to handle this request and may be unable to handle other requests.",
};

/** `GET /` and `GET /health`. */
export function rootRoutes(worker: WorkerApi, clock: RestClock) {
  return new Hono()
    .get("/", () => {
      const { version, commit, kafkaClusterId } = worker.serverInfo();
      return json({ version, commit, kafka_cluster_id: kafkaClusterId });
    })
    .get("/health", async () => {
      const { status, message } = await within(HEALTH_MS, clock, worker.health(), () => UNANSWERED);
      return json({ status, message }, STATUS[status]);
    });
}
