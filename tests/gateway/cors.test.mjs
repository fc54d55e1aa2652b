// Responses to web pages of other origins.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useGateway } from "../harness/gateway.mjs";
import { EVERY, answer } from "../harness/upstream.mjs";

const APP = "https://app.acme.com";

const gateway = useGateway();

const preflight = (origin) => ({
  method: "OPTIONS",
  target: "/app/v1/charges",
  token: null,
  fields: [["Origin", origin], ["Access-Control-Request-Method", "POST"], ["Access-Control-Request-Headers", "authorization"]],
});

test("case 34: the gateway responds to a preflight without a read and without a request to the upstream", async () => {
  const down = await gateway.call(preflight(APP));
  assert.deepEqual([down.status, down.text], [204, ""]);
  assert.equal(down.value("access-control-allow-origin"), APP);
  assert.equal(down.value("access-control-allow-credentials"), "true");
  assert.equal(down.value("access-control-allow-methods"), "GET, HEAD, POST");
  assert.equal(down.value("access-control-allow-headers"), "authorization, content-type");
  assert.equal(down.value("access-control-max-age"), "3600");
  assert.match(down.value("vary"), /Origin/);
  assert.match(down.value("ostiary-request-id"), /^[0-9a-f]{32}$/);
  assert.equal(gateway.upstream.exchanges.length, 0);
  assert.equal(gateway.store.reads.size, 0);
  assert.equal((await gateway.event(down)).status, 204);
});

test("case 34: the response to a page of another origin allows no origin", async () => {
  const down = await gateway.call(preflight("https://evil.example"));
  assert.equal(down.status, 204);
  assert.equal(down.value("access-control-allow-origin"), undefined);
  assert.equal(gateway.upstream.exchanges.length, 0);
});

test("case 19: the response has the gateway's CORS headers, and not the upstream's", async () => {
  gateway.upstream.on(EVERY, answer(200, { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "DELETE", Vary: "Accept" }, "ok"));
  const { answer: down } = await gateway.through({ target: "/app/v1/x", fields: [["Origin", APP]] });
  assert.deepEqual(down.values("access-control-allow-origin"), [APP]);
  assert.equal(down.value("access-control-allow-methods"), undefined);
  assert.match(down.values("vary").join(", "), /^Accept, Origin$/);
  gateway.reset();
  gateway.upstream.on(EVERY, answer(200, { "Access-Control-Allow-Origin": "*" }, "ok"));
  const other = await gateway.through({ target: "/app/v1/x", fields: [["Origin", "https://evil.example"]] });
  assert.equal(other.answer.value("access-control-allow-origin"), undefined);
});

test("a page can read why it was refused", async () => {
  const down = await gateway.refused({ target: "/app/v1/x", token: "unknown", fields: [["Origin", APP]] }, "caller_unauthenticated");
  assert.equal(down.value("access-control-allow-origin"), APP);
  assert.match(down.value("access-control-expose-headers"), /ostiary-refusal/);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
