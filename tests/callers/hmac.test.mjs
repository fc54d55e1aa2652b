// Requests that their caller signs, on workerd: by the clients of docs/callers.md, and by others who would like to be
// one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { send } from "../harness/client.mjs";
import { signed } from "./client.mjs";
import { KEY, startWorld } from "./world.mjs";

const BILLING = "key-of-billing-0123456789abcdef";
const NEXT = "next-key-of-billing-0123456789abcdef";
const HOST = "gw.example.com";
const URL_OF = (target) => `http://${HOST}${target}`;
const CLIENTS = new Map([
  ["js", readFileSync(new URL("client.mjs", import.meta.url), "utf8")],
  ["python", readFileSync(new URL("client.py", import.meta.url), "utf8")],
]);
const python = spawnSync("python3", ["--version"]).status === 0;

function signedByPython(method, target, body) {
  const code = "import json, sys; from client import signed; print(json.dumps(signed(*sys.argv[1:5], sys.argv[5].encode())))";
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout, stderr } = spawnSync("python3", ["-c", code, "billing", BILLING, method, URL_OF(target), body], { cwd, env: environment });
  assert.equal(stderr.toString(), "");
  return JSON.parse(stdout);
}

describe("signed requests on workerd", () => {
  let world;
  let seen;

  const call = async (fields, { method = "GET", target = "/signed/v1/x", body = "" } = {}) => {
    seen = undefined;
    const lines = Array.isArray(fields) ? fields : Object.entries(fields);
    const length = method === "GET" ? [] : [["Content-Length", String(Buffer.byteLength(body))]];
    const answer = await send(world.port, { method, target, host: HOST, fields: [...lines, ...length], body });
    return { status: answer.status, body: answer.text, seen };
  };
  const sign = (target = "/signed/v1/x", { method = "GET", body = "", key = BILLING } = {}) =>
    signed("billing", key, method, URL_OF(target), body);

  before(async () => {
    world = await startWorld();
  });
  beforeEach(() => {
    world.store.setAll({ BILLING_KEY: BILLING, BILLING_KEY_NEXT: NEXT });
    world.internet.on("https://api.example.com/v1/x", async (request, response) => {
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      seen = { url: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() };
      response.writeHead(200, { "content-type": "text/plain" }).end("done");
    });
  });
  after(() => world?.stop());

  test("the clients of the documentation are the ones that are tested", () => {
    const document = readFileSync(new URL("../../docs/callers.md", import.meta.url), "utf8");
    for (const [language, text] of CLIENTS) assert.ok(document.includes(`\`\`\`${language}\n${text}\`\`\`\n`), language);
  });

  test("a request that a client in Node has signed is sent upstream without its signature", async () => {
    const target = "/signed/v1/x?b=2&a=%20";
    const { status, seen } = await call(sign(target), { target });
    assert.equal(status, 200);
    assert.equal(seen.url, "https://api.example.com/v1/x?b=2&a=%20");
    assert.equal(seen.headers.authorization, `Bearer ${KEY}`);
    for (const name of ["x-caller", "x-timestamp", "x-nonce", "x-signature"]) assert.equal(seen.headers[name], undefined);
  });

  test("a body is verified and arrives as it was sent", async () => {
    const body = JSON.stringify({ amount: 1, text: "é".repeat(50_000) });
    const { status, seen } = await call(sign("/signed/v1/x", { method: "POST", body }), { method: "POST", body });
    assert.equal(status, 200);
    assert.equal(createHash("sha256").update(seen.body).digest("hex"), createHash("sha256").update(body).digest("hex"));
  });

  test("a client in Python signs the same", { skip: !python && "there is no python3" }, async () => {
    const target = "/signed/v1/x?q=1";
    assert.equal((await call(signedByPython("GET", target, ""), { target })).status, 200);
    const body = '{"amount":2}';
    const posted = await call(signedByPython("POST", "/signed/v1/x", body), { method: "POST", body });
    assert.equal(posted.status, 200);
    assert.equal(posted.seen.body, body);
  });

  test("both keys count while one is rotated, and an old one ends", async () => {
    assert.equal((await call(sign(undefined, { key: NEXT }))).status, 200);
    world.store.setAll({ BILLING_KEY: NEXT });
    assert.equal((await call(sign())).status, 401);
    assert.equal((await call(sign(undefined, { key: NEXT }))).status, 200);
  });

  test("what was signed otherwise is refused, and nothing is sent", async () => {
    const good = sign();
    const body = '{"amount":1}';
    const posted = sign("/signed/v1/x", { method: "POST", body });
    const old = { ...good, "x-timestamp": String(Number(good["x-timestamp"]) - 301) };
    for (const [fields, options] of [
      [{ ...good, "x-signature": good["x-signature"].replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }],
      [{ ...good, "x-signature": good["x-signature"].toUpperCase() }],
      [{ ...good, "x-caller": "shop-a" }],
      [{ ...good, "x-nonce": "another-nonce" }],
      [old],
      [good, { target: "/signed/v1/x?admin=1" }],
      [good, { target: "/signed/v1/y" }],
      [good, { target: "/signed/v1/x?" }],
      [good, { method: "POST" }],
      [posted, { method: "POST", body: '{"amount":2}' }],
      [[...Object.entries(good), ["X-Signature", good["x-signature"]]]],
      [[...Object.entries(good), ["X-Timestamp", good["x-timestamp"]]]],
      [{ "x-caller": "billing" }],
      [{ authorization: `Bearer ${BILLING}` }],
    ]) {
      const answer = await call(fields, options);
      assert.equal(answer.status, 401, JSON.stringify([fields, options]));
      assert.equal(answer.seen, undefined);
      assert.ok(!answer.body.includes("signature"), "the caller is told no reason");
    }
  });

  test("a body above the limit is 413, and one that breaks off is not verified", async () => {
    const body = "x".repeat(1024 * 1024 + 1);
    const large = await call(sign("/signed/v1/x", { method: "POST", body }), { method: "POST", body });
    assert.equal(large.status, 413);
    assert.equal(large.seen, undefined);
  });

  test("a tenant's token is refused on the route for signatures, and a signature on the tenants' route", async () => {
    world.store.setAll({ SHOP_A_TOKEN: "ost_shop-a_0123456789abcdefABCDEF" });
    const token = { authorization: "Bearer ost_shop-a_0123456789abcdefABCDEF" };
    assert.equal((await call(token)).status, 401);
    assert.equal((await call(sign("/tenants/v1/x"), { target: "/tenants/v1/x" })).status, 401);
  });
});
