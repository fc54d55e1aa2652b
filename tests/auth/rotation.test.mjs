// ostiary rotate with keys that sign and credentials that are exchanged. The upstream or the token endpoint verifies
// them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ostiary } from "../harness/ostiary.mjs";
import { refusal, secret, startScriptedApi, success } from "../harness/scripted-api.mjs";
import { EVERY, OK } from "../harness/upstream.mjs";
import { OPERATOR_TOKEN, startGateway } from "./gateway.mjs";

const FILES = ["--config", "tests/auth/configuration/gateway.toml", "--wrangler", "tests/auth/configuration/wrangler.toml"];
const PYTHON = fileURLToPath(new URL("../../.tools/python/bin/python", import.meta.url));
const skip = existsSync(PYTHON) ? false : "there is no Python with moto and Authlib";

/** The store that the gateway reads, behind the API that the command writes to. */
class Store {
  values = {};

  async start(gateway) {
    this.gateway = gateway;
    this.api = await startScriptedApi(({ method, path, body }) => {
      const [, id] = /^stores\/local\/secrets(?:\/id-(\w+))?$/.exec(path) ?? [];
      if (method === "GET" && !id) return success(Object.keys(this.values).map((name) => secret(name)));
      if (method !== "PATCH" || !(id in this.values)) return refusal(404, "nothing is there");
      this.set({ ...this.values, [id]: body.value });
      return success(secret(id));
    });
    return this;
  }

  set(values) {
    this.values = values;
    this.gateway.store.setAll(values);
  }

  /** Rotates; returns the result of the command and the written secrets. */
  async rotate(args, input) {
    const before = { ...this.values };
    const environment = {
      ...this.api.environment,
      OSTIARY_GATEWAY_URL: `http://127.0.0.1:${this.gateway.port}/operator`,
      OSTIARY_OPERATOR_TOKEN: OPERATOR_TOKEN,
    };
    const ran = await ostiary(["rotate", ...args, ...FILES, "--pause", "0s"], { environment, input });
    for (const value of [input, ...Object.values(before)]) {
      assert.ok(!`${ran.out}${ran.err}`.includes(value), "no value is shown");
    }
    return { ...ran, written: Object.keys(before).filter((name) => before[name] !== this.values[name]) };
  }
}

/** A Python program that prints its address on the first line. */
async function startServer(script) {
  const server = spawn(PYTHON, [fileURLToPath(new URL(script, import.meta.url))], { stdio: ["pipe", "pipe", "ignore"] });
  process.once("exit", () => server.kill("SIGKILL"));
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  return { ...JSON.parse((await lines.next()).value), stop: () => server.kill("SIGKILL"), command: async (text) => {
    server.stdin.write(`${text}\n`);
    return (await lines.next()).value;
  } };
}

const pem = (key) => key.export({ type: "pkcs8", format: "pem" });
const bearer = (exchange) => /^Bearer (.*)$/.exec(exchange.value("authorization") ?? "")?.[1] ?? "";

const signs = (keys) => (exchange) => {
  const [at, nonce, signature] = ["x-timestamp", "x-nonce", "x-signature"].map((name) => exchange.value(name));
  return keys.some((key) => signature === `v1=${createHmac("sha256", key).update(`${at}.${nonce}.`).digest("hex")}`);
};
const token = (check) => (keys) => (exchange) => {
  const [head, body, signature] = bearer(exchange).split(".");
  return keys.some((key) => check(key, Buffer.from(`${head}.${body}`), Buffer.from(signature ?? "", "base64url")));
};

const [first, second, third, stranger] = [0, 1, 2, 3].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
const text = (name) => `${name}-key-of-the-api-0123456789abcdef`;

