// A real local Secrets Store, with Miniflare's bindings instead of scripted ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";

const gateway = useGateway("miniflare");

const authorization = async () => {
  gateway.upstream.clear();
  return (await gateway.through({ target: "/bearer/x" })).up.values("authorization");
};

test("case 28: a secret updated between two requests is used by the second", async () => {
  assert.deepEqual(await authorization(), [`Bearer ${canary("PRIMARY_KEY")}`]);
  await gateway.stored.PRIMARY_KEY.update("updated");
  assert.deepEqual(await authorization(), ["Bearer updated"]);
  await gateway.stored.PRIMARY_KEY.update(canary("PRIMARY_KEY"));
  assert.deepEqual(await authorization(), [`Bearer ${canary("PRIMARY_KEY")}`]);
});

test("case 27: a secret that is not in the store is skipped, and refused if it is the last source", async () => {
  await gateway.stored.PRIMARY_KEY.remove();
  assert.deepEqual(await authorization(), [`Bearer ${canary("SECONDARY_KEY")}`]);
  await gateway.stored.SECONDARY_KEY.remove();
  gateway.upstream.clear();
  const answer = await gateway.refused({ target: "/bearer/x" }, "secret_unavailable");
  assert.equal(answer.status, 503);
});

test("a JSON secret and a classic Worker secret are read", async () => {
  const { up } = await gateway.through({ target: "/fields/x" });
  assert.deepEqual(up.values("x-account"), [canary("ACCOUNT_ID")]);
  gateway.upstream.clear();
  const classic = await gateway.through({ target: "/classic/x" });
  assert.deepEqual(classic.up.values("authorization"), [`Bearer ${canary("CLASSIC_KEY")}`]);
});

test("case 69: a token that was deleted from the store is unknown, and the other token of its caller works", async () => {
  await gateway.stored.TOKEN_MAIN.remove();
  const answer = await gateway.refused({ target: "/header/x" }, "caller_unauthenticated");
  const { level, proof } = await gateway.event(answer);
  assert.deepEqual({ level, proof }, { level: "info", proof: "token_unknown" });
  gateway.upstream.clear();
  await gateway.through({ target: "/header/x", token: canary("TOKEN_MAIN_NEXT") });
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
