// The tested Worker with its upstream, on one of the runtimes, with every secret set to its canary.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { canary, sweep } from "./canaries.mjs";
import { open, send } from "./client.mjs";
import { startMiniflare } from "./miniflare.mjs";
import { pause } from "./patience.mjs";
import { startSecretStore, yields } from "./secret-store.mjs";
import { started } from "./started.mjs";
import { startUpstream } from "./upstream.mjs";
import { openWebSocket } from "./websocket.mjs";
import { startWorkerd } from "./workerd.mjs";
import { startWranglerDev } from "./wrangler-dev.mjs";

export const BUILD = fileURLToPath(new URL("../.build", import.meta.url));
const CONFIGURATION = fileURLToPath(new URL("configuration/wrangler.toml", import.meta.url));

const text = readFileSync(CONFIGURATION, "utf8");
const bindings = [...text.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name);
const rateLimits = [...text.matchAll(/^\[\[ratelimits\]\]\nname = "(\w+)"\nnamespace_id = "(\w+)"\nsimple = { limit = (\d+), period = (\d+) }/gm)].map(
  ([, name, namespace, limit, period]) => ({ name, namespace, limit: Number(limit), period: Number(period) }),
);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(text);
const flags = /^compatibility_flags = \[(.*)\]/m.exec(text)?.[1] ?? "";
const compatibilityFlags = [...flags.matchAll(/"(\w+)"/g)].map(([, flag]) => flag);

// A secret whose value is JSON, and the fields that are sent.
const ACCOUNT = JSON.stringify({ id: canary("ACCOUNT_ID"), key: canary("ACCOUNT_KEY"), port: 1, nested: {} });

// The texts that must not appear in any output: the values of the bindings, the fields of JSON values, tokens with a
// digest in the configuration.
const DIGESTED = ["TOKEN_ROBOT", ...Array.from({ length: 10 }, (_, at) => `TOKEN_${String(2 * at + 2).padStart(2, "0")}`)];
// The classic Worker secrets.
const CLASSIC = ["CLASSIC_KEY", "MIXED_CLASSIC_KEY"];
const CANARIES = [...bindings, ...CLASSIC, "ACCOUNT_ID", "ACCOUNT_KEY", ...DIGESTED];
const classicSecrets = Object.fromEntries(CLASSIC.map((name) => [name, canary(name)]));

// On bare workerd, a test decides the result of a rate limit.
const GRANTED = Object.fromEntries(rateLimits.map(({ name }) => [name, yields(true)]));

const valueOf = (binding) => (binding === "ACCOUNT" ? ACCOUNT : canary(binding));

export const bearer = (token) => ["Authorization", `Bearer ${token}`];
export const basic = (username, password) => ["Authorization", `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`];
export const MAIN = canary("TOKEN_MAIN");

const starters = {
  async workerd(variables, secrets, build) {
    const store = await startSecretStore();
    store.setAll(secrets);
    store.setAll(GRANTED);
    const workerd = await startWorkerd({
      build,
      secrets: bindings,
      rateLimits: Object.keys(GRANTED),
      variables: { ...variables, ...classicSecrets },
      store,
      compatibilityDate,
      compatibilityFlags,
    });
    return {
      store,
      port: workerd.port,
      process: workerd.server,
      output: () => workerd.server.output,
      stop: () => Promise.all([workerd.stop(), store.stop()]),
    };
  },

  async miniflare(variables, secrets) {
    const miniflare = await startMiniflare({
      build: BUILD,
      secrets: bindings,
      rateLimits,
      variables: { ...variables, ...classicSecrets },
      compatibilityDate,
      compatibilityFlags,
    });
    const stored = await miniflare.seed(secrets);
    return { stored, port: miniflare.port, output: () => miniflare.lines.join("\n"), stop: miniflare.stop };
  },

  async "wrangler dev"(variables, secrets, build, { state, caller }) {
    const wrangler = await startWranglerDev({
      configuration: CONFIGURATION,
      caller,
      variables,
      workerSecrets: classicSecrets,
      secrets,
      state,
    });
    return { port: wrangler.port, output: () => wrangler.server.output, stop: wrangler.stop };
  },
};

class Gateway {
  #answers = "";
  // The responses on a test's own connections, as far as they have been read.
  #opened = [];

