// The ages of secrets, as the Secrets Store API says them to the gateway.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { STORE } from "../harness/api-server.mjs";
import { BUILD as PLAIN } from "../harness/gateway.mjs";
import { refusal, secret, startScriptedApi, success } from "../harness/scripted-api.mjs";
import { absent } from "../harness/secret-store.mjs";
import { BUILD, CHECKOUT, HOST, OPERATOR, startGateway, valueOf } from "./gateway.mjs";
import { daysAgo, startStoreApi } from "./store-api.mjs";

const seconds = (time) => Math.floor(Date.parse(time) / 1000);

const asking = (gateway) => async (token = OPERATOR, target = "/ages") => {
  const answer = await gateway.call({ host: HOST, target, token });
  gateway.holdsNoValue(answer.text);
  assert.ok(!answer.text.includes("canary"), answer.text);
  return answer;
};

// By binding: two times, or a failure.
const known = ({ status, text }) => {
  assert.equal(status, 200, text);
  const sources = JSON.parse(text).secrets.flatMap(({ sources }) => sources);
  return Object.fromEntries(sources.map(({ binding, created, modified, failure }) => [binding, failure ?? [created, modified]]));
};

describe("with the local Secrets Store API", () => {
  let api;
  let gateway;
  let ask;
  before(async () => {
    api = await startStoreApi({ STRIPE_KEY: [90, 3], OPENAI_KEY: [10, 10] });
    gateway = await startGateway({ storePort: api.port });
    ask = asking(gateway);
  });
  beforeEach(async () => {
    gateway.reset();
    await api.heal();
  });
  after(() => Promise.all([gateway?.stop(), api?.stop()]));

  test("each source has the times of its secret, and a name that is not there has a word", async () => {
    const { STRIPE_KEY, OPENAI_KEY, STRIPE_KEY_PREVIOUS } = known(await ask());
    for (const [[created, modified], days] of [[STRIPE_KEY, [90, 3]], [OPENAI_KEY, [10, 10]]]) {
      assert.ok(Math.abs(created - seconds(daysAgo(days[0]))) < 600, `${created}`);
      assert.ok(Math.abs(modified - seconds(daysAgo(days[1]))) < 600, `${modified}`);
    }
    assert.equal(STRIPE_KEY_PREVIOUS, "not_listed");
    assert.deepEqual([...gateway.store.reads.keys()].toSorted(), ["OPS_TOKEN", "STORE_READER"]);
    assert.deepEqual(gateway.upstream.exchanges, []);
  });

  test("a rotation is seen by the next look", async () => {
    const { body } = await api.call("GET", `stores/${STORE}/secrets`);
    const { id } = body.result.find(({ name }) => name === "OPENAI_KEY");
    const [created] = known(await ask()).OPENAI_KEY;
    await api.call("PATCH", `stores/${STORE}/secrets/${id}`, { value: "canary-new" });
    const after = known(await ask()).OPENAI_KEY;
    assert.equal(after[0], created);
    assert.ok(Math.abs(after[1] - Date.now() / 1000) < 600);
  });

  test("what the API fails at is a word", async () => {
    for (const [fault, word] of [
      [{ status: 403 }, "refused"],
      [{ status: 404 }, "store_unknown"],
      [{ status: 429, retry_after: 1 }, "rate_limited"],
      [{ status: 500 }, "invalid"],
      [{ reset: true }, "unreachable"],
    ]) {
      await api.heal();
      await api.fail({ operations: ["secrets.list"], ...fault });
      const ages = known(await ask());
      assert.deepEqual([...new Set(Object.values(ages))], [word]);
    }
  });

  test("a slow API is given up, and the rest of the page is there meanwhile", async () => {
    await api.fail({ operations: ["secrets.list"], delay: "20s" });
    const began = Date.now();
    const slow = ask();
    const ready = await gateway.call({ host: HOST, target: "/ready", token: OPERATOR });
    assert.equal(ready.status, 200);
    assert.ok(Date.now() - began < 4_500);
    assert.deepEqual([...new Set(Object.values(known(await slow)))], ["timeout"]);
    assert.ok(Date.now() - began < 15_000);
  });

  test("only an operator gets the ages, and a token that cannot be read causes a refusal", async () => {
    for (const token of [null, "wrong", CHECKOUT]) assert.equal((await ask(token)).status, 401, token);
    assert.equal((await ask(OPERATOR, "/ages?secret=stripe")).value("ostiary-refusal"), "operation_invalid");
    gateway.store.set("STORE_READER", absent);
    assert.equal((await ask()).value("ostiary-refusal"), "secret_unavailable");
  });
});

describe("with an API that responds differently", () => {
  let api;
  let gateway;
  let ask;
  let answer;
  before(async () => {
    api = await startScriptedApi((asked) => answer(asked));
    gateway = await startGateway({ storePort: api.port });
    ask = asking(gateway);
  });
  beforeEach(() => {
    api.requests.length = 0;
    gateway.reset();
  });
  after(() => Promise.all([gateway?.stop(), api?.stop()]));

  test("a list of pages is read until the names are found, with the token and nothing else of anybody's", async () => {
    const others = (page) => Array.from({ length: 100 }, (_, at) => secret(`other-${page}-${at}`));
    answer = ({ query }) => {
      const page = Number(query.get("page"));
      const items = page === 3 ? [secret("STRIPE_KEY", { comment: "canary" })] : others(page);
      return success(items, { page, per_page: 100, count: items.length, total_pages: 3, total_count: 201 });
    };
    const ages = known(await ask());
    assert.deepEqual(ages.STRIPE_KEY, [seconds("2026-01-01T00:00:00Z"), seconds("2026-01-01T00:00:00Z")]);
    assert.equal(ages.OPENAI_KEY, "not_listed");
    assert.deepEqual(api.requests.map(({ query }) => query.get("page")), ["1", "2", "3"]);
    for (const { method, path, headers } of api.requests) {
      assert.deepEqual([method, path, headers.authorization], ["GET", "stores/local/secrets", `Bearer ${valueOf("STORE_READER")}`]);
      assert.equal(headers.cookie, undefined);
    }
  });

  test("secrets of another store, times that cannot be read, and what is no list count for nothing", async () => {
    for (const [script, word] of [
      [success([secret("STRIPE_KEY", { store_id: "another" })]), "not_listed"],
      [success([secret("STRIPE_KEY", { created: "<b>long ago</b>" })]), "time_unreadable"],
      [success([secret("STRIPE_KEY", { modified: null })]), "time_unreadable"],
      [success({}), "invalid"],
      [{ status: 200, body: "<html>" }, "invalid"],
      [{ status: 302, headers: { location: "/client/v4" }, body: "" }, "invalid"],
      [refusal(401, "Authentication error"), "refused"],
    ]) {
      answer = () => script;
      assert.equal(known(await ask()).STRIPE_KEY, word);
    }
  });
});

test("a gateway without it has nothing of it", { skip: existsSync(PLAIN) ? false : "tests/.build is not there" }, () => {
  const holds = (build) => readFileSync(`${build}/index_bg.wasm`).includes("too_many_pages");
  assert.deepEqual([holds(BUILD), holds(PLAIN)], [true, false]);
});
