// HMAC, with an upstream that computes the hash with Node's cryptography.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { open } from "../harness/client.mjs";
import { TOKEN, startGateway } from "./gateway.mjs";

const KEY = "first-key-of-the-webhook";
const PREVIOUS = "second-key-of-the-webhook";
const BASE64_KEY = Buffer.from("a key of bytes \u0000\u00ff, in Base64", "latin1").toString("base64");

const webhook = (...keys) => (exchange) => {
  const [at, nonce, signature] = ["x-timestamp", "x-nonce", "x-signature"].map((name) => exchange.value(name));
  if (Math.abs(Date.now() / 1000 - Number(at)) > 60) return false;
  const message = Buffer.concat([Buffer.from(`${at}.${nonce}.`), exchange.body]);
  return keys.some((key) => signature === `v1=${createHmac("sha256", key).update(message).digest("hex")}`);
};

const signedQuery = (exchange) => {
  const [, query, signature] = /^(.*)&signature=([^&]*)$/.exec(exchange.query) ?? [];
  if (Math.abs(Date.now() - Number(/&at=(\d+)$/.exec(query)?.[1])) > 60_000) return false;
  const body = createHash("sha256").update(exchange.body).digest("hex");
  const message = [exchange.method, exchange.value("host"), exchange.path, query, exchange.value("x-kind") ?? "", body].join("\n");
  const key = Buffer.from(BASE64_KEY, "base64");
  return decodeURIComponent(signature) === createHmac("sha512", key).update(message).digest("base64");
};

