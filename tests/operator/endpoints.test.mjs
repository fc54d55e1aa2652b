// The files and requests of the page, and that they do not exist if the page is not configured.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { sha256 } from "../harness/canaries.mjs";
import { BUILD as PLAIN } from "../harness/gateway.mjs";
import { eventually } from "../harness/patience.mjs";
import { absent } from "../harness/secret-store.mjs";
import { answer as scripted } from "../harness/upstream.mjs";
import { BUILD, CHECKOUT, HOST, OPERATOR, startGateway, valueOf } from "./gateway.mjs";

const SQL = "/client/v4/accounts/1/analytics_engine/sql";

let gateway;
before(async () => {
  gateway = await startGateway();
});
beforeEach(() => gateway.reset());
after(() => gateway?.stop());

const get = (target, token) => gateway.call({ host: HOST, target, token });
const explain = async (request, token = OPERATOR) => {
  const answer = await gateway.call({ method: "POST", host: HOST, target: "/explain", token, body: JSON.stringify(request) });
  return { answer, ...JSON.parse(answer.text) };
};

test("the page is public, contains no data, and allows only its own script and style", async () => {
  const answer = await get("/");
  assert.equal(answer.status, 200);
  assert.equal(answer.value("content-type"), "text/html; charset=utf-8");
  assert.equal(answer.value("cache-control"), "no-store");
  const policy = answer.value("content-security-policy");
  for (const [tag, directive] of [["style", "style-src"], ["script", "script-src"]]) {
    const [, inline] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(answer.text);
    const digest = Buffer.from(sha256(inline), "hex").toString("base64");
    assert.ok(policy.includes(`${directive} 'sha256-${digest}'`), policy);
  }
  for (const part of ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"]) {
    assert.ok(policy.includes(part), part);
  }
  assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
  assert.deepEqual([...gateway.store.reads], []);
  // Only the operator sees names.
  assert.ok(!answer.text.includes("STRIPE_KEY"));
});

test("only an operator gets anything else", async () => {
  for (const token of [null, "wrong", CHECKOUT]) {
    assert.equal((await get("/overview", token)).status, 401, token);
    assert.equal((await explain({ method: "GET", url: "https://gw.test/x" }, token)).answer.status, 401, token);
  }
});

test("the overview agrees with the configuration", async () => {
  const { status, text } = await get("/overview", OPERATOR);
  assert.equal(status, 200);
  gateway.holdsNoValue(text);
  const { callers, secrets, routes, secret_timeout } = JSON.parse(text);
  assert.deepEqual(callers, ["checkout", "agent", "ops"]);
  assert.equal(secret_timeout, 2_000);
  assert.deepEqual(secrets[0], { name: "stripe", sources: [{ binding: "STRIPE_KEY", store: true }, { binding: "STRIPE_KEY_PREVIOUS", store: true }] });
  assert.deepEqual(routes[0], {
    name: "stripe",
    mounts: ["stripe.test", "/stripe"],
    upstream: "http://127.0.0.1:${var.UPSTREAM_PORT}",
    auth: ["Bearer · authorization"],
    secrets: ["stripe"],
    failover: true,
    redact: true,
    allow: [
      { caller: "checkout", rules: ["GET /v1/**", "POST /v1/charges"] },
      { caller: "agent", rules: ["GET /v1/balance"] },
    ],
  });
  assert.deepEqual(routes[3].auth, []);
  assert.deepEqual(gateway.store.reads.get("STRIPE_KEY"), undefined, "nothing is read for it");
});

