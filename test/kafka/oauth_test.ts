import assert from "node:assert/strict";
import { cString } from "../../src/kafka/memory.ts";
import { KafkaProducer } from "../../src/kafka/mod.ts";
import { native } from "../../src/kafka/symbols.ts";

/** A librdkafka built without libcurl has no token endpoints. */
function hasOidc(): boolean {
  const conf = native.rd_kafka_conf_new();
  const result = native.rd_kafka_conf_set(conf, cString("sasl.oauthbearer.method"), cString("oidc"), new Uint8Array(512), 512n);
  native.rd_kafka_conf_destroy(conf);
  return result === 0;
}

const ignore = !hasOidc();
const why = ignore ? " (skipped: this librdkafka was built without libcurl)" : "";

Deno.test({
  name: `KafkaProducer with OAuthBearerLoginModule asks the token endpoint with its credentials${why}`,
  ignore,
  fn: asksForToken,
});

async function asksForToken(): Promise<void> {
  const asked = Promise.withResolvers<{ authorization: string | null; body: string }>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    asked.resolve({ authorization: request.headers.get("authorization"), body: await request.text() });
    return new Response("{}", { status: 401 });
  });
  const producer = new KafkaProducer({
    "bootstrap.servers": "127.0.0.1:9",
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "OAUTHBEARER",
    "sasl.oauthbearer.token.endpoint.url": `http://127.0.0.1:${server.addr.port}/token`,
    "sasl.jaas.config": "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required " +
      'clientId="me" clientSecret="a-secret" scope="kafka";',
  }, () => {});
  const { authorization, body } = await asked.promise;
  assert.equal(authorization, `Basic ${btoa("me:a-secret")}`);
  assert.equal(new URLSearchParams(body).get("grant_type"), "client_credentials");
  assert.equal(new URLSearchParams(body).get("scope"), "kafka");
  producer.close();
  await producer.closed;
  await server.shutdown();
}
