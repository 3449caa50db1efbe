import { RetriableError, type SinkBatch } from "sdk";
import type { SinkGround } from "./sink_ground.ts";

/** Puts as the engine does: the same batches again after a retriable error, without its pauses. Fails after twenty tries. */
export async function retryPut(ground: SinkGround, batches: readonly SinkBatch[]): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await ground.put(...batches);
    } catch (error) {
      if (!(error instanceof RetriableError) || attempt >= 20) throw error;
    }
  }
}
