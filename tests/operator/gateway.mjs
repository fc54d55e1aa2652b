// The Worker with all operator features on workerd, its secrets, and its upstream.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { send } from "../harness/client.mjs";
import { startSecretStore } from "../harness/secret-store.mjs";
import { startUpstream } from "../harness/upstream.mjs";
import { startWorkerd } from "../harness/workerd.mjs";

export const BUILD = fileURLToPath(new URL(".build", import.meta.url));
const text = readFileSync(new URL("configuration/wrangler.toml", import.meta.url), "utf8");
const bindings = [...text.matchAll(/^binding = "(\w+)"\nstore_id/gm)].map(([, name]) => name);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(text);

export const HOST = "ops.test";

// The value of a binding, which no output may contain.
export const valueOf = (binding) => `value-of-${binding.toLowerCase().replaceAll("_", "-")}-0123456789`;

export const OPERATOR = valueOf("OPS_TOKEN");
export const CHECKOUT = valueOf("CHECKOUT_TOKEN");

class Gateway {
  constructor(parts) {
    Object.assign(this, parts);
  }

  reset() {
    this.upstream.clear();
    this.store.setAll(Object.fromEntries(bindings.map((name) => [name, valueOf(name)])));
    this.store.forgetReads();
  }

  call({ token, fields = [], ...request }) {
    const proof = (token ?? null) === null ? [] : [["Authorization", `Bearer ${token}`]];
    return send(this.port, { ...request, fields: [...proof, ...fields] });
  }

  // Every line of the gateway's log so far; a line may be written after the response.
  events() {
    return this.lines().filter(({ event }) => event !== undefined);
  }

  // The data points so far.
  points() {
    return this.lines().filter(({ dataset }) => dataset !== undefined);
  }

  lines() {
    return this.workerd.server.output.split("\n").flatMap((line) => {
      const found = /"message":("(?:[^"\\]|\\.)*")/.exec(line);
      return found ? [JSON.parse(JSON.parse(found[1]))] : [];
    });
  }

  // Checks that the gateway's output contains no secret.
  holdsNoValue(written) {
    for (const name of bindings) if (written.includes(valueOf(name))) throw new Error(`the value of ${name} is in ${written}`);
  }

  stop() {
    return Promise.all([this.workerd.stop(), this.store.stop(), this.upstream.stop()]);
  }
}

// `storePort` is that of the Secrets Store API; nothing listens at the usual one.
export async function startGateway({ storePort = 1 } = {}) {
  const store = await startSecretStore();
  const upstream = await startUpstream();
  const workerd = await startWorkerd({
    build: BUILD,
    secrets: bindings,
    rateLimits: [],
    datasets: ["METRICS"],
    variables: { UPSTREAM_PORT: String(upstream.port), STORE_PORT: String(storePort) },
    store,
    compatibilityDate,
    compatibilityFlags: [],
  });
  const gateway = new Gateway({ port: workerd.port, workerd, store, upstream });
  gateway.reset();
  return gateway;
}
