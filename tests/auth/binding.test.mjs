// Requests through a binding: with a client certificate, which a Node server verifies, and to a service.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { after, before, beforeEach, describe, test } from "node:test";
import { startGateway } from "./gateway.mjs";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const harness = (name) => read(`../harness/certificates/${name}`);

// A server that requires a certificate of the authority, and refuses requests with a revoked one.
async function startVerifier() {
  const requests = [];
  const revoked = new Set();
  const options = { cert: harness("server.pem"), key: harness("server.key.pem"), ca: read("certificates/clients.pem"), requestCert: true, rejectUnauthorized: true };
  const server = createServer(options, async (request, response) => {
    const name = request.socket.getPeerCertificate().subject.CN;
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    requests.push({ name, url: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(revoked.has(name) ? 401 : 200).end(name);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, requests, revoked, stop };
}

const quoted = (text) => JSON.stringify(text);

// The workerd configuration that wrangler makes from `mtls_certificates`.
const withCertificate = (port, name) =>
  `external = (address = "127.0.0.1:${port}", https = (certificateHost = "localhost", options = (), tlsOptions = (trustedCertificates = [${quoted(harness("authority.pem"))}], keypair = (privateKey = ${quoted(read(`certificates/${name}.key.pem`))}, certificateChain = ${quoted(read(`certificates/${name}.pem`))}))))`;

const SERVICE = `export default { async fetch(request) {
  return Response.json({ url: request.url, authorization: request.headers.get("authorization"), body: await request.text() });
} };`;

describe("a binding that the Worker does not have, on workerd", () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({ KEY: "key-of-the-bank", KEY_PREVIOUS: "previous-key" }, { TLS_PORT: "1" });
  });
  after(() => gateway?.stop());

  test("is told as a fault of the configuration, and not as the upstream's", async () => {
    for (const target of ["/mtls/x", "/billing/x"]) {
      const response = await gateway.call({ target });
      assert.deepEqual([response.status, response.value("ostiary-refusal")], [500, "misconfigured"], target);
    }
  });
});

describe("what a binding sends, on workerd", () => {
  let verifier;
  let gateway;
  before(async () => {
    verifier = await startVerifier();
    const fetchers = {
      CERTIFICATE: withCertificate(verifier.port, "first"),
      CERTIFICATE_PREVIOUS: withCertificate(verifier.port, "second"),
      BILLING: `worker = (modules = [(name = "billing.js", esModule = ${quoted(SERVICE)})], compatibilityDate = "2026-01-01")`,
    };
    gateway = await startGateway({ KEY: "key-of-the-bank", KEY_PREVIOUS: "previous-key" }, { TLS_PORT: String(verifier.port) }, undefined, fetchers);
  });
  beforeEach(() => {
    verifier.requests.length = 0;
    verifier.revoked.clear();
    gateway.upstream.clear();
  });
  after(() => Promise.all([verifier?.stop(), gateway?.stop()]));

  const call = (target) => gateway.call({ method: "POST", target, body: "body" });

  test("a server that wants a certificate takes the request", async () => {
    const response = await call("/mtls/x?a=1");
    assert.equal(response.text, "first");
    const [{ url, body, headers }] = verifier.requests;
    assert.deepEqual([url, body, headers.authorization], ["/x?a=1", "body", undefined]);
  });

  test("the same server refuses a client without a certificate", async () => {
    const response = await gateway.call({ target: "/bare-tls/x" });
    assert.equal(response.value("ostiary-refusal"), "upstream_unreachable", response.text);
    assert.deepEqual(verifier.requests, []);
  });

  test("the second certificate is shown when the first one has been revoked, with the second key beside it", async () => {
    verifier.revoked.add("first");
    assert.equal((await call("/mtls/x")).text, "second");
    assert.deepEqual(verifier.requests.map(({ name }) => name), ["first", "second"]);
    assert.equal(verifier.requests[1].body, "body");
    verifier.requests.length = 0;
    assert.equal((await call("/mtls-and-key/x")).text, "second");
    assert.deepEqual(verifier.requests.map(({ headers }) => headers["x-key"]), ["key-of-the-bank", "previous-key"]);
  });

  test("a service gets the request with its credential, and nothing is sent to its host", async () => {
    const response = await call("/billing/x?a=1");
    assert.equal(response.status, 200, response.text);
    const seen = JSON.parse(response.text);
    assert.equal(seen.url, "https://billing.internal/v1/x?a=1");
    assert.equal(seen.body, "body");
    assert.ok(seen.authorization.startsWith("Bearer ") && !response.text.includes("key-of-the-bank"), "it is redacted");
  });
});
