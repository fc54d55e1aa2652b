// A Secrets Store API that returns what a test scripts, such as responses that the local API would never return.

import http from "node:http";
import https from "node:https";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ACCOUNT } from "./api-server.mjs";

const certificate = (name) => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));

/** The private authority of the API with `tls`. */
export const AUTHORITY = certificate("authority.pem");

const TLS = { cert: readFileSync(certificate("server.pem")), key: readFileSync(certificate("server.key.pem")) };

/** A successful response. */
export const success = (result, page) => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result, ...(page && { result_info: page }) },
});

/** An error response. */
export const refusal = (status, message, code = 1001) => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});

/** Closes the connection without a response. */
export const RESET = { reset: true };

/** A secret as the API returns it. */
export const secret = (name, more = {}) => ({
  id: `id-${name}`.slice(0, 32),
  name,
  store_id: "local",
  created: "2026-01-01T00:00:00Z",
  modified: "2026-01-01T00:00:00Z",
  status: "active",
  comment: null,
  scopes: ["workers"],
  ...more,
});

/**
 * Serves until `stop()`. `script` gets `{method, path, query, body, number}` of each request, `path` being what follows
 * the account's `secrets_store/`, and returns one of the responses above.
 *
 * @param options.tls whether it speaks TLS, with a certificate of a private authority
 */
export async function startScriptedApi(script, { tls = false } = {}) {
  const requests = [];
  const serve = async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const url = new URL(request.url, "http://localhost");
    const text = Buffer.concat(pieces).toString();
    const path = url.pathname.replace(`/client/v4/accounts/${ACCOUNT}/secrets_store/`, "");
    const asked = { method: request.method, path, query: url.searchParams, body: text && JSON.parse(text), headers: request.headers, number: requests.length };
    requests.push(asked);
    const answer = await script(asked);
    if (answer.reset) return request.socket.destroy();
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  };
  const server = tls ? https.createServer(TLS, serve) : http.createServer(serve);
  server.unref();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return {
    requests,
    port,
    environment: {
      CLOUDFLARE_API_BASE_URL: `${tls ? "https://localhost" : "http://127.0.0.1"}:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: "any",
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      OSTIARY_STORE_ID: "local",
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
