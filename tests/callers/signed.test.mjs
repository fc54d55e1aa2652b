// Signed tokens on workerd, made by jose (npm), PyJWT and `ostiary token issue`, and forged ones.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac, createPublicKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SignJWT, UnsecuredJWT, exportJWK, exportPKCS8, generateKeyPair } from "jose";
import { AUDIENCE, json, startWorld } from "./world.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = join(ROOT, ".tools/python/bin/python");
const OSTIARY = join(ROOT, "target/debug/ostiary");
const KEY_FILE = join(ROOT, "crates/core/tests/jose/ed25519.pkcs8.pem");
const ISSUER = "https://token.actions.githubusercontent.com";
const KEYS = `${ISSUER}/.well-known/jwks`;
const ALGORITHMS = ["RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA"];

const now = () => Math.floor(Date.now() / 1000);

// The claims of a GitHub job, from the documentation: https://docs.github.com/en/actions/reference/security/oidc
const claims = () => ({
  jti: "example-id",
  sub: "repo:acme/shop:environment:prod",
  environment: "prod",
  aud: AUDIENCE,
  ref: "refs/heads/main",
  sha: "example-sha",
  repository: "acme/shop",
  repository_owner: "acme",
  actor_id: "12",
  repository_visibility: "private",
  repository_id: "74",
  repository_owner_id: "65",
  run_id: "example-run-id",
  run_number: "10",
  run_attempt: "2",
  runner_environment: "github-hosted",
  actor: "octocat",
  workflow: "example-workflow",
  head_ref: "",
  base_ref: "",
  event_name: "workflow_dispatch",
  ref_type: "branch",
  job_workflow_ref: "acme/automation/.github/workflows/oidc.yml@refs/heads/main",
  iss: ISSUER,
  nbf: now() - 10,
  iat: now() - 10,
  exp: now() + 300,
});

