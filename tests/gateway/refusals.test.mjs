// The form of refusals, and that they contain no internal details.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway, useGateway } from "../harness/gateway.mjs";
import { absent } from "../harness/secret-store.mjs";
import { silent } from "../harness/upstream.mjs";

const gateway = useGateway();

const REFUSALS = [
  ["invalid_host", 400, { target: "/bearer/x", host: "a#b" }],
  ["path_ambiguous", 400, { target: "/bearer/..%2fx" }],
  ["body_not_allowed", 400, { target: "/bearer/x", body: "hello" }],
  ["caller_unauthenticated", 401, { target: "/bearer/x", token: "unknown" }],
  ["not_allowed", 403, { target: "/rules/v2" }],
  ["no_route", 404, { target: "/nowhere" }],
  ["method_not_allowed", 405, { method: "TRACE", target: "/bearer/x" }],
  ["upstream_unreachable", 502, { target: "/closed/x" }],
  ["secret_unavailable", 503, { target: "/header/x" }, () => gateway.store.set("HEADER_KEY", absent)],
  ["upstream_timeout", 504, { target: "/brief/silent" }, () => gateway.upstream.on("/silent", silent)],
  ["loop_detected", 508, { target: "/bearer/x", host: "gw.example.com", fields: [["CDN-Loop", "ostiary-4bdd399d59a7c651"]] }],
];

for (const [code, status, request, arrange = () => {}] of REFUSALS) {
  test(`case 32: ${code} on ${request.method ?? "GET"} is a problem document in JSON without internal details`, async () => {
    arrange();
    const answer = await gateway.call(request);
    assert.equal(answer.status, status);
    assert.equal(answer.value("ostiary-refusal"), code);
    assert.equal(answer.value("content-type"), "application/problem+json");
    assert.equal(answer.value("cache-control"), "no-store");
    const { type, title, error, ...rest } = answer.json;
    const id = answer.value("ostiary-request-id");
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.match(type, new RegExp(`^https://\\S+docs/refusals\\.md#${code}$`));
    assert.match(title, /\w/);
    assert.deepEqual(rest, { status, code, request_id: id });
    assert.deepEqual(error, { message: title, type: "ostiary_refusal", code });
    const inside = /127\.0\.0\.1|localhost|UPSTREAM|_KEY|TOKEN|Error|panic|at .*\.js|wasm|null|undefined/;
    assert.doesNotMatch(answer.text.replace(type, ""), inside);
    const event = await gateway.event(answer);
    assert.equal(event.code, code);
    assert.equal(event.status, status);
  });

  test(`case 33: ${code} differs from an upstream's response by its own header, also for HEAD`, async () => {
    arrange();
    const { method, body, ...asHead } = request;
    if (method !== undefined) return;
    const answer = await gateway.call({ ...asHead, method: "HEAD", ...(body === undefined ? {} : { fields: [["Content-Length", "5"]] }) });
    assert.equal(answer.status, status);
    assert.equal(answer.value("ostiary-refusal"), code);
    assert.equal(answer.body.length, 0);
  });
}

test("case 66: a client that accepts only JSON gets the problem document as JSON", async () => {
  const problem = await gateway.call({ target: "/nowhere", fields: [["Accept", "application/json, */*"]] });
  const json = await gateway.call({ target: "/nowhere", fields: [["Accept", "application/vnd.github.v3+json"]] });
  assert.equal(problem.value("content-type"), "application/problem+json");
  assert.equal(json.value("content-type"), "application/json");
  assert.deepEqual({ ...json.json, request_id: "" }, { ...problem.json, request_id: "" });
});

test("case 66: an SDK is told not to retry if that cannot help", async () => {
  const final = await gateway.call({ target: "/nowhere" });
  const passing = await gateway.call({ target: "/closed/x" });
  for (const name of ["x-should-retry", "stripe-should-retry"]) {
    assert.deepEqual([final.values(name), passing.values(name)], [["false"], []], name);
  }
});

test("case 34: an unknown method is refused with a list of the known ones", async () => {
  const answer = await gateway.refused({ method: "TRACE", target: "/bearer/x" }, "method_not_allowed");
  assert.match(answer.value("allow"), /\bGET\b.*\bPOST\b.*\bPROPFIND\b/);
});

test("a known method without a rule is refused", async () => {
  for (const method of ["PURGE", "PROPFIND", "QUERY"]) await gateway.refused({ method, target: "/bearer/x" }, "not_allowed");
});

test("case 34: CONNECT opens no connection", async () => {
  const answer = await gateway.call({ method: "CONNECT", target: "127.0.0.1:1" });
  assert.ok(answer.status >= 400, `${answer.status}`);
  assert.equal(gateway.upstream.exchanges.length, 0);
});

test("case 38: GET and HEAD with a body are refused, and the gateway throws nothing", async () => {
  for (const method of ["GET", "HEAD"]) {
    for (const request of [
      { body: "hello" },
      { body: "5\r\nhello\r\n0\r\n\r\n", fields: [["Transfer-Encoding", "chunked"]] },
      { body: "0\r\n\r\n", fields: [["Transfer-Encoding", "chunked"]] },
    ]) {
      const answer = await gateway.refused({ method, target: "/bearer/x", ...request }, "body_not_allowed");
      assert.equal(answer.status, 400);
    }
  }
});

test("case 38: a Content-Length of 0 does not count as a body", async () => {
  for (const method of ["GET", "HEAD"]) {
    gateway.upstream.clear();
    const { up } = await gateway.through({ method, target: "/bearer/x", fields: [["Content-Length", "0"]] });
    assert.equal(up.method, method);
    assert.equal(up.bodyLength, 0);
  }
});

test("every response has its own id", async () => {
  const ids = new Set();
  for (let request = 0; request < 20; request += 1) {
    ids.add((await gateway.call({ target: request % 2 ? "/bearer/x" : "/nowhere" })).value("ostiary-request-id"));
  }
  assert.equal(ids.size, 20);
});

test("a variable that no longer makes a valid upstream URL is a misconfiguration", async () => {
  for (const UPSTREAM_PORT of ["", "no-port", "80@evil.com", "1/../x"]) {
    const broken = await startGateway("workerd", { variables: { UPSTREAM_PORT } });
    try {
      const answer = await broken.refused({ target: "/bearer/x" }, "misconfigured");
      assert.equal(answer.status, 500);
      broken.sweep();
    } finally {
      await broken.stop();
    }
  }
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
