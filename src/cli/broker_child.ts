import { openChildChannel } from "../link/child_channel.ts";
import type { BrokerAnswers, BrokerRequest, FromHost } from "../link/messages.ts";
import { KafkaError } from "../kafka/codes.ts";
import { EmbeddedKafka } from "../kafka/mock_cluster.ts";

/** The child with the embedded broker: answers `broker` requests until its parent closes the link. */
export async function runBrokerChild(): Promise<void> {
  const channel = openChildChannel();
  let broker: EmbeddedKafka | undefined;
  channel.send({ is: "ready", pid: Deno.pid });
  for await (const message of channel.messages) {
    if (message.do === "exit") break;
    if (message.do !== "broker") continue;
    const { request, call } = message;
    channel.send(answer(call, () => {
      if (request.what === "broker.topic") return makeTopic(broker, request);
      broker = EmbeddedKafka.start({ host: request.host, port: request.port, nextFree: request.orNext });
      return { host: broker.host, port: broker.port } satisfies BrokerAnswers["broker.open"];
    }));
  }
  await broker?.stop();
}

function makeTopic(
  broker: EmbeddedKafka | undefined,
  request: Extract<BrokerRequest, { what: "broker.topic" }>,
): BrokerAnswers["broker.topic"] {
  if (broker === undefined) throw new Error("Cannot create a topic: the embedded broker is not open");
  try {
    broker.createTopic(request.topic, request.partitions);
    return "created";
  } catch (error) {
    if (error instanceof KafkaError && error.code === "TOPIC_ALREADY_EXISTS") return "exists";
    throw error;
  }
}

function answer(call: number, act: () => unknown): FromHost {
  try {
    return { is: "answer", call, ok: act() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      is: "answer",
      call,
      error: { javaClass: "org.apache.kafka.common.KafkaException", message, trace: `${message}\n`, retriable: false },
    };
  }
}
