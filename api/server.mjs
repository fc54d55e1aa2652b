// The HTTP server of the local API: Cloudflare's API below /client/v4, and its controls.

import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Control } from "./control.mjs";
import { Delays } from "./delays.mjs";
import { milliseconds } from "./duration.mjs";
import { Refusal, failure, invalid, success } from "./envelope.mjs";
import { Faults, refusalOf } from "./faults.mjs";
import { isLoopbackHost } from "./loopback-host.mjs";
import { OPERATIONS, operationOf } from "./operations.mjs";
import { privateFolder } from "./private-folder.mjs";
import { SecretsStore } from "./secrets-store.mjs";

export const BASE = "/client/v4";

// A hundred values of the greatest length, of which JSON may write each byte as `\u0000`.
const LONGEST_BODY = 100 * 65_536 * 6;

const NO_ROUTE = new Refusal(404, 7000, "No route for that URI");

class Server {
  #stores;
  #faults;
  #delays;
  #control;
  #record;
  #server = http.createServer((request, response) => this.#serve(request, response));

  constructor(stores, faults, delays, record) {
    this.#stores = stores;
    this.#faults = faults;
    this.#delays = delays;
    this.#record = record;
    this.#control = new Control(faults, delays);
  }

  async listen(port) {
    await new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    this.port = this.#server.address().port;
    return this;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#stores.close();
  }

  async #serve(request, response) {
    const began = performance.now();
    const url = URL.parse(request.url, "http://localhost");
    let name = "-";
    try {
      // Web pages are refused. A browser sends `Origin` with requests to another origin.
      const isOfPage = request.headers.origin !== undefined || !isLoopbackHost(request.headers.host);
      if (isOfPage || url === null) throw new Refusal(403, 10_000, "Authentication error");
      if (!url.pathname.startsWith(`${BASE}/`)) return send(response, ...(await this.#control.answer(request, url, bodyOf)));
      authenticate(request.headers);
      const asked = route(request.method, url);
      name = asked.name;
      await this.#perform(asked, url, request, response);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(`The stand-in failed: ${error.stack}`);
      const refusal = error instanceof Refusal ? error : new Refusal(500, 10_001, "internal_error");
      send(response, refusal.status, failure(refusal), refusal.headers);
    } finally {
      this.#record({ method: request.method, operation: name, status: response.statusCode, ms: Math.round(performance.now() - began) });
    }
  }

  async #perform({ name, operation, account, params }, url, request, response) {
    // The body is always read, so that a refusal does not look like a broken connection to the client.
    const text = await bodyOf(request);
    await pause(this.#delays.latency);
    const fault = this.#faults.next(name);
    if (fault?.delay !== undefined) await pause(milliseconds(fault.delay));
    const fails = fault?.status !== undefined || fault?.reset === true;
    const input = () => ({ account, params, query: url.searchParams, body: operation.takes && parsed(text, operation.takes) });
    const outcome = fails && fault.done !== true ? undefined : await operation.run(this.#stores, input());
    if (fault?.reset) return request.socket.resetAndDestroy();
    if (fault?.status !== undefined) throw refusalOf(fault);
    send(response, operation.status ?? 200, success(outcome.result, outcome.info));
  }
}

/**
 * Serves the API on loopback until `close()`.
 *
 * @param options.state the folder that `wrangler dev --persist-to` names
 * @param options.stores ids of stores that exist from the start
 * @param options.port 0 for a free one; `port` of what is returned tells which
 * @param options.faults see faults.mjs
 * @param options.delays see delays.mjs
 * @param options.record called with `{method, operation, status, ms}` for each request
 */
export async function serve({ state, stores = [], port = 0, faults = [], delays = {}, record = () => {} }) {
  const allFaults = new Faults(Object.keys(OPERATIONS));
  allFaults.add(faults);
  const allDelays = new Delays();
  allDelays.set(delays);
  privateFolder(state);
  const opened = await SecretsStore.open(state, stores, allDelays);
  try {
    return await new Server(opened, allFaults, allDelays, record).listen(port);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

// Any token is accepted, and any e-mail with any key, but one is required.
function authenticate(headers) {
  const { authorization, "x-auth-email": email, "x-auth-key": key } = headers;
  if (authorization === undefined && email === undefined && key === undefined) {
    throw new Refusal(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  }
  const bearer = authorization !== undefined && /^Bearer +[^\s]+$/i.test(authorization);
  if (!bearer && !(email && key)) throw new Refusal(400, 6003, "Invalid request headers");
}

function route(method, url) {
  const [accounts, account, product, ...segments] = url.pathname.slice(BASE.length + 1).split("/").map(decoded);
  if (accounts !== "accounts" || product !== "secrets_store") throw NO_ROUTE;
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(account)) {
    throw new Refusal(404, 7003, `Could not route to ${url.pathname.slice(BASE.length)}, perhaps your object identifier is invalid?`);
  }
  const found = operationOf(method, segments);
  if (found === undefined) throw NO_ROUTE;
  return { ...found, account };
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw NO_ROUTE;
  }
}

// The content type is ignored, because wrangler sends JSON as text.
function parsed(text, fits) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid("invalid_json_body");
  }
  if (!fits(body)) throw invalid("invalid_json_body");
  return body;
}

async function bodyOf(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > LONGEST_BODY) throw new Refusal(413, 10_413, "request_too_large");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function send(response, status, body, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}
