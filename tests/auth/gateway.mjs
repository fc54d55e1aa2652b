// The Worker with every form of auth on workerd, its secrets, and an upstream that verifies requests.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { send } from "../harness/client.mjs";
import { startSecretStore } from "../harness/secret-store.mjs";
import { EVERY, answer, startUpstream } from "../harness/upstream.mjs";
import { startWorkerd } from "../harness/workerd.mjs";

const BUILD = fileURLToPath(new URL(".build", import.meta.url));
const text = readFileSync(new URL("configuration/wrangler.toml", import.meta.url), "utf8");
const bindings = [...text.matchAll(/^\[\[secrets_store_secrets\]\]\nbinding = "(\w+)"/gm)].map(([, name]) => name);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(text);

export const TOKEN = "token-of-the-app-0123456789";
export const OPERATOR_TOKEN = "token-of-the-operator-0123456789";

class Gateway {
  constructor(parts) {
    Object.assign(this, parts);
  }

  // One request with the caller's token.
  call({ fields = [], ...request }) {
    const shows = fields.some(([name]) => name.toLowerCase() === "authorization");
    return send(this.port, { ...request, fields: shows ? fields : [["Authorization", `Bearer ${TOKEN}`], ...fields] });
  }

  // From now on the upstream accepts the requests that `verify` accepts, and refuses others with 401.
  verifies(verify) {
    this.upstream.on(EVERY, async (exchange) => {
      await exchange.received;
      const accepted = await verify(exchange);
      exchange.write(accepted ? answer(200, { "content-type": "application/json" }, '{"ok":true}') : answer(401));
    });
  }

  stop() {
    return Promise.all([this.workerd.stop(), this.store.stop(), this.upstream.stop(), this.cache?.stop()]);
  }
}

// `cache` is the server for workerd's Cache API; without it there is no Cache API. `fetchers` are bindings that send
// requests, in the form of services in workerd's configuration.
export async function startGateway(secrets, variables = {}, cache = undefined, fetchers = {}) {
  const store = await startSecretStore();
  store.setAll({ TOKEN, OPS: OPERATOR_TOKEN, ...secrets });
  const upstream = await startUpstream();
  const workerd = await startWorkerd({
    build: BUILD,
    secrets: bindings,
    rateLimits: [],
    variables: { UPSTREAM_PORT: String(upstream.port), AWS_PORT: "1", OAUTH_PORT: "1", TLS_PORT: "1", ...variables },
    store,
    cache,
    fetchers,
    compatibilityDate,
    compatibilityFlags: [],
  });
  return new Gateway({ port: workerd.port, workerd, store, upstream, cache });
}
