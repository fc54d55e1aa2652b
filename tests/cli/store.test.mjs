// The ostiary command with the local Secrets Store API: stores, secrets, the quota, doctor and sync.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { STORE, startApi } from "../harness/api-server.mjs";
import { ostiary } from "../harness/ostiary.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const VALUE = "canary-value-that-nothing-repeats";
const folder = temporaryFolder();

let api;
const outputs = [];

before(async () => {
  api = await startApi();
});
after(() => api?.stop());

beforeEach(async () => {
  await api.heal();
  await api.delay({ pending: "0s", visible: "0s", latency: "0s" });
  const held = (await api.call("GET", `stores/${STORE}/secrets?per_page=100`)).body.result;
  if (held.length > 0) await api.call("DELETE", `stores/${STORE}/secrets`, { ids: held.map(({ id }) => id) });
});

async function run(args, { input, environment = api.environment } = {}) {
  const ran = await ostiary(args, { environment, input });
  outputs.push(ran.out, ran.err);
  return ran;
}

async function json(args, options) {
  const ran = await run([...args, "--json"], options);
  assert.equal(ran.code, 0, ran.err);
  return ran.json();
}

const file = (name, text) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const names = async () => (await json(["secrets", "list"])).map(({ name }) => name);

test("a secret is created, found, changed, copied and deleted", async () => {
  const made = await json(["secrets", "create", "stripe-key", "--comment", "of the shop", "--scopes", "workers,ai_gateway"], { input: `${VALUE}\n` });
  assert.deepEqual([made.name, made.comment, made.scopes], ["stripe-key", "of the shop", ["workers", "ai_gateway"]]);
  assert.equal((await json(["secrets", "get", "stripe-key"])).id, made.id);
  assert.equal((await json(["secrets", "get", made.id, "--id"])).name, "stripe-key");

  assert.equal((await json(["secrets", "update", "stripe-key", "--comment", "new"])).comment, "new");
  assert.equal((await json(["secrets", "update", "stripe-key", "--value"], { input: "other" })).comment, "new");
  await json(["secrets", "duplicate", "stripe-key", "stripe-key-previous"]);
  assert.deepEqual((await json(["secrets", "list", "--search", "previous"])).map(({ name }) => name), ["stripe-key-previous"]);
  assert.deepEqual((await json(["secrets", "list", "--descending"])).map(({ name }) => name), ["stripe-key-previous", "stripe-key"]);
  assert.deepEqual(await json(["quota"]), { secrets: { quota: 100, usage: 2 } });

  await json(["secrets", "delete", "stripe-key", "stripe-key-previous"]);
  assert.deepEqual(await names(), []);
});

test("stores are listed and shown", async () => {
  const [store] = await json(["stores", "list"]);
  assert.equal(store.id, STORE);
  assert.deepEqual(await json(["stores", "get", STORE]), store);
  const refused = await run(["stores", "create", "another"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /maximum_stores_exceeded.*ostiary quota/s);
});

test("a list of more than one page is whole", async () => {
  const many = Array.from({ length: 100 }, (_, at) => ({ name: `S${at}`, value: VALUE, scopes: ["workers"] }));
  await api.call("POST", `stores/${STORE}/secrets`, many);
  assert.equal((await names()).length, 100);
  const refused = await run(["secrets", "create", "one-more"], { input: VALUE });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /maximum_secrets_exceeded/);
});

test("a mistake in a command line has exit code 2, and a failure has exit code 1", async () => {
  const rows = [
    [2, ["secrets", "create"], /required/],
    [2, ["secrets", "create", "a b"], /letters, digits/],
    [2, ["secrets", "create", "a", "--scopes", "ai-gateway"], /a scope is one of/],
    [2, ["secrets", "create", "a"], /the value is empty/],
    [2, ["secrets", "update", "a"], /nothing is to change/],
    [2, ["nonsense"], /unrecognized/],
    [1, ["secrets", "get", "absent"], /no secret `absent`/],
    [1, ["secrets", "list", "--store-id", "unknown"], /store_not_found.*GET .*stores\/unknown/],
    [1, ["secrets", "--store", "unknown", "list"], /no store with the name or id `unknown`; it has/],
  ];
  for (const [code, args, message] of rows) {
    const ran = await run(args);
    assert.equal(ran.code, code, `${args.join(" ")}: ${ran.err}`);
    assert.match(ran.err, message);
  }
  const nobody = { ...api.environment, CLOUDFLARE_API_TOKEN: "" };
  assert.match((await run(["quota"], { environment: nobody })).err, /set CLOUDFLARE_API_TOKEN/);
  const broken = { ...api.environment, CLOUDFLARE_API_TOKEN: "canary-a\nX-Injected: b" };
  assert.equal((await run(["quota"], { environment: broken })).code, 2);
  const key = { CLOUDFLARE_API_KEY: "k", CLOUDFLARE_EMAIL: "a@example.com" };
  const { CLOUDFLARE_API_TOKEN: _, ...account } = api.environment;
  assert.equal((await run(["quota"], { environment: { ...account, ...key } })).code, 0);
  const plain = { ...api.environment, CLOUDFLARE_API_BASE_URL: "http://api.example.com" };
  assert.match((await run(["quota"], { environment: plain })).err, /plain http/);
});