  constructor(upstream, running) {
    Object.assign(this, running, { upstream });
  }

  // Clears the records and scripts, so that a test starts from the usual state.
  reset() {
    this.upstream.clear();
    this.store?.setAll(Object.fromEntries(bindings.map((name) => [name, valueOf(name)])));
    this.store?.setAll(GRANTED);
    this.store?.forgetReads();
  }

  // One request with the token of `main`, unless the request has another proof or `token: null`.
  async call(request) {
    const answer = await send(this.port, this.#proved(request));
    this.#answers += `${answer.head}${answer.body.toString("latin1")}`;
    return answer;
  }

  async open(request) {
    const connection = await open(this.port, this.#proved(request));
    const answered = async (patience) => {
      const answer = await connection.answer(patience);
      this.#opened.push(answer);
      return answer;
    };
    return { ...connection, answer: answered };
  }

  openWebSocket(request) {
    return openWebSocket(this.port, this.#proved(request));
  }

  // The response to a request that must succeed, and the only exchange at the upstream.
  async through(request) {
    const answer = await this.call(request);
    assert.equal(answer.value("ostiary-refusal"), undefined, `${answer.status} ${answer.text}`);
    assert.equal(this.upstream.exchanges.length, 1, "one request is sent upstream");
    return { answer, up: this.upstream.exchanges[0] };
  }

  // The response to a request that the gateway must refuse with that code, without a request to the upstream.
  async refused(request, code) {
    const dialled = this.upstream.exchanges.length;
    const answer = await this.call(request);
    assert.equal(answer.value("ostiary-refusal"), code, `${answer.status} ${answer.text}`);
    assert.equal(this.upstream.exchanges.length, dialled, "nothing is sent upstream");
    return answer;
  }

  // Every request's event so far.
  events() {
    return this.#lines().filter(({ event }) => event === "request");
  }

  // The lines beside those events so far.
  notices() {
    return this.#lines().filter(({ event }) => event !== "request");
  }

  // The event of that response; it may be written after the response.
  async event(answer) {
    const id = answer.value("ostiary-request-id");
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const events = this.events().filter((event) => event.request_id === id);
      if (events.length > 0) {
        assert.equal(events.length, 1, "one event for each request");
        return events[0];
      }
      await pause(20);
    }
    throw new Error(`no event has the id ${id}:\n${this.output().slice(-2_000)}`);
  }

  // Case 45.
  sweep() {
    sweep(this.output(), CANARIES);
    sweep(this.#answers, CANARIES);
    for (const answer of this.#opened) sweep(`${answer.head}${answer.body.toString("latin1")}`, CANARIES);
  }

  #lines() {
    return this.output().split("\n").flatMap((line) => eventOf(line));
  }

  #proved(request) {
    if (typeof request === "string") return request;
    const { token = MAIN, fields = [] } = request;
    const shows = token === null || fields.some(([name]) => name.toLowerCase() === "authorization");
    return { ...request, fields: shows ? fields : [bearer(token), ...fields] };
  }
}

// Bare workerd wraps a line of the console in its own JSON; the others print the line unchanged.
function eventOf(line) {
  const start = line.indexOf("{");
  if (start < 0) return [];
  try {
    const parsed = JSON.parse(line.slice(start));
    if (parsed.request_id !== undefined) return [parsed];
    return typeof parsed.message === "string" ? eventOf(parsed.message) : [];
  } catch {
    return [];
  }
}

export async function startGateway(runtime = "workerd", { variables = {}, build = BUILD, ...more } = {}) {
  if (!existsSync(BUILD)) throw new Error("build the Worker into tests/.build first");
  const upstream = await startUpstream();
  const secrets = Object.fromEntries(bindings.map((name) => [name, valueOf(name)]));
  const all = { UPSTREAM_PORT: String(upstream.port), ACCOUNT_NAME: "acme", ...variables };
  try {
    const running = await starters[runtime](all, secrets, build, more);
    const gateway = new Gateway(upstream, running);
    const { stop } = running;
    gateway.stop = () => Promise.all([stop(), upstream.stop()]);
    return gateway;
  } catch (error) {
    await upstream.stop();
    throw error;
  }
}

// A gateway for the tests of a file or of a `describe`, which each test finds in its usual state.
export const useGateway = (runtime, options) => started(() => startGateway(runtime, options));
