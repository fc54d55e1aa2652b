// Pages in Chromium call the gateway with the SDKs of OpenAI and Anthropic: preflight requests, the responses that a
// page can read, and the requests to the upstream.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startGateway } from "../../harness/gateway.mjs";
import { answer } from "../../harness/upstream.mjs";
import { echo } from "../../harness/websocket.mjs";
import { KEY, assertWithoutToken } from "../sdk.mjs";
import { CHROMIUM, MISSING, startChromium } from "./chromium.mjs";

const PAGE = fileURLToPath(new URL("page.mjs", import.meta.url));
const APP = "http://app.page.test";
const PREVIEW = "http://branch-1.previews.test";
const FOREIGN = "http://evil.test";

// A subprotocol must not contain a slash or a quotation mark (RFC 6455 §4.1), which the usual token has.
const TOKEN = "page-token-0123456789abcdef";

const COMPLETION = { id: "1", object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: "hi" } }] };
const MESSAGE = { id: "msg_1", type: "message", role: "assistant", content: [{ type: "text", text: "hi" }] };
const HEADERS = { "content-type": "application/json", "x-ratelimit-remaining": "3", "x-request-id": "r", "set-cookie": "a=1" };
const chunk = (content) => `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;

// The headers that a browser hides from scripts.
const OF_THE_PAGE = ["origin", "referer", "cookie", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest"];

describe("in Chromium", { skip: CHROMIUM === undefined && MISSING }, () => {
  let gateway;
  let server;
  let chromium;
  const pages = new Map();

  before(async () => {
    const { outputFiles } = await build({ entryPoints: [PAGE], bundle: true, format: "iife", platform: "browser", write: false });
    const html = `<!doctype html><meta charset="utf-8"><script>${outputFiles[0].text.replaceAll("</script", "<\\/script")}</script>`;
    server = http.createServer((_, response) => response.setHeader("content-type", "text/html").end(html));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address();
    const hosts = [APP, PREVIEW, FOREIGN].map((origin) => [new URL(origin).host, port]);
    [gateway, chromium] = await Promise.all([startGateway(), startChromium(Object.fromEntries(hosts))]);
    for (const origin of [APP, PREVIEW, FOREIGN]) pages.set(origin, await chromium.open(`${origin}/`));
  });

  beforeEach(() => {
    gateway.reset();
    gateway.store.set("TOKEN_MAIN", TOKEN);
    gateway.upstream.on("/openai/v1/chat/completions", answer(200, HEADERS, JSON.stringify(COMPLETION)));
    // As Anthropic's API does for a request from a page.
    gateway.upstream.on("/anthropic/v1/messages", async (exchange) => {
      await exchange.received;
      const refused = exchange.value("origin") !== undefined;
      await exchange.write(refused ? answer(401, { "content-type": "application/json" }, "{}") : answer(200, HEADERS, JSON.stringify(MESSAGE)));
    });
  });

  after(async () => {
    await Promise.all([chromium?.stop(), gateway?.stop()]);
    server?.closeAllConnections();
    server?.close();
  });

  // The result of a call in the page: `{value}` or `{error}`.
  const run = (origin, call, path, token = TOKEN, scheme = "http") =>
    pages.get(origin).evaluate(`run(${JSON.stringify(call)}, ${JSON.stringify(`${scheme}://127.0.0.1:${gateway.port}${path}`)}, ${JSON.stringify(token)})`);

  // The only request to the upstream, which has the key and none of the page's credentials.
  function sent() {
    const [up, ...more] = gateway.upstream.exchanges;
    assert.deepEqual(more.map(({ head }) => head), []);
    for (const name of OF_THE_PAGE) assert.deepEqual(up.values(name), [], name);
    assertWithoutToken(gateway.upstream, TOKEN);
    return up;
  }

  for (const origin of [APP, PREVIEW]) {
    test(`openai: a completion for ${origin}`, async () => {
      assert.deepEqual(await run(origin, "completion", "/page/openai"), { value: "hi" });
      const up = sent();
      assert.deepEqual(up.values("authorization"), [`Bearer ${KEY}`]);
      assert.notEqual(up.value("x-stainless-lang"), undefined);
    });
  }

  test("openai: a stream", async () => {
    gateway.upstream.on("/openai/v1/chat/completions", answer(200, { "content-type": "text/event-stream" }, `${chunk("a")}${chunk("b")}data: [DONE]\n\n`));
    assert.deepEqual(await run(APP, "stream", "/page/openai"), { value: ["a", "b"] });
    sent();
  });

  test("openai: with the browser's credentials a page reads every header of the response but cookies", async () => {
    const { value } = await run(APP, "headers", "/page/openai");
    assert.equal(value["x-ratelimit-remaining"], "3");
    assert.equal(value["x-request-id"], "r");
    assert.match(value["ostiary-request-id"], /^[0-9a-f]{32}$/);
    assert.equal(value["set-cookie"], undefined);
  });

  test("a page may send the browser's credentials if the route allows it", async () => {
    assert.deepEqual(await run(APP, "cookies", "/page/openai"), { value: 200 });
    sent();
  });

  test("anthropic: a message, for any origin, in one request that does not name the page", async () => {
    for (const origin of [APP, FOREIGN]) {
      gateway.upstream.exchanges = [];
      const { value, error } = await run(origin, "message", "/page/anthropic");
      assert.equal(error, undefined);
      assert.equal(value.text, "hi");
      assert.equal(value.headers["x-ratelimit-remaining"], "3");
      assert.equal(value.headers["x-request-id"], undefined, "it is not exposed");
      assert.deepEqual(sent().values("x-api-key"), [KEY]);
    }
  });

  test("case 66: a page reads why it was refused", async () => {
    for (const [call, path] of [["completion", "/page/openai"], ["message", "/page/anthropic"]]) {
      const { error } = await run(APP, call, path, "unknown-token-0123456789");
      assert.equal(error.status, 401);
      assert.match(error.message, /no token that this gateway accepts\./);
    }
    const { error } = await run(APP, "headers", "/page/openai/nowhere");
    assert.equal(error.status, 403);
    assert.deepEqual(gateway.upstream.exchanges, []);
  });

  test("a page of another origin, and headers that the route does not allow, are stopped by the browser", async () => {
    for (const [origin, path] of [[FOREIGN, "/page/openai"], [PREVIEW, "/page/strict"], [APP, "/page/strict"]]) {
      const { error } = await run(origin, "completion", path);
      assert.equal(error?.message, "Connection error.", `${origin} ${path}`);
    }
    assert.deepEqual(gateway.upstream.exchanges, []);
    assert.equal(gateway.store.reads.size, 0);
  });

  test("case 53: a WebSocket opens with the token in a subprotocol, which goes no further", async () => {
    gateway.upstream.on("/openai/v1/realtime", echo);
    const { value, error } = await run(APP, "socket", "/page/openai/realtime", TOKEN, "ws");
    assert.equal(error, undefined);
    assert.deepEqual(value, { protocol: "realtime", data: "hello" });
    assert.equal(sent().value("sec-websocket-protocol"), "realtime");
    const { error: refused } = await run(APP, "socket", "/page/openai/realtime", "unknown-token-0123456789", "ws");
    assert.match(refused.message, /closed with 1006/);
  });

  test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
});
