// The contract of the local Secrets Store API: the published shapes, and the errors that users of the real API have
// reported.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { isQuota, isSecret, isStore, refused, succeeded } from "../harness/api-shapes.mjs";
import { STORE, startApi } from "../harness/api-server.mjs";

const SECRETS = `stores/${STORE}/secrets`;
const VALUE = "a-value-that-nothing-repeats";

let api;
before(async () => {
  api = await startApi();
});
after(() => api?.stop());

beforeEach(async () => {
  await api.heal();
  await api.delay({ pending: "0s", visible: "0s", latency: "0s" });
  const held = (await api.call("GET", `${SECRETS}?per_page=100`)).body.result;
  if (held.length > 0) succeeded(await api.call("DELETE", SECRETS, { ids: held.map(({ id }) => id) }), null, 202);
});

const secret = (name, more) => ({ name, value: VALUE, scopes: ["workers"], ...more });
const create = async (...secrets) => succeeded(await api.call("POST", SECRETS, secrets), isSecret);
const listed = async (query = "") => succeeded(await api.call("GET", `${SECRETS}?${query}`), isSecret);
const names = (secrets) => secrets.map(({ name }) => name);

test("all twelve operations respond in their published form", async () => {
  const [made, second] = await create(secret("FIRST", { comment: "of many" }), secret("SECOND", { scopes: ["workers", "ai_gateway"] }));
  assert.deepEqual([made.name, made.comment, made.scopes, made.status], ["FIRST", "of many", ["workers"], "active"]);
  assert.deepEqual([second.name, second.comment, second.scopes], ["SECOND", null, ["workers", "ai_gateway"]]);

  assert.deepEqual(await listed(), [made, second]);
  assert.deepEqual(succeeded(await api.call("GET", `${SECRETS}/${made.id}`), isSecret), made);
  assert.deepEqual(isQuota((await api.call("GET", "quota")).body.result), { quota: 100, usage: 2 });

  const changed = succeeded(await api.call("PATCH", `${SECRETS}/${made.id}`, { scopes: ["dex"], comment: "new" }), isSecret);
  assert.deepEqual({ ...changed, modified: made.modified }, { ...made, scopes: ["dex"], comment: "new" });
  assert.ok(changed.modified > made.modified);

  const copy = succeeded(await api.call("POST", `${SECRETS}/${made.id}/duplicate`, { name: "COPY", scopes: ["access"] }), isSecret);
  assert.deepEqual([copy.name, copy.scopes], ["COPY", ["access"]]);

  succeeded(await api.call("DELETE", `${SECRETS}/${made.id}`), null, 202);
  succeeded(await api.call("DELETE", SECRETS, { ids: [second.id, copy.id] }), null, 202);
  assert.deepEqual(await listed(), []);

  const [store] = succeeded(await api.call("GET", "stores"), isStore);
  assert.deepEqual(succeeded(await api.call("GET", `stores/${STORE}`), isStore), store);
  succeeded(await api.call("DELETE", `stores/${STORE}`), null);
  assert.deepEqual(succeeded(await api.call("GET", "stores"), isStore), []);
  const created = succeeded(await api.call("POST", "stores", { name: "service_x_keys" }), isStore);
  assert.equal(created.name, "service_x_keys");
  refused(await api.call("POST", "stores", { name: "another" }), 400, 1003, "maximum_stores_exceeded");
  // A secret can be created in it at once.
  succeeded(await api.call("POST", `stores/${created.id}/secrets`, [secret("IN_IT")]), isSecret);
  refused(await api.call("DELETE", `stores/${created.id}`), 409, 1003, "store_not_empty");
  succeeded(await api.call("DELETE", `stores/${created.id}?force=true`), null);
  refused(await api.call("GET", `stores/${created.id}/secrets`), 404, 1001, "store_not_found");

  // The store of the other tests exists again, because it is bound.
  const { state } = api;
  await api.stop();
  api = await startApi({ state });
  assert.deepEqual(names(succeeded(await api.call("GET", "stores"), isStore)), [STORE]);
});