test("explain is decided by the code that serves, and touches nothing", async () => {
  const url = "https://gw.test/stripe/v1/charges?limit=3";
  const forwarded = await explain({ method: "GET", url, caller: "checkout" });
  assert.equal(forwarded.decision, "forwarded");
  assert.deepEqual([forwarded.event.route, forwarded.event.caller, forwarded.event.rule], ["stripe", "checkout", "GET /v1/**"]);
  assert.equal(forwarded.sent.url, `http://127.0.0.1:${gateway.upstream.port}/v1/charges?limit=3`);
  assert.deepEqual(forwarded.reads, ["STRIPE_KEY"]);
  // Also a caller with a digest.
  assert.equal((await explain({ method: "POST", url: "https://gw.test/openai/v1/responses", caller: "agent" })).decision, "forwarded");
  const refused = await explain({ method: "DELETE", url, caller: "checkout" });
  assert.deepEqual([refused.decision, refused.event.code, refused.event.mismatch], ["refused", "not_allowed", "method"]);
  assert.equal((await explain({ method: "GET", url })).event.code, "caller_unauthenticated");
  assert.equal((await explain({ method: "GET", url: "https://gw.test/stripe/..%2f/x", caller: "checkout" })).event.code, "path_ambiguous");
  assert.equal((await explain({ method: "GET", url: "https://gw.test/status/health" })).decision, "forwarded");
  const headers = [["X-Api-Key", "theirs"]];
  assert.deepEqual((await explain({ method: "GET", url, caller: "checkout", headers })).sent.removed.includes("x-api-key"), true);
  assert.deepEqual(gateway.upstream.exchanges, []);
  assert.deepEqual([...gateway.store.reads.keys()], ["OPS_TOKEN"]);
  // The rehearsal's token is not valid outside of it.
  const shown = await gateway.call({ host: "gw.test", target: "/stripe/v1/balance", token: "a-token-for-a-rehearsal" });
  assert.equal(shown.status, 401);
});

test("what explain does not understand is refused", async () => {
  for (const request of [{}, { method: "GET" }, { method: "GET", url: "/stripe" }, { method: "GET", url: "https://" }, { method: "GET", url: "https://gw.test/", caller: "nobody" }, { method: "GET", url: "https://gw.test/", else: 1 }, { method: "GET", url: "https://gw.test/", headers: [["a b", "c"]] }]) {
    assert.equal((await explain(request)).code, "operation_invalid", JSON.stringify(request));
  }
  const own = await explain({ method: "POST", url: `https://${HOST}/explain`, caller: "ops" });
  assert.equal(own.event.code, "operation_invalid", "a rehearsal rehearses nothing");
});

test("a request is traced into the upstream, and its response has the durations", async () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const fields = [["traceparent", `00-${trace}-b7ad6b7169203331-01`], ["tracestate", "a=1"]];
  gateway.upstream.on("/v1/balance", (exchange) => exchange.write(scripted(exchange.value("authorization").includes("previous") ? 200 : 401, {}, "")));
  const answer = await gateway.call({ host: "gw.test", target: "/stripe/v1/balance", token: CHECKOUT, fields });
  assert.equal(answer.status, 200);
  assert.equal(answer.value("ostiary-attempts"), "2");
  assert.match(answer.value("server-timing"), /^secrets;dur=\d+, upstream;dur=\d+$/);
  const id = answer.value("ostiary-request-id");
  for (const up of gateway.upstream.exchanges) {
    assert.deepEqual(up.values("traceparent"), [`00-${trace}-${id.slice(16)}-01`]);
    assert.deepEqual(up.values("tracestate"), ["a=1"]);
    assert.deepEqual(up.values("x-request-id"), [id]);
  }
  const event = await eventually("the event", () => gateway.events().find(({ event, request_id }) => event === "request" && request_id === id));
  assert.equal(event.trace_id, trace);
  gateway.upstream.clear();
  await gateway.call({ host: "gw.test", method: "POST", target: "/openai/v1/responses", token: "agent-token-0123456789", fields, body: "{}" });
  assert.equal(gateway.upstream.exchanges.length, 1);
  for (const name of ["traceparent", "tracestate", "x-request-id"]) assert.deepEqual(gateway.upstream.exchanges[0].values(name), [], name);
});

