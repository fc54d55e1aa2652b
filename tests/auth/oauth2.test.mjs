// The grants of OAuth 2.0 with an authorization server made with Authlib, and tokens in the Cache API.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startCache } from "../harness/cache.mjs";
import { startGateway } from "./gateway.mjs";

const PYTHON = fileURLToPath(new URL("../../.tools/python/bin/python", import.meta.url));
const SERVER = fileURLToPath(new URL("oauth/server.py", import.meta.url));
const skip = existsSync(PYTHON) ? false : "there is no Python with Authlib";
const ROUTES = ["client", "post", "assertion", "private"];

// The authorization server. Each command returns the statuses of the requests for tokens since the last one.
async function startAuthorizationServer() {
  const server = spawn(PYTHON, [SERVER], { stdio: ["pipe", "pipe", "ignore"] });
  process.once("exit", () => server.kill("SIGKILL"));
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const said = async () => JSON.parse((await lines.next()).value);
  const { port, clients } = await said();
  return {
    port,
    clients,
    command(text) {
      server.stdin.write(`${text}\n`);
      return said();
    },
    // The owner of the token; null if it is not valid.
    async ownerOf(token) {
      const response = await fetch(`http://127.0.0.1:${port}/token-owner?token=${encodeURIComponent(token)}`);
      return response.json();
    },
    stop() {
      server.kill("SIGKILL");
    },
  };
}

const bearer = (exchange) => /^Bearer (.*)$/.exec(exchange.value("authorization"))?.[1] ?? "";

describe("tokens of OAuth 2.0, on workerd", { skip }, () => {
  let authority;
  let gateway;
  let cache;
  const setClients = ([first, second]) =>
    gateway.store.setAll({ CLIENT: JSON.stringify(first), CLIENT_PREVIOUS: JSON.stringify(second) });
  before(async () => {
    authority = await startAuthorizationServer();
    cache = await startCache();
    gateway = await startGateway({}, { OAUTH_PORT: String(authority.port) }, cache);
  });
  beforeEach(async () => {
    gateway.upstream.clear();
    gateway.verifies(async (exchange) => (await authority.ownerOf(bearer(exchange))) !== null);
    cache.kept.clear();
    setClients(authority.clients);
    await authority.command("check");
  });
  after(() => Promise.all([authority?.stop(), gateway?.stop()]));

  const owners = () => Promise.all(gateway.upstream.exchanges.map((exchange) => authority.ownerOf(bearer(exchange))));
  const call = (route) => gateway.call({ method: "POST", target: `/${route}/x`, body: "body" });

  for (const route of ROUTES) {
    test(`${route}: the server takes what the gateway proves, and the upstream takes the token`, async () => {
      const response = await call(route);
      assert.equal(response.status, 200, response.text);
      assert.deepEqual(await owners(), ["first-app"]);
      assert.deepEqual(await authority.command("check"), [200]);
      assert.equal(gateway.upstream.exchanges[0].body.toString(), "body");
    });

    test(`${route}: the server accepts no other secret, and the caller gets none of its responses`, async () => {
      const [first, second] = authority.clients;
      const wrong = (client, other) => ({ ...client, secret: `${client.secret}x`, refresh: other.refresh, key: other.key });
      setClients([wrong(first, second), wrong(second, first)]);
      const response = await call(route);
      assert.equal(response.value("ostiary-refusal"), "secret_unavailable", response.text);
      assert.deepEqual(gateway.upstream.exchanges, []);
      const statuses = await authority.command("check");
      assert.ok(statuses.length === 2 && statuses.every((status) => status === 400 || status === 401), statuses.join());
      assert.ok(!/invalid_/.test(response.text));
    });

    test(`${route}: the second client serves when the first was revoked`, async () => {
      await authority.command("revoke first-app");
      try {
        assert.equal((await call(route)).status, 200);
        assert.deepEqual(await owners(), ["second-app"]);
      } finally {
        await authority.command("restore first-app");
      }
    });
  }

  test("with reuse, a token is used for many requests, and is stored encrypted under its own name", async () => {
    for (let count = 0; count < 3; count++) assert.equal((await call("private")).status, 200);
    assert.deepEqual(await authority.command("check"), [200]);
    const token = bearer(gateway.upstream.exchanges[0]);
    assert.equal(cache.kept.size, 1);
    const [[key, kept]] = cache.kept;
    assert.match(key, /^ostiary .*\/\.ostiary\/token\/[0-9a-f]{32}$/);
    assert.match(kept.toString("latin1"), /cache-control: max-age=\d+/i);
    for (const form of [token, Buffer.from(token).toString("base64"), "first-app"]) assert.ok(!kept.includes(form));

    await call("client");
    await call("client");
    assert.deepEqual(await authority.command("check"), [200, 200]);
    assert.equal(cache.kept.size, 1, "only where the configuration says so");
  });

  test("a kept token that was revoked is renewed once, and a rotated secret never meets it", async () => {
    await call("private");
    await authority.command("forget-tokens");
    gateway.upstream.exchanges = [];
    assert.equal((await call("private")).status, 200);
    assert.deepEqual(await authority.command("check"), [200]);
    assert.equal(gateway.upstream.exchanges.length, 2);

    setClients([...authority.clients].reverse());
    gateway.upstream.exchanges = [];
    assert.equal((await call("private")).status, 200);
    assert.deepEqual(await owners(), ["second-app"]);
    assert.equal(cache.kept.size, 2);
  });

  test("a token that somebody changed in the cache is not used", async () => {
    await call("private");
    const [[key, kept]] = cache.kept;
    kept[kept.length - 1] ^= 1;
    cache.kept.set(key, kept);
    assert.equal((await call("private")).status, 200);
    assert.deepEqual(await authority.command("check"), [200, 200]);
  });

  test("a token does not come back", async () => {
    gateway.upstream.on("/echo", (exchange) => {
      const body = `${bearer(exchange)}\n`;
      exchange.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nx-echo: ${bearer(exchange)}\r\n\r\n${body}`);
    });
    const response = await gateway.call({ target: "/client/echo" });
    const token = bearer(gateway.upstream.exchanges[0]);
    assert.equal(response.status, 200);
    assert.ok(token.length > 10 && !`${response.head}${response.text}`.includes(token), response.text);
  });
});

describe("without a Cache API", { skip }, () => {
  test("each request fetches a token for itself, and a server that is not there is 503", async () => {
    const authority = await startAuthorizationServer();
    const [first, second] = authority.clients.map((client) => JSON.stringify(client));
    const gateway = await startGateway({ CLIENT: first, CLIENT_PREVIOUS: second }, { OAUTH_PORT: String(authority.port) });
    try {
      gateway.verifies(() => true);
      for (let count = 0; count < 2; count++) assert.equal((await gateway.call({ target: "/private/x" })).status, 200);
      assert.deepEqual(await authority.command("check"), [200, 200]);
      authority.stop();
      const response = await gateway.call({ target: "/client/x" });
      assert.equal(response.value("ostiary-refusal"), "secret_unavailable");
    } finally {
      await gateway.stop();
      authority.stop();
    }
  });
});
