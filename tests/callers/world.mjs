// The Worker on workerd, with the API and the issuers of tokens behind it, by their real host names.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { startCache } from "../harness/cache.mjs";
import { send } from "../harness/client.mjs";
import { startSecretStore } from "../harness/secret-store.mjs";
import { startWorkerd } from "../harness/workerd.mjs";

const BUILD = fileURLToPath(new URL(".build", import.meta.url));
const text = readFileSync(new URL("configuration/wrangler.toml", import.meta.url), "utf8");
const bindings = [...text.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(text);

export const KEY = "key-of-the-api-0123456789";
export const AUDIENCE = "https://gw.example.com";

// Responses by URL. A proxy gets the whole URL in the request line (RFC 9112, section 3.2.2).
class Internet {
  asked = [];
  #answers = new Map();

  on(url, answer) {
    this.#answers.set(url, answer);
  }

  async start() {
    // A request with its whole URL has no `Host` here.
    this.server = createServer({ requireHostHeader: false }, (request, response) => {
      this.asked.push(request.url);
      const answer = this.#answers.get(request.url.split("?")[0]) ?? ((_, response) => response.writeHead(404).end());
      answer(request, response);
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

export const json = (value, headers = {}) => (_, response) =>
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));

class World {
  constructor(parts) {
    Object.assign(this, parts);
  }

  // One request with this token, and its outcome in the log.
  async call(token, { path = "/api/v1/x", method = "GET", fields = [] } = {}) {
    this.internet.asked.length = 0;
    const answer = await send(this.port, { method, target: path, fields: [["Authorization", `Bearer ${token}`], ...fields] });
    return { status: answer.status, body: answer.text, asked: [...this.internet.asked] };
  }

  // Every line of the gateway's so far; one may be written after its answer.
  events() {
    const lines = this.workerd.server.output.split("\n").map((line) => /"message":("(?:[^"\\]|\\.)*")/.exec(line));
    return lines.filter(Boolean).map(([, message]) => JSON.parse(JSON.parse(message)));
  }

  stop() {
    return Promise.all([this.workerd.stop(), this.store.stop(), this.internet.stop(), this.cache.stop()]);
  }
}

export async function startWorld() {
  const store = await startSecretStore();
  store.setAll({ KEY, AGENTS_REVOKED: "{}" });
  const cache = await startCache();
  const internet = await new Internet().start();
  internet.on("https://api.example.com/v1/x", (request, response) =>
    json({ authorized: request.headers.authorization === `Bearer ${KEY}` })(request, response),
  );
  const workerd = await startWorkerd({
    build: BUILD,
    secrets: bindings,
    rateLimits: [],
    variables: {},
    store,
    internet,
    cache,
    compatibilityDate,
    compatibilityFlags: [],
  });
  return new World({ port: workerd.port, workerd, store, internet, cache });
}
