// What the gateways with signatures promise, proved before they are measured: as promises.mjs for the others.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { ask, REQUEST_HEADERS } from "./load.mjs";
import { prove } from "./promises.mjs";
import { secretValue, startServer } from "./server.mjs";
import { agentToken, jobToken } from "./tokens.mjs";

const BODY = Buffer.from(JSON.stringify({ amount: 2_000, note: "ä".repeat(900) }));
const SENT = { method: "POST", body: BODY };
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const pair = (suffix) => [secretValue(`KEY_1${suffix}`), secretValue(`KEY_2${suffix}`)];

// As AWS verifies a request, from what has arrived (IAM User Guide, "Create a signed AWS API request"). The paths of
// this benchmark need no encoding.
function expectedAuthorization({ method, url, headers, body }, [id, secret]) {
  const [path, query = ""] = url.split("?");
  const [, names] = /SignedHeaders=([^,]*)/.exec(headers.authorization);
  const time = headers["x-amz-date"];
  const scope = `${time.slice(0, 8)}/eu-central-1/dynamodb/aws4_request`;
  const fields = names.split(";").map((name) => `${name}:${headers[name]}\n`).join("");
  const canonical = [method, path, query.split("&").sort().join("&"), fields, names, sha256(body)].join("\n");
  const key = scope.split("/").reduce(hmac, `AWS4${secret}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

function assertSignedByAws(arrived, keys) {
  assert.equal(arrived.headers.authorization, expectedAuthorization(arrived, keys));
  assert.match(arrived.headers.authorization, /SignedHeaders=[^,]*\bhost\b[^,]*;x-amz-date/);
  const age = Date.now() - Date.parse(arrived.headers["x-amz-date"].replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
  assert.ok(Math.abs(age) < 60_000, "signed just now");
}

function assertSignedByHmac({ headers, body }, [token, key]) {
  const { "x-timestamp": time, "x-signature": signature } = headers;
  assert.equal(signature, `v1=${hmac(key, Buffer.concat([Buffer.from(`${time}.`), body])).toString("hex")}`);
  assert.equal(headers.authorization, `Bearer ${token}`);
  assert.ok(Math.abs(Date.now() / 1000 - time) < 60, "signed just now");
}

const missing = { KEY_2: { fault: "missing" } };

const shown = (token) => ({ headers: { ...REQUEST_HEADERS, authorization: `Bearer ${token}` } });

// By title, as `PROMISES`.
export const SIGNATURES = {
  "a request is signed as AWS verifies it": {
    async prove({ get, upstream }) {
      for (const [path, options] of [["/sigv4/v1/x?b=2&a=1", SENT], ["/sigv4/v1/x", {}]]) {
        assert.equal((await get(path, options)).status, 200);
        assertSignedByAws(upstream.last, pair(""));
      }
      assert.deepEqual(upstream.requests[0].body, BODY);
    },
  },
  "a request is signed by the next pair where the first one cannot be read": {
    faults: missing,
    async prove({ get, upstream }) {
      assert.equal((await get("/sigv4/v1/x", SENT)).status, 200);
      assertSignedByAws(upstream.last, pair("_PREVIOUS"));
      assert.equal((await get("/hmac/v1/x", SENT)).status, 200);
      assertSignedByHmac(upstream.last, pair("_PREVIOUS"));
    },
  },
  "an HMAC covers the time and the body": {
    async prove({ get, upstream }) {
      for (const body of [BODY, Buffer.from("{}")]) {
        assert.equal((await get("/hmac/v1/x", { method: "POST", body })).status, 200);
        assertSignedByHmac(upstream.last, pair(""));
        assert.deepEqual(upstream.last.body, body);
      }
    },
  },
  "an upstream that refuses a signature is sent one by the next pair": {
    async prove({ get, upstream }) {
      const [id] = pair("_PREVIOUS");
      upstream.respond = ({ headers }, response) => response.writeHead(headers.authorization.includes(id) ? 200 : 401).end("{}");
      assert.equal((await get("/sigv4/v1/x", SENT)).status, 200);
      assertSignedByAws(upstream.last, pair("_PREVIOUS"));
      assert.equal(upstream.requests.length, 2);
    },
  },
  "a body too long to be signed is refused": {
    async prove({ get, upstream }) {
      const { status } = await get("/hmac/v1/x", { method: "POST", body: Buffer.alloc(1_048_577) });
      assert.deepEqual([status, upstream.requests.length], [413, 0]);
    },
  },
  "a signed token proves its caller, and stays behind": {
    async prove({ get, upstream }) {
      for (const token of [jobToken(), jobToken({ aud: ["other", "https://gw.example.com"] }), agentToken(), agentToken({ sub: "agents/crawler-10000" })]) {
        assert.equal((await get("/tokens/v1/x", shown(token))).status, 200);
        assert.ok(!JSON.stringify(upstream.last.headers).includes(token.slice(0, 30)));
        assert.equal(upstream.last.headers.authorization, `Bearer ${secretValue("KEY_1")}`);
      }
    },
  },
  "a signed token that does not hold proves nobody": {
    async prove({ get, upstream }) {
      const [now, old] = [Date.now() / 1000, Date.now() / 1000 - 7_200];
      const asText = (bytes) => hmac("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", bytes);
      const cases = {
        "an unsigned one": jobToken({ header: { alg: "none" } }, () => Buffer.alloc(0)),
        "a public key as a text": jobToken({ header: { alg: "HS256" } }, asText),
        "another signature": jobToken({}, () => Buffer.alloc(64, 1)),
        "another key": jobToken({ header: { kid: "other", alg: "EdDSA" } }),
        "another audience": jobToken({ aud: "https://other.example.com" }),
        "another issuer": jobToken({ iss: "https://id.example.com/" }),
        "another repository": jobToken({ repository: "acme/shop/fork" }),
        "an expired one": jobToken({ iat: old, nbf: old, exp: old + 60 }),
        "one for later": jobToken({ nbf: now + 3_600 }),
        "one without an end": jobToken({ exp: undefined }),
        "a changed one": jobToken().replace(/\.([^.]*)\./, (_, claims) => `.${Buffer.from(Buffer.from(claims, "base64url").toString().replace("shop", "shed")).toString("base64url")}.`),
        "an issued one with another signature": agentToken({}, () => Buffer.alloc(64, 1)),
        "an issued one of another kind": agentToken({ header: { typ: "JWT" } }),
        "an issued one of another class": agentToken({ sub: "others/crawler-1" }),
        "an issued one without a class": agentToken({ sub: "crawler-1" }),
        "an issued one without an id": agentToken({ jti: undefined }),
        "an issued one for too long": agentToken({ exp: Math.floor(now) + 31 * 86_400 }),
        "an expired issued one": agentToken({ iat: Math.floor(old), exp: Math.floor(old) + 60 }),
        "an issued one for others": agentToken({ aud: "https://other.example.com" }),
      };
      for (const [what, token] of Object.entries(cases)) {
        assert.equal((await get("/tokens/v1/x", shown(token))).status, 401, what);
      }
      assert.equal(upstream.requests.length, 0);
    },
  },
};

const REQUESTS = 10;

// How many secrets one request of this caller reads.
async function readsOf(peer, upstreamPort, token) {
  const faults = Object.fromEntries(["KEY_1", "KEY_1_PREVIOUS", "KEY_2", "KEY_2_PREVIOUS"].map((name) => [name, { fault: "told" }]));
  const server = await startServer({ ...peer, upstreamPort, faults });
  try {
    for (let number = 0; number < REQUESTS; number++) {
      const { status } = await ask({ port: server.port, path: "/tokens/v1/charges/1", ...(token === undefined ? {} : shown(token)) });
      assert.equal(status, 200);
    }
  } finally {
    await server.stop();
  }
  return server.told("A secret was read.").length / REQUESTS;
}

// Two secrets are read for a request, whoever its caller is.
export async function proveReads(name, peer, upstreamPort) {
  for (const token of [undefined, jobToken(), agentToken()]) assert.equal(await readsOf(peer, upstreamPort, token), 2, `${name} reads two secrets`);
}

// Writes one data point for each request: by the binding that is told to say so.
export async function proveMetrics(peer, upstreamPort) {
  const server = await startServer({ ...peer, upstreamPort, tellsPoints: true });
  try {
    const { status } = await ask({ port: server.port, path: "/route/v1/charges/1" });
    assert.equal(status, 200);
  } finally {
    await server.stop();
  }
  const [point, ...others] = server.told("A data point was written: ").map(JSON.parse);
  assert.deepEqual([point?.indexes.length, others.length], [1, 0], "one data point for a request");
  assert.ok(point.blobs.includes("route") && point.blobs.includes("benchmark") && point.doubles.length > 0, JSON.stringify(point));
}
