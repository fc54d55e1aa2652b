// Credentials in bodies.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { startGateway } from "./gateway.mjs";

const KEY = 'first "key" \\ of the API';
const PREVIOUS = "second & key of the API";

const inJson = (key) => (exchange) => JSON.parse(exchange.body.toString()).auth?.token === key;
const inForm = (key) => (exchange) => new URLSearchParams(exchange.body.toString()).getAll("api_key").join() === key;

const JSON_TYPE = ["Content-Type", "application/json"];
const FORM_TYPE = ["Content-Type", "application/x-www-form-urlencoded"];

describe("a credential in a body, on workerd", () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({ KEY, KEY_PREVIOUS: PREVIOUS });
  });
  beforeEach(() => gateway.upstream.clear());
  after(() => gateway?.stop());

  test("a JSON document gets it, and keeps all else", async () => {
    gateway.verifies(inJson(KEY));
    const body = '{"n":12345678901234567890,"auth":{"token":"mine","x":null}}';
    const response = await gateway.call({ method: "POST", target: "/json/x", fields: [JSON_TYPE], body });
    assert.equal(response.status, 200, response.text);
    const [up] = gateway.upstream.exchanges;
    assert.ok(up.body.toString().includes('"n":12345678901234567890'));
    assert.equal(up.value("content-length"), String(up.bodyLength));
    assert.ok(!up.body.toString().includes("mine"));
  });

  test("a form gets it, and keeps all else", async () => {
    gateway.verifies(inForm(KEY));
    const response = await gateway.call({ method: "POST", target: "/form/x", fields: [FORM_TYPE], body: "a=%20b&api_key=mine" });
    assert.equal(response.status, 200, response.text);
    assert.ok(gateway.upstream.exchanges[0].body.toString().startsWith("a=%20b&"));
  });

  test("a request without a body gets one", async () => {
    gateway.verifies(inJson(KEY));
    const response = await gateway.call({ method: "POST", target: "/json/x", fields: [["Content-Length", "0"]] });
    assert.equal(response.status, 200, response.text);
    assert.equal(gateway.upstream.exchanges[0].value("content-type"), "application/json");
  });

  test("the second key is put there when the first one has been revoked", async () => {
    for (const [target, type, body, verify] of [
      ["/json/x", JSON_TYPE, "{}", inJson(PREVIOUS)],
      ["/form/x", FORM_TYPE, "a=1", inForm(PREVIOUS)],
    ]) {
      gateway.upstream.clear();
      gateway.verifies(verify);
      const response = await gateway.call({ method: "POST", target, fields: [type], body });
      assert.equal(response.status, 200, target);
      assert.equal(gateway.upstream.exchanges.length, 2);
    }
  });

  test("a body that cannot carry it is not sent", async () => {
    for (const [target, request, status] of [
      ["/json/x", { method: "POST", fields: [FORM_TYPE], body: "a=1" }, 415],
      ["/json/x", { method: "GET" }, 415],
      ["/json/x", { method: "POST", fields: [JSON_TYPE], body: "{" }, 400],
      ["/form/x", { method: "POST", fields: [JSON_TYPE], body: "{}" }, 415],
      ["/form/x", { method: "POST", fields: [FORM_TYPE, ["Content-Encoding", "gzip"]], body: "a=1" }, 415],
    ]) {
      const response = await gateway.call({ target, ...request });
      assert.equal(response.status, status, `${target} ${response.text}`);
    }
    assert.deepEqual(gateway.upstream.exchanges, []);
  });
});
