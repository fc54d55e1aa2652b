// OpenAI for Node, and its realtime client for web pages, which sends the token in a subprotocol.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { startGateway } from "../harness/gateway.mjs";
import { within } from "../harness/patience.mjs";
import { answer } from "../harness/upstream.mjs";
import { echo } from "../harness/websocket.mjs";
import { KEY, assertWithoutToken, describeSdk } from "./sdk.mjs";

const messages = [{ role: "user", content: "hello" }];
const chunk = (content) => `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;

describeSdk("openai", {
  connect: (origin, apiKey, maxRetries) => new OpenAI({ apiKey, baseURL: `${origin}/openai`, maxRetries }),
  credential: ["authorization", `Bearer ${KEY}`],
  served: [
    {
      what: "a completion",
      path: "/openai/v1/chat/completions",
      body: { id: "1", object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: "hi" } }] },
      call: (client) => client.chat.completions.create({ model: "m", messages }),
      check: ({ choices }) => assert.equal(choices[0].message.content, "hi"),
    },
    {
      what: "a stream",
      path: "/openai/v1/chat/completions",
      body: async (exchange) => {
        await exchange.received;
        await exchange.write(answer(200, { "content-type": "text/event-stream" }, `${chunk("a")}${chunk("b")}data: [DONE]\n\n`));
      },
      call: async (client) => Array.fromAsync(await client.chat.completions.create({ model: "m", messages, stream: true })),
      check: (chunks) => assert.deepEqual(chunks.map(({ choices }) => choices[0].delta.content), ["a", "b"]),
    },
  ],
  forbidden: (client) => client.embeddings.create({ model: "m", input: "hello" }),
  error: ({ status, message }) => ({ status, text: message }),
});

let gateway;
before(async () => {
  gateway = await startGateway();
});
beforeEach(() => gateway.reset());
after(() => gateway?.stop());

// A subprotocol must not contain a slash or a quotation mark (RFC 6455 §4.1), which the usual token has.
const PAGE = "page-token-0123456789abcdef";

// The SDK always uses TLS, whatever its base URL is, and the gateway of a test has no TLS.
const { WebSocket } = globalThis;
globalThis.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    super(`${url}`.replace(/^wss:/, "ws:"), protocols);
  }
};

const realtime = (apiKey) => {
  const baseURL = `http://127.0.0.1:${gateway.port}/openai`;
  const client = new OpenAI({ apiKey, baseURL, dangerouslyAllowBrowser: true });
  const session = new OpenAIRealtimeWebSocket({ model: "m", dangerouslyAllowBrowser: true }, client);
  // An expected failure must not be reported as an unhandled error.
  session.on("error", () => {});
  return session;
};

test("case 53: a realtime session opens with the token in a subprotocol, which goes no further", async () => {
  gateway.store.set("TOKEN_MAIN", PAGE);
  gateway.upstream.on("/openai/v1/realtime", echo);
  const session = realtime(PAGE);
  const opened = new Promise((resolve, reject) => {
    session.socket.addEventListener("open", resolve);
    session.socket.addEventListener("error", reject);
  });
  await within("the session to open", opened);
  const [up] = gateway.upstream.exchanges;
  assert.deepEqual(up.values("authorization"), [`Bearer ${KEY}`]);
  assert.equal(session.socket.protocol, "realtime");
  assert.equal(up.value("sec-websocket-protocol").split(",")[0].trim(), "realtime");
  assertWithoutToken(gateway.upstream, PAGE);
  session.close();
});

test("case 53: a realtime session with an unknown token does not open", async () => {
  const session = realtime("unknown-token");
  const failed = new Promise((resolve, reject) => {
    session.socket.addEventListener("open", reject);
    session.socket.addEventListener("error", resolve);
  });
  await within("the session to fail", failed);
  assert.deepEqual(gateway.upstream.exchanges, []);
});
