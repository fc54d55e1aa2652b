// The parts of a rotation, all of them real: the local API, the gateway under `wrangler dev` with the same store, load
// on the gateway, and an upstream that accepts exactly the given keys.

import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { STORE, startApi } from "./api-server.mjs";
import { canary, sweep } from "./canaries.mjs";
import { startGateway } from "./gateway.mjs";
import { ostiary } from "./ostiary.mjs";
import { pause } from "./patience.mjs";
import { started } from "./started.mjs";
import { EVERY, OK, answer } from "./upstream.mjs";

const REFUSED = answer(401, {}, "who are you?\n");
const CONNECTIONS = 40;

export const FILES = ["--config", "tests/harness/configuration/gateway.toml", "--wrangler", "tests/harness/configuration/wrangler.toml"];
/** The probe of the secret `primary`. */
export const BEARER = ["primary", "--route", "bearer", "--probe", "GET /v1/balance"];
export const OLD = [canary("PRIMARY_KEY"), canary("SECONDARY_KEY")];

export async function startRotation() {
  const api = await startApi();
  return new Rotation(api, await startGateway("wrangler dev", { state: api.state }));
}

/** One for the tests of a file: each finds it as it was at the start, and what was written is swept after it. */
export function useRotation() {
  const rotation = started(startRotation);
  afterEach(() => rotation.sweep());
  return rotation;
}

class Rotation {
  #outputs = [];
  /** Every new value so far. */
  values = [];

  constructor(api, gateway) {
    Object.assign(this, { api, gateway });
  }

  stop() {
    return Promise.all([this.api.stop(), this.gateway.stop()]);
  }

  /** Both sources get their old keys, and the upstream accepts both. */
  async reset() {
    await this.api.heal();
    await this.api.delay({ pending: "0s", visible: "0s", latency: "0s" });
    for (const name of ["PRIMARY_KEY", "SECONDARY_KEY"]) await this.put(name, canary(name));
    this.knows(...OLD);
  }

  /** From now on, the upstream accepts only these keys. */
  knows(...keys) {
    this.decides((exchange) => keys.some((key) => exchange.value("authorization") === `Bearer ${key}`));
  }

  /** The upstream accepts the keys that this function accepts, and answers others with `refusal`. */
  decides(accepts, refusal = REFUSED) {
    this.gateway.upstream.clear();
    this.gateway.upstream.on(EVERY, (exchange) => exchange.write(accepts(exchange) ? OK : refusal));
  }

  /** A value for which all output is searched. */
  fresh() {
    this.values.push(`new-canary-${this.values.length}-0123456789abcdef`);
    return this.values.at(-1);
  }

  async found(name) {
    const { body } = await this.api.call("GET", `stores/${STORE}/secrets?search=${name}`);
    return body.result.find((secret) => secret.name === name);
  }

  async remove(name) {
    await this.api.call("DELETE", `stores/${STORE}/secrets/${(await this.found(name)).id}`);
  }

  /** The status of a request with the secret `primary`. */
  async status(fields) {
    return (await this.gateway.call({ target: "/bearer/x", fields })).status;
  }

  async run(args, options) {
    const environment = {
      ...this.api.environment,
      OSTIARY_GATEWAY_URL: `http://127.0.0.1:${this.gateway.port}/operator`,
      OSTIARY_OPERATOR_TOKEN: canary("TOKEN_OPS"),
    };
    const ran = await ostiary(args, { environment, ...options });
    this.#outputs.push(ran.out, ran.err);
    return ran;
  }

  rotate(args, options) {
    return this.run(["rotate", ...FILES, "--pause", "0s", ...args], options);
  }

  /** Sends requests during an action. No request may fail: every response is the one for a valid key. */
  async underLoad(during, request = { target: "/bearer/x" }) {
    let going = true;
    const responses = [];
    const callers = Array.from({ length: CONNECTIONS }, async () => {
      while (going) {
        const { status, text } = await this.gateway.call(request);
        responses.push(status === 200 && text === "ok\n" ? "good" : `${status} ${text}`);
      }
    });
    const result = await during().finally(async () => {
      await pause(200);
      going = false;
    });
    await Promise.all(callers);
    assert.ok(responses.length > CONNECTIONS);
    assert.deepEqual(responses.filter((response) => response !== "good"), [], "no request fails");
    return result;
  }

  /** Case 45. */
  sweep() {
    for (const output of this.#outputs) {
      sweep(output, ["PRIMARY_KEY", "SECONDARY_KEY", "TOKEN_OPS", "TOKEN_MAIN"]);
      for (const value of this.values) assert.ok(!output.includes(value), "case 45");
    }
  }

  /** Writes a value through the API. */
  async put(name, value) {
    const secret = await this.found(name);
    if (secret) await this.api.call("PATCH", `stores/${STORE}/secrets/${secret.id}`, { value });
    else await this.api.call("POST", `stores/${STORE}/secrets`, [{ name, value, scopes: ["workers"] }]);
  }
}

/** The events of a rotation, from its JSON. */
export const steps = (ran) => ran.json().events.filter(({ event }) => ["written", "probed"].includes(event)).map(({ source, event }) => `${event} ${source}`);
