// The gateway on workerd, with callers, an upstream and a store whose failures are scripted.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { canary, sweep } from "../harness/canaries.mjs";
import { flaps, hangs, startSecretStore, throws } from "../harness/secret-store.mjs";
import { EVERY, answer, startUpstream } from "../harness/upstream.mjs";
import { startWorkerd } from "../harness/workerd.mjs";
import { ANSWERS, bodyTo } from "./answers.mjs";
import { CALLERS } from "./mix.mjs";

const BUILD = fileURLToPath(new URL(".build", import.meta.url));
const configuration = readFileSync(new URL("configuration/wrangler.toml", import.meta.url), "utf8");
const bindings = [...configuration.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(configuration);

const tokenName = (caller) => `${caller.toUpperCase()}_TOKEN`;
export const tokenOf = (caller) => canary(tokenName(caller));

/** The names of the keys that a route sends while its store fails; the world sets `rotated`. */
const KEYS = {
  throwing: ["THROWING_KEY_SECOND"],
  hanging: ["HANGING_KEY_SECOND"],
  flapping: ["FLAPPING_KEY", "FLAPPING_KEY_SECOND"],
  lonely: ["LONELY_KEY"],
};

const ROTATIONS = ["ROTATED_KEY", "ROTATED_KEY_NEW"];
const NAMES = [...new Set([...bindings, ...ROTATIONS, ...CALLERS.map(tokenName)])];

// The output is searched in parts of this size; the end of each part is searched again with the next one.
const SEARCHED = 1024 * 1024;
const OVERLAP = 4 * 1024;

class World {
  #start;
  #workerd;
  #rest = "";
  #rotated = ROTATIONS[0];

  constructor(start, store, upstream) {
    this.#start = start;
    Object.assign(this, { store, upstream });
    upstream.on(EVERY, (exchange) => this.#answer(exchange));
  }

  async begin() {
    this.#workerd = await this.#start();
  }

  get port() {
    return this.#workerd.port;
  }

  get process() {
    return this.#workerd.server;
  }

  /** The keys that this route may send for a request that begins now. */
  keysOf(route) {
    return KEYS[route] ?? [this.#rotated];
  }

  /** Writes the new value to all sources of the secret; from then on, the upstream refuses the old one. */
  rotate() {
    this.#rotated = ROTATIONS[1];
    for (const source of ["ROTATED_KEY", "ROTATED_KEY_SECOND"]) this.store.set(source, canary(this.#rotated));
  }

  /** Kills workerd, and starts it again on another port. */
  async crash() {
    await this.process.kill();
    this.search("", true);
    await this.begin();
  }

  /** Case 45, for a caller's response and the output of workerd. */
  search(received, whole = false) {
    this.#rest += received + this.process.output;
    this.process.output = "";
    if (this.#rest.length < SEARCHED && !whole) return;
    sweep(this.#rest, NAMES);
    this.#rest = this.#rest.slice(-OVERLAP);
  }

  async stop() {
    await this.#workerd?.stop();
    await Promise.all([this.store.stop(), this.upstream.stop()]);
  }

  async #answer(exchange) {
    const [, , caller, kind, nonce] = exchange.path.split("/").map(decodeURIComponent);
    // A fault while the request is still being sent is another kind.
    if (!(await exchange.received)) return;
    const key = NAMES.find((name) => canary(name) === exchange.value("x-api-key"));
    // The record is not used, and would be large after five minutes.
    this.upstream.exchanges.length = 0;
    const fields = { "x-nonce": nonce, "x-key": String(key) };
    if (ROTATIONS.includes(key) && key !== this.#rotated) return exchange.write(answer(401, fields));
    await ANSWERS[kind](exchange, fields, bodyTo(caller, nonce, exchange.body.toString()));
  }
}

/** A running world; `stop()` ends it. */
export async function startWorld() {
  if (!existsSync(BUILD)) throw new Error("build the Worker into tests/faults/.build first");
  const [store, upstream] = await Promise.all([startSecretStore(), startUpstream()]);
  for (const name of bindings) store.set(name, canary(name));
  store.setAll({
    ROTATED_KEY_SECOND: canary("ROTATED_KEY"),
    THROWING_KEY: throws,
    HANGING_KEY: hangs,
    FLAPPING_KEY: flaps(canary("FLAPPING_KEY")),
    LONELY_KEY: flaps(canary("LONELY_KEY")),
    LOST_KEY: throws,
    BOB_TOKEN: flaps(canary("BOB_TOKEN")),
  });
  const variables = { UPSTREAM_PORT: String(upstream.port) };
  const start = () => startWorkerd({ build: BUILD, secrets: bindings, rateLimits: [], variables, store, compatibilityDate, compatibilityFlags: [] });
  const world = new World(start, store, upstream);
  try {
    await world.begin();
    return world;
  } catch (error) {
    await world.stop();
    throw error;
  }
}