test("a rate limit is waited for, and a fault of the service's is asked again", async () => {
  await api.fail({ operations: ["quota.get"], status: 429, retry_after: 1, times: 1 });
  const before = performance.now();
  await json(["quota"]);
  assert.ok(performance.now() - before >= 1000);
  await api.fail({ operations: ["quota.get"], status: 500, times: 2 });
  await json(["quota"]);
  await api.fail({ operations: ["quota.get"], status: 429, retry_after: 3600, times: 1 });
  assert.equal((await run(["quota"])).code, 1);
});

test("a file of secrets is created one by one, and goes on when it is run again", async () => {
  const path = file("batch.json", JSON.stringify({ one: `${VALUE}-1`, two: `${VALUE}-2`, three: `${VALUE}-3` }));
  await api.fail({ operations: ["secrets.create"], status: 400, code: 1001, message: "secret_value_too_long", skip: 1, times: 1 });
  const first = await run(["secrets", "create", "--from", path, "--json"]);
  assert.equal(first.code, 1);
  assert.deepEqual(first.json().map(({ name, outcome }) => [name, outcome]), [["one", "created"], ["two", "failed"], ["three", "created"]]);
  assert.match(first.json()[1].reason, /secret_value_too_long/);
  const second = await json(["secrets", "create", "--from", path]);
  assert.deepEqual(second.map(({ name, outcome }) => [name, outcome]), [["one", "present"], ["two", "created"], ["three", "present"]]);

  // The request succeeds but its response is lost, so the name is taken when it is repeated.
  await api.fail({ operations: ["secrets.create"], status: 429, retry_after: 0, done: true, times: 1 });
  const lost = await json(["secrets", "create", "--from", file("lost.env", `four='${VALUE}-4'\n`)]);
  assert.deepEqual(lost.map(({ name, outcome }) => [name, outcome]), [["four", "present"]]);
});

test("doctor reports missing secrets, missing scopes, unused secrets and a full store, with its exit code", async () => {
  const wrangler = (...secrets) =>
    file("wrangler.toml", secrets.map((name) => `[[secrets_store_secrets]]\nbinding = "${name}"\nstore_id = "${STORE}"\nsecret_name = "${name}"\n`).join("\n"));
  const doctor = (...args) => run(["doctor", "--json", "--wrangler", wrangler("FINE", "NARROW", "ABSENT"), ...args]);
  await json(["secrets", "create", "FINE"], { input: VALUE });
  await json(["secrets", "create", "NARROW", "--scopes", "dex"], { input: VALUE });
  await json(["secrets", "create", "SPARE"], { input: VALUE });
  const ran = await doctor();
  assert.equal(ran.code, 1);
  const found = ran.json().findings.map(({ severity, finding, secret }) => [severity, finding, secret]);
  assert.deepEqual(found, [["error", "scope", "NARROW"], ["error", "missing", "ABSENT"], ["warning", "unused", "SPARE"]]);

  await json(["secrets", "create", "ABSENT"], { input: VALUE });
  await json(["secrets", "update", "NARROW", "--scopes", "workers"]);
  assert.equal((await doctor()).code, 0);
  assert.equal((await doctor("--strict")).code, 1);
  assert.equal((await doctor("--max-age", "90d")).code, 0);
  await api.delay({ pending: "10m" });
  await json(["secrets", "update", "FINE", "--value"], { input: VALUE });
  const pending = await doctor();
  assert.deepEqual([pending.code, pending.json().findings[0].finding], [1, "pending"]);
});

test("sync creates missing secrets, and changes and deletes secrets only with --update and --delete", async () => {
  const path = file(".env.production", `present=${VALUE}\nmissing='${VALUE}$1'\n`);
  await json(["secrets", "create", "present"], { input: VALUE });
  await json(["secrets", "create", "extra"], { input: VALUE });
  const sync = async (...args) => (await json(["sync", "--from", path, ...args])).map(({ name, action }) => `${name} ${action}`);

  assert.deepEqual(await sync("--dry-run", "--update", "--delete"), ["present would be updated", "missing would be created", "extra would be deleted"]);
  assert.deepEqual(await names(), ["extra", "present"]);
  assert.deepEqual(await sync(), ["present kept", "missing created", "extra kept"]);
  assert.deepEqual(await sync("--update"), ["present updated", "missing updated", "extra kept"]);
  assert.deepEqual(await sync("--delete"), ["present kept", "missing kept", "extra deleted"]);
  assert.deepEqual(await names(), ["missing", "present"]);

  const shown = await run(["sync", "--from", path, "--dry-run"]);
  assert.match(shown.out, /^\? present {2}kept$/m);
});

test("tables have no colours if the output is not a terminal", async () => {
  await json(["secrets", "create", "one"], { input: VALUE });
  const { out } = await run(["secrets", "list"]);
  assert.match(out, /^NAME +STATUS +SCOPES/);
  assert.ok(!out.includes("\u001b"));
});

test("the command prints its completions for a shell", async () => {
  for (const shell of ["bash", "zsh", "fish"]) assert.match((await run(["completions", shell])).out, /rotate/);
});

test("case 45: nothing that the command wrote contains a value or the credential", () => {
  assert.ok(outputs.length > 50);
  for (const output of outputs) assert.ok(!output.includes("canary"), output);
});
