// Anthropic for Node.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { KEY, describeSdk } from "./sdk.mjs";

const messages = [{ role: "user", content: "hello" }];

describeSdk("@anthropic-ai/sdk", {
  connect: (origin, apiKey, maxRetries) => new Anthropic({ apiKey, baseURL: `${origin}/anthropic`, maxRetries }),
  credential: ["x-api-key", KEY],
  served: [
    {
      what: "a message",
      path: "/anthropic/v1/messages",
      body: { id: "msg_1", type: "message", role: "assistant", content: [{ type: "text", text: "hi" }] },
      call: (client) => client.messages.create({ model: "m", max_tokens: 8, messages }),
      check: ({ content }) => assert.equal(content[0].text, "hi"),
    },
    {
      what: "a list",
      path: "/anthropic/v1/models",
      body: { data: [{ id: "m", type: "model" }], has_more: false },
      call: (client) => client.models.list(),
      check: ({ data }) => assert.equal(data[0].id, "m"),
    },
  ],
  forbidden: (client) => client.messages.countTokens({ model: "m", messages }),
  error: ({ status, message }) => ({ status, text: message }),
});
