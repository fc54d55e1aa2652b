// Operators that Cloudflare Access has logged in: the page without a token, and what other pages cannot do with it.
// Access is an issuer that these tests are, and a header that it adds to what a browser sends.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { CHROMIUM, MISSING, startChromium } from "../clients/browser/chromium.mjs";
import { send } from "../harness/client.mjs";
import { eventually } from "../harness/patience.mjs";
import { json, startWorld } from "./world.mjs";

const HOST = "ops.example.com";
const TEAM = "https://acme.cloudflareaccess.com";
const CERTS = `${TEAM}/cdn-cgi/access/certs`;

describe("an operator that Cloudflare Access has logged in", () => {
  let world;
  let pair;

  // The claims of an application token:
  // https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/application-token/
  const login = (more = {}, key = pair.privateKey) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { aud: ["the-aud-tag"], email: "ada@acme.example", iss: TEAM, sub: "7335d417-61da-459d-899c-0a01c76a2f94", type: "app", identity_nonce: "6ei69kawdKzMIAPF", country: "US", iat: now, nbf: now, exp: now + 300, ...more };
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "a1", typ: "JWT" }).sign(key);
  };

  const call = async (token, { method = "GET", target = "/overview", fields = [], body } = {}) => {
    const proof = token === undefined ? [] : [["Cf-Access-Jwt-Assertion", token]];
    return send(world.port, { method, host: HOST, target, fields: [...proof, ...fields], body });
  };

  before(async () => {
    pair = await generateKeyPair("RS256", { extractable: true });
    world = await startWorld();
    world.keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "a1", alg: "RS256", use: "sig" }] };
  });
  beforeEach(() => {
    world.internet.on(CERTS, json(world.keys));
    world.cache.kept.clear();
  });
  after(() => world?.stop());

  test("needs no token, and the log has the user", async () => {
    const answer = await call(await login());
    assert.equal(answer.status, 200, answer.text);
    const id = answer.value("ostiary-request-id");
    const event = await eventually("the event", () => world.events().find(({ request_id }) => request_id === id));
    assert.deepEqual([event.caller, event.subject, event.operation], ["people", "7335d417-61da-459d-899c-0a01c76a2f94", "overview"]);
    assert.ok(world.internet.asked.includes(CERTS));
    const own = [["Origin", `http://${HOST}`], ["Sec-Fetch-Site", "same-origin"]];
    const explained = await call(await login(), { method: "POST", target: "/explain", fields: own, body: JSON.stringify({ method: "GET", url: "https://gw.example.com/api/v1/x" }) });
    assert.equal(explained.status, 200, explained.text);
  });

  test("is not authenticated for a page of another origin", async () => {
    const token = await login();
    for (const fields of [
      [["Origin", "https://evil.example"]],
      [["Origin", "null"]],
      [["Origin", "http://example.com"], ["Sec-Fetch-Site", "same-site"]],
      [["Origin", `https://${HOST}.evil.example`]],
      [["Sec-Fetch-Site", "cross-site"]],
      [["Sec-Fetch-Site", "same-site"]],
    ]) {
      for (const request of [{}, { target: "/ready" }, { method: "POST", target: "/probe", body: "{}" }]) {
        const answer = await call(token, { ...request, fields });
        assert.equal(answer.status, 401, JSON.stringify(fields));
        const id = answer.value("ostiary-request-id");
        const event = await eventually("the event", () => world.events().find(({ request_id }) => request_id === id));
        assert.equal(event.proof, "jwt_origin");
      }
    }
  });

  test("is authenticated only by the issuer's signature, the application and the claims", async () => {
    const other = await generateKeyPair("RS256", { extractable: true });
    for (const [token, status] of [
      [undefined, 401],
      [await login({}, other.privateKey), 401],
      [await login({ aud: ["another-app"] }), 401],
      [await login({ iss: "https://evil.cloudflareaccess.com" }), 401],
      [await login({ email: "eve@other.example" }), 401],
      [await login({ exp: Math.floor(Date.now() / 1000) - 120 }), 401],
    ]) {
      assert.equal((await call(token)).status, status);
    }
    const inCookie = await call(undefined, { fields: [["Cookie", `CF_Authorization=${await login()}`]] });
    assert.equal(inCookie.status, 401, "a cookie that Access has not looked at proves nobody");
    world.internet.on(CERTS, (_, response) => response.writeHead(500).end());
    world.cache.kept.clear();
    assert.equal((await call(await login())).status, 503);
  });

  describe("in Chromium", { skip: CHROMIUM === undefined && MISSING }, () => {
    let chromium;
    before(async () => {
      chromium = await startChromium({ [HOST]: world.port });
    });
    after(() => chromium?.stop());

    const shown = async (headers) => {
      const page = await chromium.open("about:blank", ["Network"]);
      // Access adds it on its way.
      await page.call("Network.setExtraHTTPHeaders", { headers });
      await page.call("Page.navigate", { url: `http://${HOST}/` });
      return eventually("the page", async () => {
        const state = await page.evaluate(`document.querySelector("#deployed")?.textContent || (document.querySelector("#sign-in")?.hidden === false && "sign in")`);
        return state || undefined;
      });
    };

    test("the page shows the state without a token", async () => {
      assert.match(await shown({ "Cf-Access-Jwt-Assertion": await login() }), /^version /);
    });

    test("whom Access has not logged in, or somebody else, is asked for a token", async () => {
      assert.equal(await shown({}), "sign in");
      assert.equal(await shown({ "Cf-Access-Jwt-Assertion": await login({ email: "eve@other.example" }) }), "sign in");
    });
  });
});
