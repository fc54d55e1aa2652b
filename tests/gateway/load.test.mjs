// Case 44: many callers at once, and each gets the response to its own request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { pause } from "../harness/patience.mjs";
import { EVERY, answer } from "../harness/upstream.mjs";

const REQUESTS = 2_000;
const AT_ONCE = 40;
const CALLERS = 20;

const gateway = useGateway();

const number = (caller) => String(caller).padStart(2, "0");

// Callers 1 to 5 use the first of the four routes, and so on; each route has its own key.
const routeOf = (caller) => Math.ceil(caller / 5);

// The upstream's response depends on the path, the key and the body.
async function reply(exchange) {
  await exchange.received;
  // Responses do not arrive in the order of the requests.
  await pause((exchange.bodyLength * 7) % 5);
  await exchange.write(answer(200, { "x-path": exchange.path, "x-key": fingerprint(exchange.value("x-load-key")) }, exchange.body));
}

// Identifies a key without its value, because the caller receives the response.
const KEYS = [1, 2, 3, 4].map((key) => canary(`KEY_${key}`));
const fingerprint = (key) => String(KEYS.indexOf(key) + 1);

async function one(request) {
  const caller = (request % CALLERS) + 1;
  const other = (caller % CALLERS) + 1;
  const path = `/caller-${number(caller)}/${request}`;
  const body = `body of ${request} ${"x".repeat(request % 11)}`;
  const call = { method: "POST", target: `/load-${routeOf(caller)}${path}`, token: canary(`TOKEN_${number(caller)}`), body };
  // Some requests are refused, so that refusals and responses are mixed.
  if (request % 10 === 3) {
    const refused = await gateway.call({ ...call, token: "unknown" });
    assert.equal(refused.status, 401);
    return;
  }
  if (request % 10 === 7) {
    const refused = await gateway.call({ ...call, token: canary(`TOKEN_${number(other)}`) });
    assert.ok([401, 403].includes(refused.status), `${refused.status}`);
    return;
  }
  const down = await gateway.call(call);
  assert.equal(down.status, 200, down.text);
  assert.equal(down.value("x-path"), `/load-${routeOf(caller)}${path}`);
  assert.equal(down.value("x-key"), String(routeOf(caller)));
  assert.equal(down.text, body);
}

test(`case 44: ${REQUESTS} requests of ${CALLERS} callers, ${AT_ONCE} at a time, get their own responses`, async () => {
  gateway.upstream.on(EVERY, reply);
  let next = 0;
  const worker = async () => {
    while (next < REQUESTS) {
      next += 1;
      await one(next - 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  assert.equal(gateway.upstream.exchanges.length, REQUESTS * 0.8);
  const ids = gateway.events().map((event) => event.request_id);
  assert.equal(new Set(ids).size, ids.length);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
