// The script of the page: two SDKs, used as in their documentation for browsers, and a WebSocket. Each call returns its
// result as JSON.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const messages = [{ role: "user", content: "hello" }];
const browser = { dangerouslyAllowBrowser: true, maxRetries: 0 };

const openai = (baseURL, apiKey) => new OpenAI({ apiKey, baseURL, ...browser });
const anthropic = (baseURL, apiKey) => new Anthropic({ apiKey, baseURL, ...browser });

const calls = {
  async completion(base, token) {
    const { choices } = await openai(base, token).chat.completions.create({ model: "m", messages });
    return choices[0].message.content;
  },

  async stream(base, token) {
    const chunks = await openai(base, token).chat.completions.create({ model: "m", messages, stream: true });
    return (await Array.fromAsync(chunks)).map(({ choices }) => choices[0].delta.content);
  },

  // Response headers that the page can read.
  async headers(base, token) {
    const { response } = await openai(base, token).chat.completions.create({ model: "m", messages }).withResponse();
    return Object.fromEntries(response.headers);
  },

  async message(base, token) {
    const { data, response } = await anthropic(base, token).messages.create({ model: "m", max_tokens: 8, messages }).withResponse();
    return { text: data.content[0].text, headers: Object.fromEntries(response.headers) };
  },

  async cookies(base, token) {
    const response = await fetch(`${base}/models`, { headers: { authorization: `Bearer ${token}` }, credentials: "include" });
    return response.status;
  },

  socket(url, token) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const socket = new WebSocket(url, ["realtime", `openai-insecure-api-key.${token}`]);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => {
      resolve({ protocol: socket.protocol, data });
      socket.close();
    };
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    return promise;
  },
};

globalThis.run = (name, ...args) =>
  calls[name](...args).then(
    (value) => ({ value }),
    ({ name: kind, constructor, status, message, code }) => ({ error: { kind: constructor.name || kind, status, message, code } }),
  );
