// Case 68: a Worker calls the gateway over a service binding, whose requests have no Host header. Both run under
// `wrangler dev`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";

const CALLER = fileURLToPath(new URL("service-binding/wrangler.toml", import.meta.url));

const gateway = useGateway("wrangler dev", { caller: CALLER });

const over = (url) => ({ target: `/?url=${encodeURIComponent(url)}` });

test("the host of the URL is used, for mounts with and without a host", async () => {
  const { up } = await gateway.through(over("https://gateway.internal/bearer/x?a=1"));
  assert.equal(up.target, "/x?a=1");
  assert.deepEqual(up.values("authorization"), [`Bearer ${canary("PRIMARY_KEY")}`]);
  assert.equal(up.body.toString(), "hello");
  gateway.upstream.clear();
  const host = await gateway.through(over("http://api.gw.test/y"));
  assert.equal(host.up.target, "/base/v1/y");
});

test("a host reaches only its own mounts, also without a Host header", async () => {
  await gateway.refused(over("https://gw.test/bearer/x"), "no_route");
});

test("a token is required as usual", async () => {
  await gateway.refused({ ...over("https://gateway.internal/bearer/x"), token: "unknown" }, "caller_unauthenticated");
});

test("a request that is passed on unchanged keeps its Host header", async () => {
  await gateway.refused({ target: "/on" }, "no_route");
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
