// A scripted Secrets Store: each binding returns a value, throws or hangs, and every read is counted. Bindings in
// workerd call it over loopback, so it can change between two requests without a restart.

import http from "node:http";

// The behaviour of a binding's `get()`.
export const yields = (value, after = 0) => ({ kind: "value", value, after });
export const absent = { kind: "throw", message: "Secret not found" };
export const throws = { kind: "throw", message: "Network connection lost." };
export const yieldsNull = { kind: "null" };
export const yieldsBytes = (value) => ({ kind: "bytes", value });
export const hangs = { kind: "hang" };

// Fails at every third read.
export function flaps(value) {
  let reads = 0;
  return () => (++reads % 3 === 0 ? throws : yields(value));
}

class SecretStore {
  #behaviours = new Map();
  #server = http.createServer((request, response) => this.#read(request, response));
  reads = new Map();
  // The calls of rate limits: binding and key.
  counted = [];

  async listen() {
    this.#server.keepAliveTimeout = 0;
    // A server must not keep a failed suite running.
    this.#server.unref();
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    return this;
  }

  // A string is a value that is returned at once; a function is called at each read.
  set(binding, behaviour) {
    this.#behaviours.set(binding, typeof behaviour === "string" ? yields(behaviour) : behaviour);
  }

  setAll(bindings) {
    for (const [binding, behaviour] of Object.entries(bindings)) this.set(binding, behaviour);
  }

  forgetReads() {
    this.reads.clear();
    this.counted = [];
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #read(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://store");
    const binding = pathname.slice(1);
    if (searchParams.has("key")) this.counted.push([binding, searchParams.get("key")]);
    else this.reads.set(binding, (this.reads.get(binding) ?? 0) + 1);
    const scripted = this.#behaviours.get(binding) ?? absent;
    const behaviour = typeof scripted === "function" ? scripted() : scripted;
    if (behaviour.kind === "hang") return;
    setTimeout(() => response.end(JSON.stringify(behaviour)), behaviour.after ?? 0);
  }
}

export function startSecretStore() {
  return new SecretStore().listen();
}

// The module behind each binding. workers-rs accepts a binding as a secret only if its class is named `Fetcher`.
export const BINDING_MODULE = `
class Fetcher {
  #store;
  #binding;
  constructor(store, binding) {
    this.#store = store;
    this.#binding = binding;
  }
  async get() {
    const response = await this.#store.fetch("http://store/" + this.#binding);
    const { kind, value, message } = await response.json();
    switch (kind) {
      case "value": return value;
      case "null": return null;
      case "bytes": return new TextEncoder().encode(value);
      default: throw new Error(message);
    }
  }
}
export default (environment) => new Fetcher(environment.store, environment.binding);
`;

// The module behind each rate limit: `yields(true)` allows the request.
export const RATE_LIMIT_MODULE = `
class Ratelimit {
  #store;
  #binding;
  constructor(store, binding) {
    this.#store = store;
    this.#binding = binding;
  }
  async limit({ key }) {
    const response = await this.#store.fetch("http://store/" + this.#binding + "?key=" + encodeURIComponent(key));
    const { kind, value, message } = await response.json();
    if (kind === "value") return { success: value };
    throw new Error(message);
  }
}
export default (environment) => new Ratelimit(environment.store, environment.binding);
`;

// The module behind each dataset of Analytics Engine: it prints each data point as a line.
export const DATASET_MODULE = `
class AnalyticsEngine {
  #binding;
  constructor(binding) {
    this.#binding = binding;
  }
  writeDataPoint(point) {
    console.log(JSON.stringify({ dataset: this.#binding, ...point }));
  }
}
export default (environment) => new AnalyticsEngine(environment.binding);
`;
