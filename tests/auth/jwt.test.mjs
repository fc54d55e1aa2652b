// Tokens that are signed for each attempt, with an upstream that verifies them with Node's cryptography.

import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { startGateway } from "./gateway.mjs";

const KEY = "a-symmetric-key-of-the-api-0123456789";
const PREVIOUS = "another-symmetric-key-of-the-api-0123";
const pair = (type, options) => generateKeyPairSync(type, { ...options, privateKeyEncoding: undefined });
const [ec, otherEc] = [0, 1].map(() => pair("ec", { namedCurve: "P-256" }));
const ed = pair("ed25519");
const rsa = pair("rsa", { modulusLength: 2048 });
const pem = (key, type = "pkcs8") => key.export({ type, format: "pem" });

// The claims of a token that is valid now and has not been used before; otherwise undefined.
function verifier(algorithm, key, shown = new Set()) {
  return (token) => {
    const [head, body, signature] = (token ?? "").split(".");
    const message = Buffer.from(`${head}.${body}`);
    const bytes = Buffer.from(signature ?? "", "base64url");
    const read = (text) => JSON.parse(Buffer.from(text, "base64url").toString());
    const verified = {
      HS256: () => createHmac("sha256", key).update(message).digest().equals(bytes),
      ES256: () => verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, bytes),
      EdDSA: () => verify(null, message, key, bytes),
      RS256: () => verify("sha256", message, key, bytes),
    }[algorithm]();
    if (!verified || read(head).alg !== algorithm) return undefined;
    const claims = read(body);
    const now = Date.now() / 1000;
    if (claims.exp < now || claims.iat > now + 5 || claims.exp - claims.iat !== 60 || shown.has(claims.jti)) return undefined;
    shown.add(claims.jti);
    return claims;
  };
}

const bearer = (exchange) => /^Bearer (.*)$/.exec(exchange.value("authorization"))?.[1];
const FORMS = [
  { route: "hs256", algorithm: "HS256", key: KEY, token: bearer },
  { route: "es256", algorithm: "ES256", key: ec.publicKey, token: bearer },
  { route: "eddsa", algorithm: "EdDSA", key: ed.publicKey, token: (exchange) => new URLSearchParams(exchange.query).get("jwt") },
  { route: "rs256", algorithm: "RS256", key: rsa.publicKey, token: (exchange) => /^JWT (.*)$/.exec(exchange.value("x-token"))?.[1] },
];

describe("JWT for each request, on workerd", () => {
  let gateway;
  const values = {
    KEY,
    KEY_PREVIOUS: PREVIOUS,
    EC_KEY: pem(ec.privateKey),
    EC_KEY_PREVIOUS: pem(otherEc.privateKey, "sec1"),
    ED_KEY: JSON.stringify(ed.privateKey.export({ format: "jwk" })),
    RSA_KEY: pem(rsa.privateKey, "pkcs1"),
  };
  before(async () => {
    gateway = await startGateway(values);
  });
  beforeEach(() => {
    gateway.upstream.clear();
    gateway.store.setAll(values);
  });
  after(() => gateway?.stop());

  for (const { route, algorithm, key, token } of FORMS) {
    test(`a verifier accepts a token of ${algorithm}, but not one that was changed or used before`, async () => {
      const verified = verifier(algorithm, key);
      gateway.verifies((exchange) => verified(token(exchange))?.iss === "app");
      for (let count = 0; count < 2; count++) {
        const response = await gateway.call({ method: "POST", target: `/${route}/x?a=1`, body: "b" });
        assert.equal(response.status, 200, response.text);
      }
      const sent = token(gateway.upstream.exchanges[0]);
      assert.equal(verified(sent), undefined, "it was shown before");
      const [head, body, signature] = sent.split(".");
      const claims = JSON.parse(Buffer.from(body, "base64url").toString());
      const changed = Buffer.from(JSON.stringify({ ...claims, jti: "other", iss: "evil" })).toString("base64url");
      assert.equal(verifier(algorithm, key)([head, changed, signature].join(".")), undefined);
      assert.ok(verifier(algorithm, key)(sent), "the verifier itself takes it");
    });
  }

  test("the second key signs when the first one has been revoked, or is no key", async () => {
    const second = verifier("ES256", createPublicKey(otherEc.privateKey));
    gateway.verifies((exchange) => second(bearer(exchange)) !== undefined);
    assert.equal((await gateway.call({ target: "/es256/x" })).status, 200);
    assert.equal(gateway.upstream.exchanges.length, 2);
    for (const broken of ["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", pem(rsa.privateKey), "x"]) {
      gateway.store.setAll({ EC_KEY: broken });
      gateway.upstream.exchanges = [];
      assert.equal((await gateway.call({ target: "/es256/x" })).status, 200);
      assert.equal(gateway.upstream.exchanges.length, 1, "nothing is sent for a value that is not a key");
    }
  });

  test("a token does not come back", async () => {
    gateway.upstream.on("/echo", async (exchange) => {
      const body = `${bearer(exchange)}\n`;
      exchange.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nx-echo: ${bearer(exchange)}\r\n\r\n${body}`);
    });
    const response = await gateway.call({ target: "/es256/echo" });
    const token = bearer(gateway.upstream.exchanges[0]);
    assert.equal(response.status, 200);
    assert.ok(!`${response.head}${response.text}`.includes(token), response.text);
  });
});