describe("HMAC on workerd", () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({ KEY, KEY_PREVIOUS: PREVIOUS, BASE64_KEY });
  });
  beforeEach(() => {
    gateway.upstream.clear();
    gateway.store.setAll({ KEY, KEY_PREVIOUS: PREVIOUS });
  });
  after(() => gateway?.stop());

  for (const [what, body] of [
    ["no body", undefined],
    ["a body of text", "Hello, World!"],
    ["a body of bytes that are no text", Buffer.from([0, 255, 128, 10, 13])],
    ["a body of 1 MiB", Buffer.alloc(1024 * 1024, 7)],
  ]) {
    test(`${what} is signed as it is sent`, async () => {
      gateway.verifies(webhook(KEY));
      const method = body === undefined ? "GET" : "POST";
      const response = await gateway.call({ method, target: "/webhook/events?x=1", body });
      assert.equal(response.status, 200, response.text);
      const [up] = gateway.upstream.exchanges;
      assert.equal(up.target, "/base/events?x=1");
      assert.equal(up.bodyLength, Buffer.from(body ?? "").length);
    });
  }

  test("a body in chunks is signed whole", async () => {
    gateway.verifies(webhook(KEY));
    const fields = [["Transfer-Encoding", "chunked"]];
    const response = await gateway.call({ method: "POST", target: "/webhook/x", fields, body: "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" });
    assert.equal(response.status, 200, response.text);
    assert.equal(gateway.upstream.exchanges[0].body.toString(), "hello world");
  });

  // The gateway does not wait for the end of a body whose length is known.
  const posted = (fields) => open(gateway.port, { method: "POST", target: "/webhook/x", fields: [["Authorization", `Bearer ${TOKEN}`], ...fields] });

  test("a body of known length that arrives in pieces is signed whole", async () => {
    gateway.verifies(webhook(KEY));
    const connection = await posted([["Content-Length", "11"]]);
    for (const piece of ["hello", " wor", "ld"]) {
      await connection.write(Buffer.from(piece));
      await new Promise((done) => setTimeout(done, 50));
    }
    const response = await (await connection.answer()).collect();
    connection.close();
    assert.equal(response.status, 200, response.text);
    assert.equal(gateway.upstream.exchanges[0].body.toString(), "hello world");
  });

  test("what follows the length of a body is not part of it", async () => {
    gateway.verifies(webhook(KEY));
    const connection = await posted([["Content-Length", "5"]]);
    await connection.write(Buffer.from("hello, world"));
    const response = await (await connection.answer()).collect();
    connection.close();
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(gateway.upstream.exchanges.map(({ body }) => body.toString()), ["hello"]);
  });

  test("a length beside chunks does not shorten the body", async () => {
    gateway.verifies(webhook(KEY));
    const connection = await posted([["Content-Length", "5"], ["Transfer-Encoding", "chunked"]]);
    await connection.write(Buffer.from("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"));
    const response = await (await connection.answer()).collect();
    connection.close();
    const bodies = gateway.upstream.exchanges.map(({ body }) => body.toString());
    assert.deepEqual(bodies, response.status === 200 ? ["hello world"] : [], response.text);
  });

  test("a body that ends before its length is not sent", async () => {
    gateway.verifies(webhook(KEY));
    const connection = await posted([["Content-Length", "11"]]);
    await connection.write(Buffer.from("hello"));
    connection.close();
    const response = await gateway.call({ method: "POST", target: "/webhook/after", body: "b" });
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(gateway.upstream.exchanges.map(({ target }) => target), ["/base/after"]);
  });

  test("the verifier takes nothing that was changed on the way", async () => {
    const verify = webhook(KEY);
    gateway.verifies(verify);
    await gateway.call({ method: "POST", target: "/webhook/x", body: "amount=1" });
    const [up] = gateway.upstream.exchanges;
    assert.ok(verify(up));
    up.body = Buffer.from("amount=9");
    assert.ok(!verify(up));
  });

  test("the second key signs when the first one has been revoked, and each attempt has its own nonce", async () => {
    gateway.verifies(webhook(PREVIOUS));
    const response = await gateway.call({ method: "POST", target: "/webhook/x", body: "b" });
    assert.equal(response.status, 200, response.text);
    const nonces = gateway.upstream.exchanges.map((exchange) => exchange.value("x-nonce"));
    assert.equal(new Set(nonces).size, 2);
  });

  test("the second key signs when the first one cannot be read", async () => {
    gateway.store.set("KEY", { kind: "throw", message: "Secret not found" });
    gateway.verifies(webhook(PREVIOUS));
    assert.equal((await gateway.call({ method: "POST", target: "/webhook/x", body: "b" })).status, 200);
    assert.equal(gateway.upstream.exchanges.length, 1);
  });

  test("a query is signed as the upstream reads it", async () => {
    gateway.verifies(signedQuery);
    for (const target of ["/exchange/a%20b/c?x=1&y=%2F'+z", "/exchange/?", "/exchange/o?signature=mine&at=1"]) {
      gateway.upstream.exchanges = [];
      const response = await gateway.call({ method: "POST", target, fields: [["X-Kind", "limit"]], body: "{}" });
      assert.equal(response.status, 200, `${target} ${gateway.upstream.exchanges[0]?.target}`);
      assert.ok(!gateway.upstream.exchanges[0].target.includes("mine"));
    }
  });

  test("a body above the limit is refused, and nothing is sent", async () => {
    for (const request of [
      { body: Buffer.alloc(64 * 1024 + 1) },
      { fields: [["Transfer-Encoding", "chunked"]], body: `10001\r\n${"x".repeat(0x10001)}\r\n0\r\n\r\n` },
    ]) {
      const response = await gateway.call({ method: "POST", target: "/exchange/x", ...request });
      assert.equal(response.value("ostiary-refusal"), "payload_too_large");
    }
    assert.deepEqual(gateway.upstream.exchanges, []);
  });

  test("what was sent does not come back", async () => {
    gateway.upstream.on("/base/echo", async (exchange) => {
      await exchange.received;
      const body = `${exchange.value("x-signature")} ${KEY}\n`;
      exchange.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nx-echo: ${exchange.value("x-signature")}\r\n\r\n${body}`);
    });
    const response = await gateway.call({ method: "POST", target: "/webhook/echo", body: "b" });
    const [, signature] = gateway.upstream.exchanges[0].value("x-signature").split("=");
    for (const secret of [signature, KEY]) assert.ok(!`${response.head}${response.text}`.includes(secret), response.text);
  });
});