test("each request is a data point of names and numbers", async () => {
  const calls = [
    [{ host: "gw.test", target: "/stripe/v1/balance", token: CHECKOUT }, ["stripe", "checkout", "2xx", "", "STRIPE_KEY", "", "", ""]],
    [{ host: "gw.test", target: "/nowhere" }, ["", "", "4xx", "no_route", "", "", "", ""]],
    [{ host: HOST, target: "/health" }, ["", "", "2xx", "", "", "", "health", ""]],
  ];
  const before = gateway.points().length;
  for (const [request] of calls) await gateway.call(request);
  const points = await eventually("the data points", () => gateway.points().length === before + calls.length && gateway.points().slice(before));
  for (const [at, { dataset, indexes, blobs, doubles }] of points.entries()) {
    const [, expected] = calls[at];
    assert.deepEqual([dataset, indexes, blobs], ["METRICS", [expected[0]], expected]);
    assert.equal(doubles.length, 4);
    assert.ok(doubles.every(Number.isInteger));
  }
  assert.equal(points[0].doubles[0], 1);
});

test("metrics are the data of the last minutes in Analytics Engine", async () => {
  gateway.upstream.on(SQL, async (exchange) => {
    await exchange.received;
    const times = String(exchange.body).includes("p99");
    const data = times ? [{ route: "stripe", p50: 41, p99: 1250 }] : [{ route: "stripe", caller: "checkout", status: "2xx", code: "", source: "STRIPE_KEY", failover: "", requests: "12" }];
    exchange.write(scripted(200, { "content-type": "application/json" }, JSON.stringify({ meta: [], data, rows: 1 })));
  });
  const answer = await get("/metrics", OPERATOR);
  assert.equal(answer.value("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert.match(answer.text, /^ostiary_requests\{route="stripe",caller="checkout",status="2xx",code="",source="STRIPE_KEY",failover=""\} 12$/m);
  assert.match(answer.text, /^ostiary_duration_seconds\{route="stripe",quantile="0.99"\} 1.25$/m);
  assert.match(answer.text, /# EOF\n$/);
  const [up] = gateway.upstream.exchanges;
  assert.deepEqual([up.method, up.value("authorization")], ["POST", `Bearer ${valueOf("ANALYTICS_TOKEN")}`]);
  assert.match(String(up.body), /FROM ostiary_tests WHERE blob7 = '' AND timestamp > NOW\(\) - INTERVAL '5' MINUTE/);
  assert.ok(!up.head.includes(OPERATOR), "nothing of the operator's goes there");
  gateway.holdsNoValue(answer.text);
  assert.equal((await get("/metrics")).status, 401);
  for (const query of ["", "?hours=2", "?hours=1&hours=1", "?hours=1'"]) {
    assert.equal((await get(`/traffic${query}`, OPERATOR)).value("ostiary-refusal"), "operation_invalid", query);
  }
});

test("metrics that cannot be had are a refusal", async () => {
  gateway.upstream.on(SQL, (exchange) => exchange.write(scripted(403, {}, "{}")));
  assert.equal((await get("/metrics", OPERATOR)).value("ostiary-refusal"), "upstream_invalid");
  gateway.upstream.on(SQL, (exchange) => exchange.write(scripted(200, {}, "<html>")));
  assert.equal((await get("/metrics", OPERATOR)).value("ostiary-refusal"), "upstream_invalid");
  gateway.store.set("ANALYTICS_TOKEN", absent);
  assert.equal((await get("/metrics", OPERATOR)).value("ostiary-refusal"), "secret_unavailable");
});

test("a gateway without the page has nothing of it", { skip: existsSync(PLAIN) ? false : "tests/.build is not there" }, () => {
  const title = "<title>Ostiary</title>";
  const holds = (build) => readFileSync(`${build}/index_bg.wasm`).includes(title);
  assert.deepEqual([holds(BUILD), holds(PLAIN)], [true, false]);
});
