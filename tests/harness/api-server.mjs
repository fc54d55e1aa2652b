// The local Secrets Store API as its own process, on a free port, with its own state folder.

import { fileURLToPath } from "node:url";
import { ServerProcess, temporaryFolder } from "./server-process.mjs";

const PROGRAM = fileURLToPath(new URL("../../api/run.mjs", import.meta.url));

/** The id of the store that exists from the start. */
export const STORE = "local";

/** Any id will do. */
export const ACCOUNT = "985e105f4ecef8ad9ca31a8372d0c353";

/**
 * Starts the API. What it returns:
 *
 *   port, base          `base` is the URL that ends with /client/v4
 *   state               the folder for `wrangler dev --persist-to`; Miniflare's is `state`/v3
 *   environment         the variables with which wrangler and ostiary use it
 *   call(method, path, body, headers)   one request below the account's secrets_store, with a token; `body` becomes
 *                       JSON unless it is a string; resolves to `{status, headers, body}` with the parsed envelope
 *   fail(...faults)     adds faults (api/faults.mjs); `heal()` clears them
 *   delay(delays)       sets delays (api/delays.mjs)
 *   output()            its output so far
 *   stop()              ends it; the state folder is kept until the test process ends, so that it can be started again
 *
 * @param options.state a folder that holds a local Secrets Store already
 * @param options.stores the ids of the stores that exist
 * @param options.variables more of the environment, such as API_VISIBLE
 */
export async function startApi({ state = temporaryFolder(), stores = [STORE], variables = {} } = {}) {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", API_PORT: "0", API_STATE: state, API_STORES: stores.join(","), ...variables };
  const server = new ServerProcess(process.execPath, [PROGRAM], { env });
  const [, port] = await server.said((output) => /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output));
  return new Api(server, Number(port), state);
}

class Api {
  #server;

  constructor(server, port, state) {
    this.#server = server;
    Object.assign(this, { port, state, base: `http://127.0.0.1:${port}/client/v4` });
  }

  get environment() {
    return { CLOUDFLARE_API_BASE_URL: this.base, CLOUDFLARE_API_TOKEN: "any", CLOUDFLARE_ACCOUNT_ID: ACCOUNT };
  }

  async call(method, path, body, headers = { authorization: "Bearer any" }) {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const url = `${this.base}/accounts/${ACCOUNT}/secrets_store/${path}`;
    const response = await fetch(url, { method, headers, body: text });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  async fail(...faults) {
    await this.#steer("POST", "/faults", faults);
  }

  async heal() {
    await this.#steer("DELETE", "/faults");
  }

  async delay(delays) {
    await this.#steer("PUT", "/delays", delays);
  }

  output() {
    return this.#server.output;
  }

  stop() {
    return this.#server.stop();
  }

  async #steer(method, path, body) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error((await response.json()).error);
  }
}