test("what is malformed or does not exist is refused with the codes that the service was seen to give", async () => {
  const [{ id }] = await create(secret("TAKEN"));
  const long = "x".repeat(65_537);
  const rows = [
    ["POST", SECRETS, "not json", 400, 1001, "invalid_json_body"],
    ["POST", SECRETS, "", 400, 1001, "invalid_json_body"],
    ["POST", SECRETS, "[]", 400, 1001, "invalid_json_body"],
    ["POST", SECRETS, "7", 400, 1001, "invalid_json_body"],
    ["POST", SECRETS, [null], 400, 1001, "invalid_json_body"],
    ["POST", SECRETS, [secret("")], 400, 1001, "secret_name_empty"],
    ["POST", SECRETS, [secret("a.b")], 400, 1001, "secret_name_invalid"],
    ["POST", SECRETS, [secret("A", { value: undefined })], 400, 1001, "secret_value_empty"],
    ["POST", SECRETS, [secret("A", { value: long })], 400, 1001, "secret_value_too_long"],
    ["POST", SECRETS, [secret("A", { value: "é".repeat(32_769) })], 400, 1001, "secret_value_too_long"],
    ["POST", SECRETS, [secret("A", { scopes: [] })], 400, 1001, "secret_scopes_empty"],
    ["POST", SECRETS, [secret("A", { scopes: undefined })], 400, 1001, "secret_scopes_empty"],
    ["POST", SECRETS, [secret("A", { scopes: ["worker"] })], 400, 1001, "secret_scope_invalid"],
    ["POST", SECRETS, [secret("TAKEN")], 400, 1003, "secret_name_already_exists: TAKEN"],
    ["POST", SECRETS, [secret("A"), secret("A")], 400, 1003, "secret_name_already_exists: A"],
    ["POST", `stores/none/secrets`, [secret("A")], 404, 1001, "store_not_found"],
    ["PATCH", `${SECRETS}/${id}`, { value: "" }, 400, 1001, "secret_value_empty"],
    ["PATCH", `${SECRETS}/${id}`, { value: long }, 400, 1001, "secret_value_too_long"],
    ["PATCH", `${SECRETS}/${id}`, { scopes: [] }, 400, 1001, "secret_scopes_empty"],
    ["PATCH", `${SECRETS}/none`, { value: "x" }, 404, 1001, "secret_not_found"],
    ["GET", `${SECRETS}/none`, undefined, 404, 1001, "secret_not_found"],
    ["GET", `${SECRETS}/constructor`, undefined, 404, 1001, "secret_not_found"],
    ["GET", `stores/none/secrets/${id}`, undefined, 404, 1001, "store_not_found"],
    ["GET", `stores/constructor`, undefined, 404, 1001, "store_not_found"],
    ["DELETE", `${SECRETS}/none`, undefined, 404, 1001, "secret_not_found"],
    ["DELETE", SECRETS, { ids: [id, "none"] }, 404, 1001, "secret_not_found"],
    ["DELETE", SECRETS, undefined, 400, 1001, "invalid_json_body"],
    ["DELETE", SECRETS, { ids: "all" }, 400, 1001, "invalid_json_body"],
    ["POST", `${SECRETS}/${id}/duplicate`, { name: "TAKEN", scopes: ["dex"] }, 400, 1003, "secret_name_already_exists: TAKEN"],
    ["POST", `${SECRETS}/${id}/duplicate`, { scopes: ["dex"] }, 400, 1001, "secret_name_empty"],
    ["POST", "stores", { name: "" }, 400, 1001, "store_name_empty"],
    ["PUT", SECRETS, [], 404, 7000, "No route for that URI"],
    ["GET", "elsewhere", undefined, 404, 7000, "No route for that URI"],
    ["GET", "../../../zones/x/y", undefined, 404, 7000, "No route for that URI"],
  ];
  for (const [method, path, body, ...refusal] of rows) refused(await api.call(method, path, body), ...refusal);
  assert.deepEqual(names(await listed()), ["TAKEN"], "nothing came of it");
});

test("a value of 64 KiB is kept", async () => {
  await create(secret("LONG", { value: "x".repeat(65_536) }));
});

