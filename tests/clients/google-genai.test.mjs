// Google Gen AI for Node.

import assert from "node:assert/strict";
import { GoogleGenAI } from "@google/genai";
import { KEY, describeSdk } from "./sdk.mjs";

describeSdk("@google/genai", {
  connect: (origin, apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${origin}/gemini` } }),
  credential: ["x-goog-api-key", KEY],
  served: [
    {
      what: "content",
      path: "/gemini/v1beta/models/m:generateContent",
      body: { candidates: [{ content: { role: "model", parts: [{ text: "hi" }] } }] },
      call: (client) => client.models.generateContent({ model: "m", contents: "hello" }),
      check: ({ text }) => assert.equal(text, "hi"),
    },
  ],
  forbidden: (client) => client.models.list(),
  error: ({ status, message }) => ({ status, text: message }),
});
