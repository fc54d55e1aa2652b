// Tests the local Secrets Store API with clients of the real one: wrangler and the official SDK.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import Cloudflare from "cloudflare";
import { isQuota, isSecret, isStore } from "../harness/api-shapes.mjs";
import { ACCOUNT, STORE, startApi } from "../harness/api-server.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { WRANGLER } from "../harness/wrangler-dev.mjs";

let api;
before(async () => {
  api = await startApi();
});
after(() => api?.stop());

// The output of wrangler; each call takes a second or two.
async function wrangler(...args) {
  const env = { ...process.env, ...api.environment, WRANGLER_SEND_METRICS: "false", CI: "1", NO_COLOR: "1", COLUMNS: "400" };
  const options = { env, cwd: temporaryFolder() };
  const { stdout } = await promisify(execFile)(process.execPath, [WRANGLER, "secrets-store", ...args], options);
  return stdout;
}

const remotely = (...args) => wrangler(...args, "--remote");
// The last id in the output is that of the new secret.
const idIn = (output) => [...output.matchAll(/ID: ([0-9a-f]{32})\)/g)].at(-1)[1];
const held = async () => (await api.call("GET", `stores/${STORE}/secrets`)).body.result;

test("wrangler manages secrets", async () => {
  const created = await remotely("secret", "create", STORE, "--name", "WRANGLED", "--scopes", "workers,ai_gateway", "--value", "v", "--comment", "made by wrangler");
  const id = idIn(created);
  const listed = await remotely("secret", "list", STORE);
  for (const part of ["WRANGLED", id, "made by wrangler", "workers, ai_gateway", "active"]) assert.ok(listed.includes(part), listed);
  assert.match(await remotely("secret", "get", STORE, "--secret-id", id), /WRANGLED/);
  await remotely("secret", "update", STORE, "--secret-id", id, "--value", "w", "--scopes", "dex", "--comment", "changed");
  const copy = idIn(await remotely("secret", "duplicate", STORE, "--secret-id", id, "--name", "COPIED", "--scopes", "access"));
  await assert.rejects(remotely("secret", "duplicate", STORE, "--secret-id", id, "--name", "COPIED", "--scopes", "access"), /secret_name_already_exists: COPIED \[code: 1003\]/);
  await remotely("secret", "delete", STORE, "--secret-id", id);
  const [left, ...more] = await held();
  assert.deepEqual([left.id, left.name, left.scopes, more], [copy, "COPIED", ["access"], []]);
  await remotely("secret", "delete", STORE, "--secret-id", copy);
});

test("secrets that wrangler makes in the local store are the API's, and the other way round", async () => {
  const locally = (...args) => wrangler(...args, "--persist-to", api.state);
  const id = idIn(await locally("secret", "create", STORE, "--name", "LOCAL", "--scopes", "workers", "--value", "v"));
  const [found] = await held();
  isSecret(found);
  assert.deepEqual([found.id, found.name, found.scopes, found.status], [id, "LOCAL", ["workers"], "active"]);
  // wrangler gives a local copy an id that is longer than the API's can be.
  await locally("secret", "duplicate", STORE, "--secret-id", id, "--name", "COPY", "--scopes", "workers");
  const copy = isSecret((await held()).find(({ name }) => name === "COPY"));
  assert.equal((await api.call("PATCH", `stores/${STORE}/secrets/${copy.id}`, { value: "w" })).status, 200);
  assert.match(await locally("secret", "list", STORE), /COPY/);
  for (const each of [id, copy.id]) assert.equal((await api.call("DELETE", `stores/${STORE}/secrets/${each}`)).status, 202);
  await assert.rejects(locally("secret", "list", STORE), /no secrets/);
});

const client = (options) => new Cloudflare({ apiToken: "any", baseURL: api.base, ...options });
const account = { account_id: ACCOUNT };

test("the official SDK manages secrets", async () => {
  const { secretsStore } = client();
  const inStore = { ...account, store_id: STORE };
  const body = ["A", "B", "C"].map((name) => ({ name, value: "v", scopes: ["workers", "dex"], comment: `of ${name}` }));
  const made = await Array.fromAsync(secretsStore.stores.secrets.create(STORE, { ...account, body }));
  made.forEach(isSecret);
  assert.deepEqual(made.map(({ name }) => name), ["A", "B", "C"]);
  const [{ id }, second, third] = made;

  // Two pages, fetched as they are read.
  const paged = secretsStore.stores.secrets.list(STORE, { ...account, per_page: 2, order: "name", direction: "desc", scopes: ["dex", "workers"] });
  assert.deepEqual((await Array.fromAsync(paged)).map(({ name }) => name), ["C", "B", "A"]);
  const searched = secretsStore.stores.secrets.list(STORE, { ...account, search: "of b" });
  assert.deepEqual((await Array.fromAsync(searched)).map(({ name }) => name), ["B"]);

  assert.equal(isSecret(await secretsStore.stores.secrets.get(id, inStore)).name, "A");
  assert.equal(isSecret(await secretsStore.stores.secrets.edit(id, { ...inStore, value: "w", comment: "edited" })).comment, "edited");
  const copy = await secretsStore.stores.secrets.duplicate(id, { ...inStore, name: "D", scopes: ["access"] });
  assert.deepEqual(isSecret(copy).scopes, ["access"]);
  assert.deepEqual(isQuota(await secretsStore.quota.get(account)), { quota: 100, usage: 4 });

  assert.equal(await secretsStore.stores.secrets.delete(id, inStore), null);
  // This version of the SDK has no parameter for the ids.
  const ids = [second.id, third.id, copy.id];
  assert.equal(await secretsStore.stores.secrets.bulkDelete(STORE, account, { body: { ids } }), null);
  assert.deepEqual(await held(), []);
});

test("the official SDK reads refusals, and waits as Retry-After says", async () => {
  const { secretsStore } = client({ maxRetries: 0 });
  const missing = secretsStore.stores.secrets.get("none", { ...account, store_id: STORE });
  await assert.rejects(missing, (error) => error instanceof Cloudflare.NotFoundError && error.errors[0].message === "secret_not_found");
  await api.fail({ status: 429, retry_after: 1, times: 1 });
  await assert.rejects(secretsStore.quota.get(account), Cloudflare.RateLimitError);
  await api.fail({ status: 429, retry_after: 1, times: 1 });
  isQuota(await client({ maxRetries: 1 }).secretsStore.quota.get(account));
  const keyed = new Cloudflare({ apiEmail: "a@b.test", apiKey: "any", apiToken: null, baseURL: api.base });
  isQuota(await keyed.secretsStore.quota.get(account));
});

test("wrangler and the official SDK manage stores", async () => {
  const { stores } = client().secretsStore;
  assert.equal(isStore(await stores.get(STORE, account)).account_id, ACCOUNT);
  assert.match(await remotely("store", "list"), /local/);
  await remotely("store", "delete", STORE);
  const id = idIn(await remotely("store", "create", "made-by-wrangler"));
  const [listed] = await Array.fromAsync(stores.list({ ...account, order: "name" }));
  assert.deepEqual([isStore(listed).id, listed.name], [id, "made-by-wrangler"]);
  await assert.rejects(stores.create({ ...account, name: "second" }), /maximum_stores_exceeded/);
  await api.call("POST", `stores/${id}/secrets`, { name: "A", value: "v", scopes: ["workers"] });
  await assert.rejects(stores.delete(id, account), Cloudflare.ConflictError);
  assert.equal(await stores.delete(id, { ...account, force: true }), null);
  isStore(await stores.create({ ...account, name: "made-by-sdk" }));
});
