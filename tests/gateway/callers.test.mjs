// Authentication: tokens by secret and by digest, their places in requests, and the refusal of a wrong token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { MAIN, basic, bearer, useGateway } from "../harness/gateway.mjs";
import { absent, hangs, throws } from "../harness/secret-store.mjs";

const NEXT = canary("TOKEN_MAIN_NEXT");
const OTHER = canary("TOKEN_OTHER");
const ROBOT = canary("TOKEN_ROBOT");

const gateway = useGateway();

const reads = () => Object.fromEntries(gateway.store.reads);

test("both tokens of a caller work while one is being rotated", async () => {
  for (const token of [MAIN, NEXT]) {
    gateway.reset();
    const { answer } = await gateway.through({ target: "/bearer/x", token });
    assert.equal((await gateway.event(answer)).caller, "main");
  }
});

test("a token that was deleted from the store is refused", async () => {
  await gateway.through({ target: "/bearer/x", token: NEXT });
  gateway.store.set("TOKEN_MAIN_NEXT", "another");
  await gateway.refused({ target: "/bearer/x", token: NEXT }, "caller_unauthenticated");
});

test("a caller with a digest is authenticated without a read", async () => {
  const { answer } = await gateway.through({ target: "/robot/x", token: ROBOT });
  assert.equal((await gateway.event(answer)).caller, "robot");
  assert.deepEqual(reads(), { PRIMARY_KEY: 1 });
});

test("digests are compared first, and a match reads no token", async () => {
  await gateway.through({ target: "/digest/x", token: ROBOT });
  assert.deepEqual(reads(), { PRIMARY_KEY: 1 });
});

test("a caller that is not in the route's allow is not authenticated", async () => {
  await gateway.refused({ target: "/bearer/x", token: OTHER }, "caller_unauthenticated");
  await gateway.refused({ target: "/bearer/x", token: ROBOT }, "caller_unauthenticated");
  await gateway.refused({ target: "/robot/x", token: MAIN }, "caller_unauthenticated");
});

test("each caller has its own rules", async () => {
  await gateway.through({ target: "/rules/v1/balance", token: OTHER });
  await gateway.refused({ target: "/rules/v1/charges", token: OTHER }, "not_allowed");
  await gateway.refused({ method: "DELETE", target: "/digest/x", token: ROBOT }, "not_allowed");
});

for (const [what, fields] of [
  ["no token", []],
  ["an unknown token", [bearer("unknown")]],
  ["an empty token", [bearer("")]],
  ["an empty Authorization", [["Authorization", ""]]],
  ["a scheme alone", [["Authorization", "Bearer"]]],
  ["Base64 of a token under another scheme than Basic", [["Authorization", `Bearer ${Buffer.from(`x:${MAIN}`).toString("base64")}`]]],
  ["a token with one byte more", [bearer(`${MAIN}x`)]],
  ["a token with one byte less", [bearer(MAIN.slice(0, -1))]],
  ["a token in another case", [bearer(MAIN.toUpperCase())]],
  ["a token in a header that the route does not take", [["X-Api-Key", MAIN]]],
  ["Basic that is no Base64", [["Authorization", "Basic %%%"]]],
  ["Basic with an unknown password", [basic(MAIN, "unknown")]],
  ["empty Basic", [basic("", "")]],
  ["two tokens in one header", [["Authorization", `Bearer ${MAIN}`], ["Authorization", "Bearer unknown"]]],
  ["a digest in the place of its token", [bearer("f3937445737a38fb7420e627eaf48e54ffd219bbe983be0e68d2b9a8cb1a720a")]],
]) {
  test(`case 32: ${what} gets the same response as every failed authentication`, async () => {
    const usual = await gateway.refused({ target: "/bearer/x", token: "quite unknown" }, "caller_unauthenticated");
    const answer = await gateway.refused({ target: "/bearer/x", token: null, fields }, "caller_unauthenticated");
    const constant = (each) => `${each.head}${each.text}`.replaceAll(/[0-9a-f]{32}/g, "ID");
    assert.equal(constant(answer), constant(usual));
    assert.equal(answer.status, 401);
    assert.equal(answer.value("www-authenticate"), 'Basic realm="ostiary", Bearer realm="ostiary"');
  });
}

for (const scheme of ["bEARER ", "token ", "Bot ", "SSWS ", "DeepL-Auth-Key ", "ApiKey ", ""]) {
  test(`case 67: a token is accepted with the scheme "${scheme.trim()}"`, async () => {
    const { up } = await gateway.through({ target: "/bearer/x", fields: [["Authorization", `${scheme}${MAIN}`]] });
    assert.deepEqual(up.values("authorization"), [`Bearer ${canary("PRIMARY_KEY")}`]);
    assert.ok(!up.head.includes(MAIN));
  });
}

test("case 67: Elasticsearch's pair of id and key is accepted", async () => {
  await gateway.through({ target: "/bearer/x", fields: [["Authorization", `ApiKey ${Buffer.from(`id:${MAIN}`).toString("base64")}`]] });
});

test("case 67: a browser is not offered Basic", async () => {
  const fields = [["Sec-Fetch-Mode", "navigate"]];
  const answer = await gateway.refused({ target: "/bearer/x", token: null, fields }, "caller_unauthenticated");
  assert.deepEqual(answer.values("www-authenticate"), ['Bearer realm="ostiary"']);
});

