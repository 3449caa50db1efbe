import assert from "node:assert/strict";
import { KafkaProducer } from "../../src/kafka/mod.ts";

Deno.test("KafkaProducer with OAuthBearerLoginModule asks the token endpoint with its client credentials", async () => {
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
});