test("a request shows a token, or an e-mail and a key", async () => {
  const asked = (headers) => api.call("GET", "quota", undefined, headers);
  assert.equal((await asked({ authorization: "Bearer any" })).status, 200);
  assert.equal((await asked({ "x-auth-email": "a@b.test", "x-auth-key": "any" })).status, 200);
  refused(await asked({}), 400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  for (const headers of [{ authorization: "Bearer" }, { authorization: "any" }, { "x-auth-email": "a@b.test" }, { "x-auth-key": "any" }]) {
    refused(await asked(headers), 400, 6003, "Invalid request headers");
  }
  refused(await asked({ authorization: "Bearer any", origin: "https://evil.test" }), 403, 10_000, "Authentication error");
});

test("the errors of an invalid account id and an invalid store id differ", async () => {
  const response = await fetch(`${api.base}/accounts/${"a".repeat(33)}/secrets_store/quota`, { headers: { authorization: "Bearer any" } });
  assert.equal(response.status, 404);
  assert.equal((await response.json()).errors[0].code, 7003);
});

test("lists are searched, filtered, ordered and cut into pages", async () => {
  await create(secret("b", { comment: "Alpha" }), secret("C", { scopes: ["dex"] }), secret("a", { scopes: ["dex", "workers"] }));
  const rows = [
    ["", ["b", "C", "a"]],
    ["direction=desc", ["a", "C", "b"]],
    ["order=name", ["C", "a", "b"]],
    ["order=name&direction=desc", ["b", "a", "C"]],
    ["order=comment&direction=desc", ["b", "a", "C"]],
    ["search=ALPHA", ["b"]],
    ["search=c", ["C"]],
    ["search=none", []],
    ["scopes=dex", ["C", "a"]],
    ["scopes=dex&scopes=workers", ["a"]],
    ["scopes=dex,workers", ["a"]],
    ["per_page=2", ["b", "C"]],
    ["per_page=2&page=2", ["a"]],
    ["per_page=2&page=3", []],
    ["page=0", ["b", "C", "a"]],
  ];
  for (const [query, expected] of rows) assert.deepEqual(names(await listed(query)), expected, query);
  const { result_info: page } = (await api.call("GET", `${SECRETS}?per_page=2&page=2`)).body;
  assert.deepEqual(page, { count: 1, page: 2, per_page: 2, total_count: 3, total_pages: 2 });
  for (const query of ["per_page=101", "page=-1", "page=x", "order=value", "direction=up"]) {
    assert.equal((await api.call("GET", `${SECRETS}?${query}`)).status, 400, query);
  }
});

test("an account has a hundred secrets, and a batch is created whole or not at all", async () => {
  const batch = (from, to) => Array.from({ length: to - from }, (_, at) => secret(`N${from + at}`));
  await create(...batch(0, 98));
  refused(await api.call("POST", SECRETS, batch(98, 101)), 400, 1003, "maximum_secrets_exceeded");
  assert.deepEqual(isQuota((await api.call("GET", "quota")).body.result), { quota: 100, usage: 98 });
  const [{ id }] = await create(...batch(98, 100));
  refused(await api.call("POST", `${SECRETS}/${id}/duplicate`, { name: "MORE", scopes: ["workers"] }), 400, 1003, "maximum_secrets_exceeded");
  assert.equal((await api.call("GET", SECRETS)).body.result_info.total_count, 100);
});

test("requests in the form of the older reference are accepted, with responses in the current form", async () => {
  const one = succeeded(await api.call("POST", SECRETS, secret("ONE", { scopes: ["ai-gateway"] })), isSecret);
  assert.ok(Array.isArray(one));
  assert.deepEqual(one[0].scopes, ["ai_gateway"]);
  const copy = succeeded(await api.call("POST", `${SECRETS}/${one[0].id}/duplicate`, { name: "COPY" }), isSecret);
  assert.deepEqual(copy.scopes, ["ai_gateway"]);
  succeeded(await api.call("DELETE", SECRETS, { secret_ids: [one[0].id] }), null, 202);
  assert.deepEqual(names(await listed()), ["COPY"]);
});

test("a name does not change", async () => {
  const [{ id }] = await create(secret("KEPT"));
  await api.call("PATCH", `${SECRETS}/${id}`, { name: "OTHER", comment: "x" });
  assert.deepEqual(names(await listed()), ["KEPT"]);
});

test("a secret is pending for the configured time", async () => {
  await api.delay({ pending: "10m" });
  const [{ id, status }] = await create(secret("SLOW"));
  assert.equal(status, "pending");
  await api.delay({ pending: "0s" });
  const patched = succeeded(await api.call("PATCH", `${SECRETS}/${id}`, { value: "another" }), isSecret);
  assert.equal(patched.status, "active");
  await api.delay({ pending: "200ms" });
  const states = new Set([(await api.call("PATCH", `${SECRETS}/${id}`, { value: "third" })).body.result.status]);
  for (let attempt = 0; attempt < 100 && !states.has("active"); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    states.add((await api.call("GET", `${SECRETS}/${id}`)).body.result.status);
  }
  assert.deepEqual([...states], ["pending", "active"]);
});

test("a fault is returned as configured, for the configured number of requests", async () => {
  await api.fail({ operations: ["secrets.list"], status: 429, retry_after: 7, times: 2 });
  assert.equal((await api.call("GET", "quota")).status, 200);
  for (let time = 0; time < 2; time += 1) {
    const answer = await api.call("GET", SECRETS);
    assert.deepEqual([answer.status, answer.headers.get("retry-after"), answer.body.success], [429, "7", false]);
  }
  assert.equal((await api.call("GET", SECRETS)).status, 200);
  await api.fail({ status: 500, skip: 1 });
  assert.equal((await api.call("GET", "quota")).status, 200);
  refused(await api.call("GET", "quota"), 500, 10_001, "internal_error");
  await api.heal();
  await api.fail({ status: 403, code: 10_000, message: "Authentication error" });
  refused(await api.call("GET", "quota"), 403, 10_000, "Authentication error");
  await api.heal();
  await api.fail({ reset: true, times: 1 });
  await assert.rejects(api.call("GET", "quota"));
  await api.fail({ delay: "300ms", times: 1 });
  const began = performance.now();
  assert.equal((await api.call("GET", "quota")).status, 200);
  assert.ok(performance.now() - began >= 290);
});

test("an operation can be performed although its response fails", async () => {
  await api.fail({ operations: ["secrets.create"], status: 500, done: true, times: 1 });
  refused(await api.call("POST", SECRETS, [secret("DONE")]), 500, 10_001, "internal_error");
  assert.deepEqual(names(await listed()), ["DONE"]);
  await api.fail({ operations: ["secrets.create"], status: 500, times: 1 });
  refused(await api.call("POST", SECRETS, [secret("UNDONE")]), 500, 10_001, "internal_error");
  assert.deepEqual(names(await listed()), ["DONE"]);
});

test("a fault or a delay that cannot be is refused with what to write instead", async () => {
  await assert.rejects(api.fail({ state: 500 }), /a fault has no state; it has operations, status/);
  await assert.rejects(api.fail({ operations: ["secrets.patch"] }), /no operation is called secrets\.patch; there are quota\.get/);
  await assert.rejects(api.fail({ status: 200 }), /status of a fault cannot be 200/);
  await assert.rejects(api.delay({ visible: 2 }), /visible is a duration of at most ten minutes, as "2s"/);
  await assert.rejects(api.delay({ hidden: "2s" }), /no delay is called hidden/);
  assert.equal((await api.call("GET", "quota")).status, 200);
});

test("everything is there after a restart", async () => {
  await create(secret("KEPT", { scopes: ["workers", "dex"], comment: "for good" }));
  const before = await listed();
  const { state } = api;
  await api.stop();
  api = await startApi({ state });
  assert.deepEqual(await listed(), before);
});

test("no value is in a response or in the output", async () => {
  const [{ id }] = await create(secret("ONE"));
  const answers = [
    await api.call("GET", SECRETS),
    await api.call("PATCH", `${SECRETS}/${id}`, { value: VALUE }),
    await api.call("POST", SECRETS, `{"value": "${VALUE}"`),
    await api.call("POST", SECRETS, [secret("ONE")]),
    await api.call("POST", SECRETS, [secret("TWO", { scopes: [VALUE] })]),
  ];
  assert.ok(!JSON.stringify(answers).includes(VALUE));
  assert.ok(!api.output().includes(VALUE));
});
