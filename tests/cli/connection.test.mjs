// The connections of the ostiary command: proxies and certificates.

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ostiary } from "../harness/ostiary.mjs";
import { AUTHORITY, startScriptedApi, success } from "../harness/scripted-api.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const quota = () => success({ secrets: { quota: 100, usage: 1 } });

let plain;
let secure;
let proxy;
before(async () => {
  plain = await startScriptedApi(quota);
  secure = await startScriptedApi(quota, { tls: true });
  proxy = await startProxy();
});
after(() => Promise.all([plain?.stop(), secure?.stop(), proxy?.stop()]));

// Opens tunnels for CONNECT, and records all other requests.
async function startProxy() {
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on("connect", (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    const [, host, port] = /^(.*):(\d+)$/.exec(request.url);
    const target = net.connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    for (const each of [socket, target]) each.on("error", () => each.destroy());
  });
  server.unref();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const asks = (api, variables = {}) => ostiary(["quota"], { environment: { ...api.environment, ...variables } });

test("case 59: no proxy sees what goes over plain http to this machine", async () => {
  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"]) {
    const ran = await asks(plain, { [name]: proxy.url });
    assert.equal(ran.code, 0, ran.err);
  }
  assert.deepEqual(proxy.seen, []);
  // Requests to the gateway's operator endpoints work in the same way.
  const operator = { OSTIARY_GATEWAY_URL: `http://127.0.0.1:${plain.port}/operator`, HTTP_PROXY: proxy.url };
  const files = ["--config", "tests/harness/configuration/gateway.toml"];
  await ostiary(["explain", "GET", "/", "--gateway", operator.OSTIARY_GATEWAY_URL, ...files, "--wrangler", "tests/harness/configuration/wrangler.toml"], { environment: operator });
  assert.deepEqual(proxy.seen, []);
});

test("https goes through the proxy, which sees a name and a port", async () => {
  const ran = await asks(secure, { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: AUTHORITY });
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(proxy.seen.splice(0), [`CONNECT localhost:${secure.port}`]);
  const excepted = await asks(secure, { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost", SSL_CERT_FILE: AUTHORITY });
  assert.deepEqual([excepted.code, proxy.seen], [0, []]);
});

test("an authority of this machine's is trusted", async () => {
  const folder = join(temporaryFolder(), "certificates");
  mkdirSync(folder);
  writeFileSync(join(folder, "authority.pem"), readFileSync(AUTHORITY));
  for (const variables of [{ SSL_CERT_FILE: AUTHORITY }, { SSL_CERT_DIR: folder }, { NODE_EXTRA_CA_CERTS: AUTHORITY }]) {
    const ran = await asks(secure, variables);
    assert.equal(ran.code, 0, `${Object.keys(variables)}: ${ran.err}`);
  }
});

test("an authority that is not is named, and nothing is sent or tried again", async () => {
  const before = secure.requests.length;
  for (const variables of [{}, { HTTPS_PROXY: proxy.url }, { NODE_EXTRA_CA_CERTS: "/nowhere.pem" }]) {
    const ran = await asks(secure, variables);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /an authority that this machine does not trust \(.*CN=Ostiary test authority.*\).*SSL_CERT_FILE/);
  }
  assert.equal(secure.requests.length, before);
  // One connection that failed, and one that read the issuer of the certificate.
  assert.equal(proxy.seen.length, 2);
});

test("a variable that cannot be used is named, and nothing is sent without it", async () => {
  const before = secure.requests.length;
  for (const [name, value] of [
    ["HTTPS_PROXY", "://"], ["https_proxy", "http://"], ["ALL_PROXY", "ftp://proxy"], ["HTTP_PROXY", "proxy:99999"],
    ["SSL_CERT_FILE", "/nowhere.pem"], ["SSL_CERT_FILE", "package.json"],
  ]) {
    for (const args of [["quota"], ["explain", "GET", "/", "--gateway", `https://localhost:${secure.port}/operator`]]) {
      const ran = await ostiary(args, { environment: { ...secure.environment, SSL_CERT_FILE: AUTHORITY, [name]: value } });
      assert.equal(ran.code, 2, `${name}=${value}: ${ran.out}${ran.err}`);
      assert.ok(ran.err.includes(name), ran.err);
    }
  }
  const folder = await ostiary(["quota"], { environment: { ...secure.environment, SSL_CERT_DIR: "/nowhere" } });
  assert.deepEqual([folder.code, /SSL_CERT_DIR names \/nowhere/.test(folder.err)], [2, true], folder.err);
  assert.equal(secure.requests.length, before);
  // None of them applies to plain http.
  const ran = await ostiary(["quota"], { environment: { ...plain.environment, HTTPS_PROXY: "://", SSL_CERT_FILE: "/nowhere.pem" } });
  assert.equal(ran.code, 0, ran.err);
});