// The rotated secrets: a form of auth, its values, and a verifier of these keys.
const FORMS = [
  {
    name: "a key of HMAC", secret: "key", route: "webhook", bindings: ["KEY", "KEY_PREVIOUS"],
    values: ["first", "second", "third", "strange"].map(text), keys: (values) => values, verifies: signs,
  },
  {
    name: "a symmetric key of JWT", secret: "key", route: "hs256", bindings: ["KEY", "KEY_PREVIOUS"],
    values: ["first", "second", "third", "strange"].map(text), keys: (values) => values,
    verifies: token((key, message, signature) => createHmac("sha256", key).update(message).digest().equals(signature)),
  },
  {
    name: "a private key of JWT", secret: "ec", route: "es256", bindings: ["EC_KEY", "EC_KEY_PREVIOUS"],
    values: [first, second, third, stranger].map(({ privateKey }) => pem(privateKey)),
    keys: (values) => [first, second, third, stranger].filter(({ privateKey }) => values.includes(pem(privateKey))),
    verifies: token(({ publicKey }, message, signature) =>
      verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature)),
  },
];

describe("rotating a key that signs, on workerd", () => {
  let gateway;
  let store;
  before(async () => {
    gateway = await startGateway({});
    store = await new Store().start(gateway);
  });
  beforeEach(() => gateway.upstream.clear());
  after(() => Promise.all([gateway?.stop(), store?.api.stop()]));

  for (const { name, secret, route, bindings: [primary, spare], values: [old, older, fresh, wrong], keys, verifies } of FORMS) {
    const args = [secret, "--route", route, "--probe", "GET /x"];
    const reset = () => store.set({ [primary]: old, [spare]: older });

    test(`${name} takes the place of both`, async () => {
      reset();
      gateway.verifies(verifies(keys([old, older, fresh])));
      const ran = await store.rotate(args, fresh);
      assert.deepEqual([ran.code, ran.written], [0, [primary, spare]], `${ran.out}${ran.err}`);
      assert.match(ran.out, /a wrong value in its place is refused: the upstream answered 401/);
      gateway.verifies(verifies(keys([fresh])));
      assert.equal((await gateway.call({ target: `/${route}/x` })).status, 200);
    });

    test(`${name} that the upstream does not know is found in the spare`, async () => {
      reset();
      gateway.verifies(verifies(keys([old, older, fresh])));
      const ran = await store.rotate(args, wrong);
      assert.deepEqual([ran.code, ran.written], [1, [spare]], `${ran.out}${ran.err}`);
      assert.match(ran.out, /^stopped\. The upstream refuses the new value, which only source 2/m);
    });

    test(`${name} is not written where the upstream verifies no signature`, async () => {
      reset();
      gateway.upstream.on(EVERY, OK);
      const ran = await store.rotate(args, fresh);
      assert.deepEqual([ran.code, ran.written], [1, []], `${ran.out}${ran.err}`);
      assert.match(ran.out, /does not show whether a key works/);
    });
  }

  test("a credential in a body cannot be probed, which is said before anything is written", async () => {
    store.set({ KEY: text("first"), KEY_PREVIOUS: text("second") });
    for (const route of ["json", "form"]) {
      const ran = await store.rotate(["key", "--route", route, "--probe", "GET /x"], text("third"));
      assert.deepEqual([ran.code, ran.written], [2, []], ran.err);
      assert.match(ran.err, /puts its credential into the body, and a probe has none/);
    }
  });

  test("a client certificate is not a secret of the store", async () => {
    const ran = await store.rotate(["CERTIFICATE", "--route", "mtls", "--probe", "GET /x"], text("third"));
    assert.deepEqual([ran.code, ran.written], [2, []], ran.err);
    assert.match(ran.err, /has no secret `CERTIFICATE`/);
  });
});