describe("signed tokens on workerd", () => {
  let world;
  let folder;
  const pairs = new Map();

  const sign = (algorithm, more = {}, header = {}) =>
    new SignJWT({ ...claims(), ...more })
      .setProtectedHeader({ alg: algorithm, typ: "JWT", kid: algorithm, ...header })
      .sign(pairs.get(algorithm).privateKey);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ostiary-callers-"));
    for (const algorithm of ALGORITHMS) {
      pairs.set(algorithm, await generateKeyPair(algorithm, { extractable: true, ...(algorithm === "EdDSA" && { crv: "Ed25519" }) }));
    }
    world = await startWorld();
    const keys = await Promise.all(
      [...pairs].map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid, alg: kid, use: "sig" })),
    );
    world.keys = { keys };
  });
  beforeEach(() => {
    world.internet.on(KEYS, json(world.keys));
    world.cache.kept.clear();
    world.store.setAll({ AGENTS_REVOKED: "{}" });
  });
  after(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const served = async (token) => {
    const answer = await world.call(token);
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.body, '{"authorized":true}');
    return answer;
  };

  const refused = async (token, status = 401) => {
    const answer = await world.call(token);
    assert.equal(answer.status, status, answer.body);
    assert.ok(!answer.asked.some((url) => url.startsWith("https://api.example.com")));
    return answer;
  };

  for (const algorithm of ALGORITHMS) {
    test(`a job calls the API without a secret: ${algorithm} by jose`, async () => {
      const { asked } = await served(await sign(algorithm));
      assert.deepEqual(asked, [KEYS, "https://api.example.com/v1/x"]);
      // From now on, the keys are in the runtime's cache.
      assert.deepEqual((await served(await sign(algorithm))).asked, ["https://api.example.com/v1/x"]);
    });
  }

  test("tokens of PyJWT", { skip: !existsSync(PYTHON) }, async () => {
    const algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
    const pem = async (algorithm) => exportPKCS8(pairs.get(algorithm).privateKey);
    const keys = await Promise.all(algorithms.map(async (algorithm) => ({ algorithm, kid: algorithm, pem: await pem(algorithm) })));
    const script = fileURLToPath(new URL("pyjwt.py", import.meta.url));
    const { stdout, stderr } = spawnSync(PYTHON, [script], { input: JSON.stringify({ keys, claims: claims() }), encoding: "utf8" });
    assert.ok(stdout, stderr);
    for (const token of JSON.parse(stdout)) await served(token);
  });

  test("RFC 8725, sections 3.1 and 3.2: an algorithm that is not the key's", async () => {
    const unsecured = new UnsecuredJWT(claims()).encode();
    await refused(unsecured);
    const pem = createPublicKey(await exportPublic(pairs.get("RS256").publicKey)).export({ type: "spki", format: "pem" });
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const message = `${part({ alg: "HS256", kid: "RS256" })}.${part(claims())}`;
    await refused(`${message}.${createHmac("sha256", pem).update(message).digest("base64url")}`);
    await refused(await new SignJWT(claims()).setProtectedHeader({ alg: "RS256", kid: "PS256" }).sign(pairs.get("RS256").privateKey));
  });

  test("RFC 8725, section 3.3: a signature that is another's, altered, or written otherwise", async () => {
    for (const algorithm of ALGORITHMS) {
      const token = await sign(algorithm);
      const [header, payload, signature] = token.split(".");
      const bytes = Buffer.from(signature, "base64url");
      bytes[bytes.length - 1] ^= 1;
      await refused(`${header}.${payload}.${bytes.toString("base64url")}`);
      await refused(`${header}.${payload}.${Buffer.alloc(bytes.length).toString("base64url")}`);
      await refused(`${header}.${payload}.`);
      const other = Buffer.from(JSON.stringify({ ...claims(), repository: "acme/other" })).toString("base64url");
      await refused(`${header}.${other}.${signature}`);
    }
    // RFC 8032, section 5.1.7: S is below L.
    const [header, payload, signature] = (await sign("EdDSA")).split(".");
    const bytes = Buffer.from(signature, "base64url");
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    let s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString("hex")}`) + order;
    for (let at = 32; at < 64; at += 1, s >>= 8n) bytes[at] = Number(s & 255n);
    await refused(`${header}.${payload}.${bytes.toString("base64url")}`);
  });

  test("RFC 8725, sections 3.8 to 3.12: another issuer, audience, time, key or kind", async () => {
    for (const more of [
      { iss: `${ISSUER}/` },
      { aud: "https://api.example.com" },
      { exp: now() - 61 },
      { nbf: now() + 90 },
      { iat: now() + 90 },
      { exp: undefined },
      { repository: "evil/shop" },
      { ref: "refs/pull/1/merge" },
    ]) {
      await refused(await sign("ES256", more));
    }
    for (const header of [{ kid: "../keys" }, { kid: "https://evil.example/key" }, { typ: "logout+jwt" }]) {
      await refused(await sign("ES256", {}, header));
    }
    const { asked } = await refused(await sign("ES256", {}, { jku: "https://evil.example/keys" }));
    assert.deepEqual(asked, []);
  });

  test("keys that are not available: no response, a response that is too long, a redirect, no keys", async () => {
    const redirect = (_, response) => response.writeHead(302, { location: "https://evil.example/keys" }).end();
    const huge = (_, response) => response.writeHead(200).end(`{"keys":[${" ".repeat(100_000)}]}`);
    const endless = (_, response) => {
      response.writeHead(200);
      response.write("{");
    };
    for (const answer of [redirect, huge, endless, () => {}, json([]), (_, response) => response.destroy()]) {
      world.internet.on(KEYS, answer);
      world.cache.kept.clear();
      const { asked } = await refused(await sign("ES256"), 503);
      assert.ok(asked.every((url) => url === KEYS), String(asked));
    }
  });

  test("an issuer's metadata can only name keys on the issuer's own origin", async () => {
    const issuer = "https://id.example.com/acme";
    const token = () => sign("ES256", { iss: issuer, sub: "x" });
    const metadata = (more) => json({ issuer, jwks_uri: "https://id.example.com/keys", ...more });
    world.internet.on("https://id.example.com/keys", json(world.keys));
    world.internet.on(`${issuer}/.well-known/openid-configuration`, metadata({}));
    await served(await token());
    await served(await token());
    for (const more of [{ jwks_uri: "https://evil.example/keys" }, { issuer: `${issuer}/` }]) {
      world.cache.kept.clear();
      world.internet.on(`${issuer}/.well-known/openid-configuration`, metadata(more));
      const { asked } = await refused(await token(), 503);
      assert.deepEqual(asked, [`${issuer}/.well-known/openid-configuration`]);
    }
  });

  const ostiary = (...options) => {
    const configuration = fileURLToPath(new URL("configuration", import.meta.url));
    const { status, stdout, stderr } = spawnSync(OSTIARY, options, { encoding: "utf8", cwd: configuration });
    return { status, stdout, stderr };
  };

  test("tokens of the gateway's own: issued, inspected, narrowed and revoked", async () => {
    const issue = (...more) => {
      const issued = ostiary("token", "issue", "agents/crawler-7", "--ttl", "1h", "--key-file", KEY_FILE, ...more);
      assert.equal(issued.status, 0, issued.stderr);
      return issued.stdout.trim();
    };
    const token = issue();
    const { asked } = await served(token);
    assert.deepEqual(asked, ["https://api.example.com/v1/x"]);
    assert.equal((await world.call(issue("--rule", "POST /v1/**"))).status, 403);
    assert.equal((await world.call(issue("--rule", "GET /v1/*", "--route", "api"))).status, 200);

    const file = join(folder, "token");
    writeFileSync(file, token);
    const inspected = ostiary("token", "inspect", "--token-file", file, "--json");
    assert.equal(inspected.status, 0, inspected.stderr);
    assert.equal(JSON.parse(inspected.stdout).subject, "agents/crawler-7");
    assert.ok(!inspected.stdout.includes(token));

    const list = join(folder, "revoked.json");
    assert.equal(ostiary("token", "revoke", "--token-file", file, "--list", list, "--new").status, 0);
    world.store.setAll({ AGENTS_REVOKED: readFileSync(list, "utf8") });
    await refused(token, 401);
    await served(issue());
    rmSync(list);
    assert.equal(ostiary("token", "revoke", "agents/crawler-7", "--list", list, "--new").status, 0);
    world.store.setAll({ AGENTS_REVOKED: readFileSync(list, "utf8") });
    await refused(token, 401);
    world.store.setAll({ AGENTS_REVOKED: "not a list" });
    await refused(token, 503);
  });

  test("an explanation by claims, and by a token whose issuer is not asked", async () => {
    const file = join(folder, "claims.json");
    writeFileSync(file, JSON.stringify(claims()));
    const explained = ostiary("explain", "GET", "/api/v1/x", "--claims", file, "--json");
    assert.equal(explained.status, 0, explained.stderr);
    const { caller, subject, rule } = JSON.parse(explained.stdout);
    assert.deepEqual([caller, subject, rule], ["ci", "repo:acme/shop:environment:prod", "GET /v1/**"]);
    writeFileSync(file, JSON.stringify({ ...claims(), repository: "evil/shop" }));
    const denied = ostiary("explain", "GET", "/api/v1/x", "--claims", file);
    assert.equal(denied.status, 1);
    assert.match(denied.stdout, /jwt_claims/);
    writeFileSync(file, await sign("ES256"));
    const unverified = ostiary("explain", "GET", "/api/v1/x", "--token-file", file);
    assert.equal(unverified.status, 0, unverified.stderr);
    assert.match(unverified.stdout, /signature is not verified/);
  });
});

const exportPublic = async (key) => ({ key: await exportJWK(key), format: "jwk" });