test("case 53: a second copy of the token is removed, and values beside it are kept", async () => {
  const encoded = Buffer.from(`x:${MAIN}`).toString("base64");
  const fields = [["X-Custom", `Bearer ${MAIN}`], ["X-Pair", encoded], ["X-Percent", encodeURIComponent(MAIN)], ["X-Other", "kept"]];
  const { up } = await gateway.through({ target: `/bearer/x?a=1&api_key=${encodeURIComponent(MAIN)}&b=2`, fields });
  assert.equal(up.query, "a=1&b=2");
  assert.equal(up.value("x-other"), "kept");
  for (const form of [MAIN, encoded.slice(4, 20), encodeURIComponent(MAIN)]) assert.ok(!up.head.includes(form), form);
});

test("the token of Basic is its password, or its user name if the password is empty", async () => {
  await gateway.through({ target: "/bearer/x", fields: [basic("", MAIN)] });
  gateway.upstream.clear();
  await gateway.through({ target: "/bearer/x", fields: [basic(MAIN, "")] });
});

test("two tokens of one caller are accepted", async () => {
  const target = `/elsewhere/x?gateway_token=${encodeURIComponent(NEXT)}`;
  await gateway.through({ target, token: null, fields: [["X-Gateway-Token", MAIN]] });
});

for (const [what, first, second] of [["digests", "02", "04"], ["secrets", "01", "03"]]) {
  test(`tokens of different callers, both by ${what}, are refused`, async () => {
    const fields = [bearer(canary(`TOKEN_${first}`)), ["X-Load-Key", canary(`TOKEN_${second}`)]];
    for (const caller of [first, second]) {
      await gateway.refused({ target: `/load-1/caller-${caller}/x`, fields }, "caller_unauthenticated");
    }
  });
}

test("if a digest matches, no secret of another caller is read", async () => {
  const fields = [bearer(canary("TOKEN_01")), ["X-Load-Key", canary("TOKEN_02")]];
  await gateway.through({ target: "/load-1/caller-02/x", fields });
  assert.deepEqual(reads(), { KEY_1: 1 });
  await gateway.refused({ target: "/load-1/caller-01/x", fields }, "not_allowed");
});

test("an unknown token beside a valid one is ignored", async () => {
  await gateway.through({ target: "/header/x", fields: [bearer(MAIN), ["X-Api-Key", "unknown"]] });
});

test("token_in replaces the places where a token is looked for", async () => {
  await gateway.refused({ target: "/elsewhere/x", token: MAIN }, "caller_unauthenticated");
  await gateway.through({ target: "/elsewhere/x", token: null, fields: [["X-Gateway-Token", MAIN]] });
});

for (const [fault, behaviour] of [["throws", throws], ["hangs", hangs]]) {
  test(`an unknown token is refused with 503 while a token secret ${fault}`, async () => {
    gateway.store.set("TOKEN_MAIN", behaviour);
    const answer = await gateway.refused({ target: "/bearer/x", token: "unknown" }, "secret_unavailable");
    assert.equal(answer.status, 503);
    assert.equal((await gateway.event(answer)).proof, "token_unreadable");
  });

  test(`a valid token is accepted while another token secret ${fault}`, async () => {
    gateway.store.set("TOKEN_MAIN", behaviour);
    await gateway.through({ target: "/bearer/x", token: NEXT });
  });
}

test("case 69: an unknown token is refused with 401 while the second source of a token secret does not exist", async () => {
  gateway.store.set("TOKEN_MAIN_NEXT", absent);
  const answer = await gateway.refused({ target: "/bearer/x", token: "unknown" }, "caller_unauthenticated");
  const { level, proof } = await gateway.event(answer);
  assert.deepEqual({ level, proof }, { level: "info", proof: "token_unknown" });
  await gateway.through({ target: "/bearer/x" });
});

test("the log has the reason of each failed authentication", async () => {
  const without = await gateway.refused({ target: "/bearer/x", token: null }, "caller_unauthenticated");
  assert.equal((await gateway.event(without)).proof, "token_absent");
  const unknown = await gateway.refused({ target: "/bearer/x", token: "unknown" }, "caller_unauthenticated");
  assert.equal((await gateway.event(unknown)).proof, "token_unknown");
});

test("a request without a token is admitted only by a rule for anyone", async () => {
  const { up, answer } = await gateway.through({ target: "/public/health", token: null });
  assert.deepEqual(up.values("authorization"), [`Bearer ${canary("PRIMARY_KEY")}`]);
  assert.equal((await gateway.event(answer)).caller, "anyone");
  await gateway.refused({ target: "/public/private", token: null }, "caller_unauthenticated");
  await gateway.refused({ method: "POST", target: "/public/health", token: null }, "caller_unauthenticated");
  gateway.upstream.clear();
  const shown = await gateway.through({ target: "/public/health", token: null, fields: [bearer("unknown")] });
  assert.ok(!shown.up.head.includes("unknown"), "a token that is not needed is not sent upstream");
});

test("case 34: an unauthenticated preflight is sent upstream without a credential", async () => {
  const { up } = await gateway.through({
    method: "OPTIONS",
    target: "/public/private",
    token: null,
    fields: [["Origin", "https://app.test"], ["Access-Control-Request-Method", "POST"]],
  });
  assert.deepEqual(up.values("authorization"), []);
  assert.deepEqual(reads(), {});
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
