// Values of callers on workerd: tenants share a route, and each request has its own tenant's.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { send } from "../harness/client.mjs";
import { startWorld } from "./world.mjs";

const TOKENS = { a: "ost_shop-a_0123456789abcdefABCDEF", b: "ost_shop-b_0123456789abcdefABCDEF" };
const KEYS = { a: "key-of-tenant-a-0123456789", a2: "previous-key-of-tenant-a-0123456789", b: "key-of-tenant-b-0123456789" };

describe("tenants on workerd", () => {
  let world;
  let seen;
  let answer;

  const call = async (tenant, fields = [], target = "/tenants/v1/x") => {
    seen = [];
    const answer = await send(world.port, { target, fields: [["Authorization", `Bearer ${TOKENS[tenant]}`], ...fields] });
    return { status: answer.status, body: answer.text, seen };
  };

  before(async () => {
    world = await startWorld();
  });
  beforeEach(() => {
    world.store.setAll({ SHOP_A_TOKEN: TOKENS.a, SHOP_B_TOKEN: TOKENS.b, KEY_A: KEYS.a, KEY_A_PREVIOUS: KEYS.a2, KEY_B: KEYS.b });
    answer = () => [200, `${KEYS.a} ${KEYS.b}`];
    world.internet.on("https://api.example.com/v1/x", (request, response) => {
      seen.push({ key: request.headers.authorization, account: request.headers["x-account"] });
      const [status, body] = answer(request);
      response.writeHead(status, { "content-type": "text/plain" }).end(body);
    });
  });
  after(() => world?.stop());

  test("each has its own values, and its own masked", async () => {
    const [a, b] = [await call("a"), await call("b")];
    assert.deepEqual(a.seen, [{ key: `Bearer ${KEYS.a}`, account: "acct_A" }]);
    assert.deepEqual(b.seen, [{ key: `Bearer ${KEYS.b}`, account: "acct_B" }]);
    assert.ok(!a.body.includes(KEYS.a) && !b.body.includes(KEYS.b), `${a.body} ${b.body}`);
  });

  test("nothing that a tenant sends makes it another one", async () => {
    for (const fields of [
      [["X-Account", "acct_A"]],
      [["x_account", "acct_A"]],
      [["X-Caller", "shop-a"]],
      [["Connection", "x-account"]],
      [["Cookie", "caller=shop-a"]],
      [["X-Api-Key", TOKENS.b]],
    ]) {
      const { status, seen } = await call("b", fields, "/tenants/v1/x?caller=shop-a");
      assert.deepEqual([status, seen], [200, [{ key: `Bearer ${KEYS.b}`, account: "acct_B" }]], JSON.stringify(fields));
    }
  });

  test("a refused key leads to the next one of the same tenant", async () => {
    answer = (request) => [request.headers.authorization === `Bearer ${KEYS.a2}` ? 200 : 401, "x"];
    const a = await call("a");
    assert.deepEqual([a.status, a.seen.map(({ key }) => key)], [200, [`Bearer ${KEYS.a}`, `Bearer ${KEYS.a2}`]]);
    const b = await call("b");
    assert.deepEqual([b.status, b.seen.length], [401, 1]);
  });

  test("one tenant's missing key is no other one's matter", async () => {
    world.store.setAll({ KEY_B: undefined });
    const [a, b] = [await call("a"), await call("b")];
    assert.deepEqual([a.status, b.status, b.seen], [200, 503, []]);
  });
});