describe("rotating a key pair of AWS, at moto", { skip }, () => {
  let moto;
  let gateway;
  let store;
  before(async () => {
    moto = await startServer("aws/server.py");
    gateway = await startGateway({}, { AWS_PORT: String(moto.port) });
    store = await new Store().start(gateway);
  });
  after(() => Promise.all([moto?.stop(), gateway?.stop(), store?.api.stop()]));

  test("both sources get the new pair, and a pair with a wrong key is found in the spare", async () => {
    const [pair, fresh] = moto.pairs;
    const args = ["aws", "--route", "s3", "--probe", "GET /"];
    store.set({ AWS_PAIR: JSON.stringify(pair), AWS_PAIR_PREVIOUS: JSON.stringify(pair) });
    const wrong = await store.rotate(args, JSON.stringify({ ...fresh, key: `x${fresh.key.slice(1)}` }));
    assert.deepEqual([wrong.code, wrong.written], [1, ["AWS_PAIR_PREVIOUS"]], `${wrong.out}${wrong.err}`);
    const ran = await store.rotate(args, JSON.stringify(fresh));
    assert.deepEqual([ran.code, ran.written], [0, ["AWS_PAIR", "AWS_PAIR_PREVIOUS"]], `${ran.out}${ran.err}`);
    assert.match(ran.out, /a wrong value in its place is refused: the upstream answered 403/);
  });
});

describe("rotating what is exchanged for a token, at Authlib", { skip }, () => {
  let authority;
  let gateway;
  let store;
  before(async () => {
    authority = await startServer("oauth/server.py");
    gateway = await startGateway({}, { OAUTH_PORT: String(authority.port) });
    store = await new Store().start(gateway);
  });
  beforeEach(() => {
    gateway.upstream.clear();
    gateway.verifies(async (exchange) => {
      const response = await fetch(`http://127.0.0.1:${authority.port}/token-owner?token=${encodeURIComponent(bearer(exchange))}`);
      return (await response.json()) !== null;
    });
  });
  after(() => Promise.all([authority?.stop(), gateway?.stop(), store?.api.stop()]));

  for (const [route, credential, said] of [
    ["client", "a client secret", "401 invalid_client"],
    ["post", "a client secret and a refresh token", "40[01] invalid_(client|grant)"],
    ["assertion", "a private key of an assertion", "400 invalid_grant"],
    ["private", "a private key of a client", "400 invalid_client"],
  ]) {
    const args = ["client", "--route", route, "--probe", "GET /x"];
    const [old, fresh] = [0, 1].map((at) => () => JSON.stringify(authority.clients[at]));

    test(`${credential} takes the place of both`, async () => {
      store.set({ CLIENT: old(), CLIENT_PREVIOUS: old() });
      const ran = await store.rotate(args, fresh());
      assert.deepEqual([ran.code, ran.written], [0, ["CLIENT", "CLIENT_PREVIOUS"]], `${ran.out}${ran.err}`);
      assert.match(ran.out, new RegExp(`a wrong value in its place is refused: the token endpoint answered ${said}`));
    });

    test(`${credential} that the token endpoint does not know is found in the spare`, async () => {
      const [first, second] = authority.clients;
      store.set({ CLIENT: old(), CLIENT_PREVIOUS: old() });
      const wrong = { ...second, secret: `${second.secret}x`, refresh: `${second.refresh}x`, key: first.key };
      const ran = await store.rotate(args, JSON.stringify(wrong));
      assert.deepEqual([ran.code, ran.written], [1, ["CLIENT_PREVIOUS"]], `${ran.out}${ran.err}`);
      assert.match(ran.out, new RegExp(`does not work: the token endpoint answered ${said}`));
    });
  }

  test("a token endpoint that is down is no reason to write anything", async () => {
    store.set({ CLIENT: JSON.stringify(authority.clients[0]), CLIENT_PREVIOUS: JSON.stringify(authority.clients[0]) });
    authority.stop();
    const ran = await store.rotate(["client", "--route", "client", "--probe", "GET /x"], JSON.stringify(authority.clients[1]));
    assert.deepEqual([ran.code, ran.written], [1, []], `${ran.out}${ran.err}`);
    assert.match(ran.out, /may or may not work: the token endpoint gave no answer: unreachable/);
  });
});
