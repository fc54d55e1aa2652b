// What both gateways promise, so that like is compared with like. What a row measures at most: a promise that no row
// touches is not here, nor is one that both peers keep by doing less than they could.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import http from "node:http";
import { ask, REQUEST_HEADERS, TOKEN } from "./load.mjs";
import { secretValue, startServer } from "./server.mjs";

const KEY_1 = secretValue("KEY_1");
const KEY_2 = secretValue("KEY_2");
const PREVIOUS_1 = secretValue("KEY_1_PREVIOUS");
const PREVIOUS_2 = secretValue("KEY_2_PREVIOUS");
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const LARGE = 300_000;

const basic = (pair) => `Basic ${Buffer.from(pair).toString("base64")}`;

// By title: what is wrong with the secrets, and what is asserted.
export const PROMISES = {
  "a caller is known by its token, wherever clients show it": {
    async prove({ get, upstream }) {
      for (const headers of [{ authorization: `bearer  ${TOKEN}` }, { authorization: `token ${TOKEN}` }, { authorization: TOKEN }, { authorization: basic(`user:${TOKEN}`) }, { authorization: `ApiKey ${basic(`id:${TOKEN}`).slice(6)}` }, { authorization: basic(`${TOKEN}:`) }, { "x-key-2": TOKEN }]) {
        assert.equal((await get("/two/v1/x", { headers })).status, 200, JSON.stringify(headers));
        const { authorization, "x-key-2": key } = upstream.last.headers;
        assert.deepEqual([authorization, key], [`Bearer ${KEY_1}`, KEY_2]);
      }
      upstream.requests.length = 0;
      for (const headers of [{}, { authorization: `Basic ${TOKEN}` }, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Bearer ${KEY_1}` }, { authorization: basic(`${TOKEN}:other`) }, { "x-key-3": TOKEN }]) {
        assert.equal((await get("/two/v1/x", { headers })).status, 401, JSON.stringify(headers));
      }
      assert.equal(upstream.requests.length, 0);
    },
  },

  "a refusal is a problem, the same for every failed proof": {
    async prove({ get }) {
      const refusals = [];
      for (const headers of [{}, { authorization: "Bearer unknown" }, { authorization: "Basic ?" }]) {
        const { status, headers: answered, body } = await get("/two/v1/x", { headers });
        const id = answered["ostiary-request-id"];
        assert.match(id, /^[0-9a-f-]{32,36}$/);
        const wanted = ["content-type", "cache-control", "ostiary-refusal", "www-authenticate"];
        refusals.push(JSON.stringify([status, wanted.map((name) => answered[name]), String(body).replace(id, "")]));
      }
      assert.equal(new Set(refusals).size, 1, refusals.join("\n"));
      assert.match(refusals[0], /^\[401,\["application\/problem\+json","no-store","caller_unauthenticated","Basic realm=[^,]*, Bearer realm=/);
      // Where SDKs look for a message, and whether they are told that another try cannot help.
      const { headers: answered, body } = await get("/two/v1/x", { headers: { accept: "application/json" } });
      assert.deepEqual([answered["content-type"], answered["x-should-retry"], answered["stripe-should-retry"]], ["application/json", "false", "false"]);
      assert.deepEqual(Object.keys(JSON.parse(body).error), ["message", "type", "code"]);
    },
  },

  "a path that two readers read differently is refused": {
    async prove({ get, upstream }) {
      const ambiguous = ["/two/v1/../x", "/two/v1/%2e%2e/x", "/two/v1/..;/x", "/two/v1/;x", "/two/v1/..%2fx", "/two/v1/a%2Fb", "/two/v1/a%5cb", "/two/v1/a\\b", "/two/v1/a%00b", "/two/v1/a%0d%0ab", "/two/v1/...", "/two/v1/..%20/x", "/two/v1/..%3fx", "/two/v1/%c0%ae%c0%ae/x", "/two/v1/%u002e%u002e/x"];
      for (const path of ambiguous) {
        const { status, headers } = await get(path);
        assert.deepEqual([status, headers["ostiary-refusal"]], [400, "path_ambiguous"], path);
      }
      assert.equal(upstream.requests.length, 0);
      for (const path of ["/v1/...a", "/v1/a..b", "/v1/a;b=c/%c3%a9.", "/v1/%23room", "/v1//x", "/v1/%252e%252e", "/v1/a%20b%7E?x=%2F..&y", "/v1"]) {
        assert.equal((await get(`/two${path}`)).status, 200, path);
        assert.equal(upstream.last.url, path);
      }
    },
  },

  "a host that is not one, or not the URL's, is refused": {
    async prove({ get, upstream }) {
      for (const host of ["evil/two/v1/x?", "user@evil", "a..b", "evil.", "a:0"]) {
        const { status } = await get("/two/v1/x", { headers: { ...AUTHORIZED, host } });
        assert.equal(status, 400, host);
      }
      assert.equal(upstream.requests.length, 0);
    },
  },

  "a request that is not one of HTTP's everyday ones is refused": {
    async prove({ get, upstream }) {
      const trace = await get("/two/v1/x", { method: "TRACE" });
      assert.equal(trace.status, 405);
      assert.match(trace.headers.allow, /^GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS/);
      const withBody = await get("/two/v1/x", { body: Buffer.from("x") });
      assert.deepEqual([withBody.status, withBody.headers["ostiary-refusal"]], [400, "body_not_allowed"]);
      assert.equal(upstream.requests.length, 0);
    },
  },

  "a request that has come by already is refused before anybody is asked who it is": {
    async prove({ get, upstream }) {
      await get("/two/v1/x", { headers: { ...AUTHORIZED, "cdn-loop": "other; v=1" } });
      const loop = upstream.last.headers["cdn-loop"];
      assert.match(loop, /^other; v=1, [\w-]+$/);
      const own = loop.split(", ")[1];
      for (const value of [loop, own.toUpperCase(), `${own};v=2,other`]) {
        assert.equal((await get("/two/v1/x", { headers: { "cdn-loop": value } })).status, 508, value);
      }
      assert.equal((await get("/two/v1/x", { headers: { ...AUTHORIZED, "cdn-loop": `${own}er` } })).status, 200);
    },
  },

  "a rule admits its methods and whole segments only": {
    async prove({ get, upstream }) {
      for (const [method, path] of [["DELETE", "/v1/x"], ["GET", "/v10"], ["GET", "/"], ["GET", "/V1/x"], ["POST", "/x/v1"]]) {
        const { status, headers } = await get(`/two${path}`, { method });
        assert.deepEqual([status, headers["ostiary-refusal"]], [403, "not_allowed"], `${method} ${path}`);
      }
      assert.equal((await get("/twofold/v1/x")).status, 404);
      assert.equal(upstream.requests.length, 0);
      assert.equal((await get("/two/%761/x")).status, 200);
      assert.equal((await get("/two/v1/x", { method: "HEAD" })).status, 200);
    },
  },

  "what a caller says of itself, and its credentials, stay behind in every spelling": {
    async prove({ get, upstream }) {
      const withheld = ["x_key_2", "x.key!2", "x-api-key", "x_api_key", "cookie", "private-token", "x-vault-token", "proxy-authorization", "forwarded", "x-forwarded-for", "x_forwarded_host", "x-real-ip", "true-client-ip", "x-client-ip", "cf-access-token", "x-http-method-override", "x-original-url", "x-envoy-original-path", "client-ip", "origin", "sec-fetch-mode", "referer", "te", "keep-alive", "x-listed"];
      const claims = Object.fromEntries(withheld.map((name) => [name, "claimed"]));
      const kept = { traceparent: REQUEST_HEADERS.traceparent, "x-other": "kept" };
      await get("/two/v1/x", { headers: { ...AUTHORIZED, ...claims, ...kept, connection: "close, X-Listed, Authorization, x-key-2" } });
      const { headers } = upstream.last;
      for (const name of Object.keys(claims)) assert.equal(headers[name], undefined, name);
      assert.deepEqual({ traceparent: headers.traceparent, "x-other": headers["x-other"] }, kept);
      assert.deepEqual([headers.authorization, headers["x-key-2"]], [`Bearer ${KEY_1}`, KEY_2]);
      assert.ok(!JSON.stringify(upstream.last).includes(TOKEN));
    },
  },

  "the runtime's cache is passed by": {
    async prove({ get, upstream }) {
      await get("/two/v1/x");
      // What `cache: "no-store"` adds; a shared cache on the way heeds it as well.
      assert.equal(upstream.last.headers["cache-control"], "no-cache");
    },
  },

  "a source that hangs is given up, and all secrets move to the next source together": {
    faults: { KEY_2: { fault: "hangs" } },
    async prove({ get, upstream }) {
      const started = performance.now();
      assert.equal((await get("/two/v1/x")).status, 200);
      assert.ok(performance.now() - started >= 1_900, "the deadline is two seconds");
      assert.deepEqual([upstream.last.headers.authorization, upstream.last.headers["x-key-2"]], [`Bearer ${PREVIOUS_1}`, PREVIOUS_2]);
      assert.equal((await get("/one/v1/x")).status, 200);
      assert.equal(upstream.last.headers.authorization, `Bearer ${KEY_1}`);
    },
  },

  ...Object.fromEntries(
    [{ fault: "missing" }, { fault: "throws" }, { value: "" }, { value: " \n" }, { value: "two\nlines" }, { value: "key " }, { value: "kéy" }].map((fault) => [
      `a source that yields no key is passed over: ${JSON.stringify(fault)}`,
      {
        faults: { KEY_1: fault },
        async prove({ get, upstream }) {
          assert.equal((await get("/one/v1/x")).status, 200);
          assert.equal(upstream.last.headers.authorization, `Bearer ${PREVIOUS_1}`);
        },
      },
    ]),
  ),

  "line ends after a key are not of it": {
    faults: { KEY_1: { value: `${KEY_1}\r\n` } },
    async prove({ get, upstream }) {
      await get("/one/v1/x");
      assert.equal(upstream.last.headers.authorization, `Bearer ${KEY_1}`);
    },
  },

  "without a key nothing is sent": {
    faults: { KEY_1: { fault: "throws" }, KEY_1_PREVIOUS: { fault: "missing" } },
    async prove({ get, upstream }) {
      const { status, headers } = await get("/one/v1/x");
      assert.deepEqual([status, headers["ostiary-refusal"]], [503, "secret_unavailable"]);
      assert.equal(upstream.requests.length, 0);
    },
  },

  "where the upstream refuses a key the next one is tried, with the same body": {
    async prove({ get, upstream }) {
      upstream.respond = ({ headers }, response) => response.writeHead(headers["x-key-2"] === KEY_2 ? 401 : 200).end();
      const body = Buffer.alloc(2_048, "body ");
      assert.equal((await get("/two/v1/x", { method: "POST", body })).status, 200);
      assert.deepEqual(upstream.requests.map(({ headers }) => headers.authorization), [KEY_1, PREVIOUS_1].map((key) => `Bearer ${key}`));
      for (const request of upstream.requests) assert.deepEqual(request.body, body);

      upstream.requests.length = 0;
      upstream.respond = (_, response) => response.writeHead(401, { "x-from": "upstream" }).end("no");
      const refused = await get("/two/v1/x");
      assert.deepEqual([refused.status, refused.headers["x-from"], String(refused.body)], [401, "upstream", "no"]);
      assert.equal(upstream.requests.length, 2);

      upstream.requests.length = 0;
      const large = await get("/two/v1/x", { method: "POST", body: Buffer.alloc(LARGE) });
      assert.deepEqual([large.status, upstream.requests.length], [401, 1]);
    },
  },

  "a body is sent as it came, with its length or in chunks": {
    async prove({ get, post, upstream }) {
      for (const length of [0, 1, 2_048, 65_536, LARGE]) {
        const body = Buffer.alloc(length, "0123456789");
        assert.equal((await get("/two/v1/x", { method: "POST", body })).status, 200);
        assert.deepEqual([upstream.last.headers["content-length"], upstream.last.body.equals(body)], [String(length), true], String(length));
      }
      const pieces = [Buffer.from("one"), Buffer.alloc(LARGE, "two")];
      await post("/two/v1/x", pieces);
      assert.equal(upstream.last.headers["content-length"], undefined);
      assert.ok(upstream.last.body.equals(Buffer.concat(pieces)));
    },
  },

  "links into the upstream lead to the mount, and none holds a key": {
    async prove({ get, upstream, origin }) {
      const own = `http://127.0.0.1:${upstream.port}`;
      const mount = `${origin}/two`;
      for (const [name, value, expected] of [
        ["location", `${own}/v1/y?page=2`, `${mount}/v1/y?page=2`],
        ["location", "/v1/y", `${mount}/v1/y`],
        ["location", "y", `${mount}/v1/y`],
        ["location", "https://other.example/y", "https://other.example/y"],
        ["location", `https://other.example/y?a=1&k=${KEY_1}`, "https://other.example/y?a=1"],
        ["location", `https://other.example/${KEY_1}/y`, undefined],
        ["content-location", `${own}/v1/y`, `${mount}/v1/y`],
        ["operation-location", `${own}/v1/y`, `${mount}/v1/y`],
        ["link", `<${own}/v1/x?page=2>; rel="next", <https://other.example/>; title="a <b>"`, `<${mount}/v1/x?page=2>; rel="next", <https://other.example/>; title="a <b>"`],
        ["link", `<${own}/v1/y>; title="not closed`, undefined],
        ["refresh", `5; url=${own}/v1/y`, `5; url=${mount}/v1/y`],
      ]) {
        upstream.respond = (_, response) => response.writeHead(302, { [name]: value }).end();
        const { status, headers } = await get("/two/v1/x");
        assert.deepEqual([status, headers[name]], [302, expected], `${name}: ${value}`);
      }
      assert.equal(new Set(upstream.requests.map(({ url }) => url)).size, 1, "no redirect is followed");
    },
  },

  "a response is private, and says nothing in the gateway's name or to its whole origin": {
    async prove({ get, upstream }) {
      for (const [value, expected] of [["public, max-age=60, s-maxage=9", "private, max-age=60"], ["No-Store", "No-Store"], ['private="x", max-age=1', "private, max-age=1"], ['e="a, no-store"', 'private, e="a, no-store"']]) {
        upstream.respond = (_, response) => response.writeHead(200, { "cache-control": value }).end();
        assert.equal((await get("/two/v1/x")).headers["cache-control"], expected);
      }
      const withheld = ["access-control-allow-origin", "alt-svc", "clear-site-data", "nel", "ostiary-refusal", "service-worker-allowed", "secure-session-registration", "set-cookie", "strict-transport-security", "surrogate-control", "x-listed"];
      upstream.respond = (_, response) => response.writeHead(200, { ...Object.fromEntries(withheld.map((name) => [name, "x"])), connection: "close, x-listed", "ostiary-request-id": "forged", "x-other": "kept" }).end();
      const { headers } = await get("/two/v1/x");
      for (const name of withheld) assert.equal(headers[name], undefined, name);
      assert.match(headers["ostiary-request-id"], /^[0-9a-f-]{32,36}$/);
      assert.equal(headers["x-other"], "kept");
    },
  },

  "statuses, their framing and WebSockets pass; what is not a status does not": {
    async prove({ get, upgrade, upstream }) {
      for (const status of [204, 304, 404, 500]) {
        upstream.respond = (_, response) => response.writeHead(status, { etag: '"x"' }).end();
        const answer = await get("/two/v1/x");
        assert.deepEqual([answer.status, answer.headers.etag, answer.headers["ostiary-refusal"]], [status, '"x"', undefined]);
      }
      upstream.respond = (_, response) => response.writeHead(200, { "content-length": 9 }).end();
      assert.equal((await get("/two/v1/x", { method: "HEAD" })).headers["content-length"], "9");
      upstream.respond = (_, response) => response.writeHead(600).end();
      assert.equal((await get("/two/v1/x")).status, 502);
      assert.equal(await upgrade("/two/v1/socket"), 101);
      assert.equal(upstream.last.headers.authorization, `Bearer ${KEY_1}`);
    },
  },

  "what was sent does not come back, and the length of a response stays true": {
    async prove({ get, upstream }) {
      const forms = [
        KEY_2,
        encodeURIComponent(KEY_2).replaceAll("_", "%5f"),
        KEY_2.replaceAll("_", "\\u005f"),
        KEY_2.replaceAll("_", "\\x5F"),
        KEY_2.replaceAll("_", "&lowbar;"),
        KEY_2.replaceAll("_", "&#0095;"),
        Buffer.from(KEY_2).toString("base64url"),
        Buffer.from(KEY_2).toString("hex"),
      ];
      for (const form of forms) {
        const text = `{"before":1,"key":"${form}","after":1}\n`;
        upstream.respond = (_, response) => response.writeHead(200, { "content-length": text.length, "content-type": "application/json", etag: '"x"', "x-key": `a ${KEY_2} b`, digest: "sha-256=x" }).end(text);
        const { status, headers, body } = await get("/redacted/v1/x");
        assert.deepEqual([status, headers.etag, headers["content-length"], headers.digest], [200, '"x"', String(text.length), undefined], form);
        assert.match(String(body), /^\{"before":1,"key":"[^"]*\*+[^"]*","after":1\}\n$/, form);
        assert.equal(body.length, text.length);
        for (const part of [form.slice(0, 12), form.slice(-12)]) assert.ok(!body.includes(part), form);
        assert.ok(!headers["x-key"].includes(KEY_2) && headers["x-key"].startsWith("a ") && headers["x-key"].endsWith(" b"));
      }
    },
  },

  "a caller cannot have a response written in a way that is not looked through": {
    async prove({ get, upstream }) {
      await get("/redacted/v1/x", { headers: { ...AUTHORIZED, "accept-charset": "utf-16", "accept-encoding": "zstd", "a-im": "vcdiff", "want-digest": "sha-256" } });
      const { headers } = upstream.last;
      assert.deepEqual([headers["accept-charset"], headers["accept-encoding"], headers["a-im"]], [undefined, "identity", undefined]);
      for (const [name, value] of [["content-type", "application/json; charset=utf-16"], ["content-encoding", "zstd"]]) {
        upstream.respond = (_, response) => response.writeHead(200, { [name]: value }).end(KEY_2);
        assert.equal((await get("/redacted/v1/x")).status, 502, value);
      }
    },
  },
};

// An upstream that keeps what it is sent, and answers as `respond` does.
class Upstream {
  requests = [];
  respond;
  #server;
  #sockets = [];

  static async start() {
    const upstream = new Upstream();
    upstream.reset();
    upstream.#server = http.createServer((request, response) => upstream.#receive(request, response));
    upstream.#server.on("upgrade", ({ url, headers }, socket) => {
      upstream.requests.push({ url, headers });
      // RFC 6455 §4.2.2.
      const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.on("error", () => {}).write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      upstream.#sockets.push(socket);
    });
    await new Promise((resolve) => upstream.#server.listen(0, "127.0.0.1", resolve));
    return upstream;
  }

  get port() {
    return this.#server.address().port;
  }

  get last() {
    return this.requests.at(-1);
  }

  reset() {
    this.requests.length = 0;
    this.respond = (_, response) => response.end("{}");
  }

  async #receive(request, response) {
    const { method, url, headers } = request;
    const pieces = await request.toArray().catch(() => []);
    this.requests.push({ method, url, headers, body: Buffer.concat(pieces) });
    this.respond(request, response);
  }

  closeSockets() {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  async stop() {
    this.closeSockets();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function gateway(server, upstream) {
  const { port } = server;
  const get = (path, options = {}) => ask({ port, path, headers: AUTHORIZED, ...options });
  // Without a length.
  const post = (path, pieces) =>
    new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port, path, method: "POST", headers: AUTHORIZED, agent: false }, (response) => resolve(response.resume().statusCode));
      request.on("error", reject);
      for (const piece of pieces) request.write(piece);
      request.end();
    });
  const upgrade = (path) =>
    new Promise((resolve, reject) => {
      const headers = { ...AUTHORIZED, connection: "upgrade", upgrade: "websocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" };
      const request = http.get({ host: "127.0.0.1", port, path, headers, agent: false }, ({ statusCode }) => resolve(statusCode));
      request.on("upgrade", ({ statusCode }, socket) => {
        socket.destroy();
        upstream.closeSockets();
        resolve(statusCode);
      });
      request.on("error", reject);
    });
  return { get, post, upgrade, upstream, origin: `http://127.0.0.1:${port}` };
}

// Proves one promise of a peer.
export async function prove({ faults = {}, prove }, peer) {
  const upstream = await Upstream.start();
  try {
    const server = await startServer({ ...peer, upstreamPort: upstream.port, faults });
    try {
      await prove(gateway(server, upstream));
    } finally {
      await server.stop();
    }
  } finally {
    await upstream.stop();
  }
}

export async function provePromises(name, peer, promises = PROMISES) {
  for (const [title, promise] of Object.entries(promises)) {
    await prove(promise, peer).catch((error) => {
      throw new Error(`${name} does not keep a promise, ${title}: ${error.message}`, { cause: error });
    });
  }
}
