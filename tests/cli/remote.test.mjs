// The ostiary command with a malicious API: the API's text cannot control the terminal or a shell, lists have an end,
// and a response that cannot be read is an error.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { PROGRAM, ostiary } from "../harness/ostiary.mjs";
import { RESET, refusal, secret, startScriptedApi, success } from "../harness/scripted-api.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const folder = temporaryFolder();
const VALUE = "canary-value-0123456789";

// ESC that clears the screen, a link over other text, C1's CSI, CR and BS that overwrite, marks that reverse letters.
const STEERING = "\u001b[2J\u001b]8;;https://a.example\u0007x\u009b31mred\rover\b\b\u202egnp.exe\u007f";
const STEERS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

async function against(script, args, options = {}) {
  const api = await startScriptedApi(script);
  const environment = { ...api.environment, ...options.environment };
  if (options.withoutStore) delete environment.OSTIARY_STORE_ID;
  const ran = await ostiary(args, { environment, input: options.input, cwd: options.cwd });
  await api.stop();
  for (const text of [ran.out, ran.err]) {
    assert.ok(!text.includes("canary"), text);
    assert.doesNotMatch(text, STEERS);
  }
  return { ...ran, requests: api.requests };
}

const wranglerFile = (...secrets) => {
  const path = join(folder, "wrangler.toml");
  writeFileSync(path, secrets.map((name) => `[[secrets_store_secrets]]\nbinding = "B${name}"\nstore_id = "local"\nsecret_name = "${name}"\n`).join("\n"));
  return path;
};

const list = (...secrets) => success(secrets, { total_pages: 1 });
const quota = success({ secrets: { quota: 100, usage: 1 } });

test("case 61: text from the API cannot control a terminal", async () => {
  const odd = secret(`name${STEERING}\nactive  ok`, { id: "odd", comment: STEERING, status: STEERING, scopes: [STEERING] });
  const shown = await against(() => list(odd), ["secrets", "list"]);
  assert.equal(shown.code, 0, shown.err);
  assert.equal(shown.out.trimEnd().split("\n").length, 2, "a name is one line of the table");
  assert.match(shown.out, /name\\u\{1b\}\[2J/);

  const document = await against(() => list(odd), ["secrets", "list", "--json"]);
  assert.deepEqual([document.json()[0].name, document.json()[0].comment], [odd.name, odd.comment]);

  const stores = () => list({ id: "s", name: STEERING, created: STEERING, modified: STEERING });
  assert.equal((await against(stores, ["stores", "list"])).code, 0);

  for (const answer of [refusal(400, STEERING), { status: 500, body: STEERING }]) {
    const failed = await against(() => answer, ["secrets", "create", "one"], { input: VALUE });
    assert.equal(failed.code, 1);
  }
  const doctor = await against(({ path }) => (path === "quota" ? quota : list(odd)), ["doctor", "--wrangler", wranglerFile("BOUND")]);
  assert.equal(doctor.code, 1, doctor.err);
  const file = join(folder, "one.json");
  writeFileSync(file, '{"one": "x"}');
  const sync = await against(() => list(odd), ["sync", "--from", file, "--dry-run"]);
  assert.equal(sync.out.trimEnd().split("\n").length, 2);
});

test("a pasted command does what it shows, whatever a name contains", async () => {
  const names = ["-rf", "; touch pasted", "$(touch pasted)", "`touch pasted`", "a' 'b", "a\nb", `x${STEERING}`];
  const secrets = names.map((name, at) => secret(name, { id: `id;'$(id>pasted)${at}` }));
  const ran = await against(({ path }) => (path === "quota" ? quota : list(secret("BOUND"), ...secrets)), ["doctor", "--json", "--wrangler", wranglerFile("BOUND")]);
  const commands = ran.json().findings.map(({ instead }) => instead.split(": ").slice(1).join(": "));
  assert.equal(commands.length, names.length);
  // A fake command prints its arguments, one per line.
  const script = `ostiary() { printf '%s\\n' "$@"; }\n${commands.join("\n")}\n`;
  const lines = execFileSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" }).split("\n");
  const given = ["secrets", "--wrangler", join(folder, "wrangler.toml"), "--store", "local", "delete"];
  assert.deepEqual(lines.slice(0, 8), [...given, "--", "-rf"]);
  assert.deepEqual(lines.slice(8, 16), [...given, "--id", "id;'$(id>pasted)1"]);
  assert.throws(() => execFileSync("test", ["-e", join(folder, "pasted")]));
});

test("case 62: a list without an end is an error, and one without a total goes on while pages are full", async () => {
  const page = (length, from = 0) => Array.from({ length }, (_, at) => secret(`S${from + at}`));
  const endless = await against(() => success(page(1), { total_pages: 4_000_000_000 }), ["secrets", "list"]);
  assert.equal(endless.code, 1);
  assert.match(endless.err, /goes on after 100 pages/);
  assert.equal(endless.requests.length, 100);

  const silent = await against(({ query }) => success(query.get("page") === "1" ? page(100) : page(7, 100)), ["secrets", "list", "--json"]);
  assert.deepEqual([silent.json().length, silent.requests.length], [107, 2]);
});

test("an age that cannot be read is no young one", async () => {
  for (const modified of ["", "yesterday", "9999-01-01T00:00:00Z", "2026-13-01"]) {
    const script = ({ path }) => (path === "quota" ? quota : list(secret("OLD", { modified })));
    const args = ["doctor", "--json", "--wrangler", wranglerFile("OLD")];
    const ran = await against(script, [...args, "--max-age", "90d"]);
    assert.deepEqual([ran.code, ran.json().findings[0].finding], [1, "age_unknown"], modified);
    assert.equal((await against(script, args)).code, 0, "nobody asked for an age");
  }
});

// A store that answers a deletion with `lost`, and a GET of one secret with the result of `look`.
function deleting(lost, look = ({ known, name }) => (known ? success(secret(name)) : refusal(404, "secret_not_found"))) {
  let held = ["one", "two", "three"];
  return ({ method, path, body, query }) => {
    const name = path.split("/").at(-1).slice(3);
    const known = held.includes(name);
    if (method === "GET" && path.endsWith("/secrets")) return list(...held.filter((each) => each.includes(query.get("search") ?? "")).map((each) => secret(each)));
    if (method === "GET") return look({ known, name });
    const gone = body.ids?.map((id) => id.slice(3)) ?? [name];
    if (gone.some((each) => !held.includes(each))) return refusal(404, "secret_not_found");
    held = held.filter((each) => !gone.includes(each));
    return lost;
  };
}

test("a deletion whose response was lost is reported as done only if the secret is gone", async () => {
  for (const lost of [RESET, refusal(502, "bad gateway"), { status: 500, body: "<html>" }]) {
    for (const names of [["one"], ["one", "two"]]) {
      const ran = await against(deleting(lost), ["secrets", "delete", ...names]);
      assert.equal(ran.code, 0, ran.err);
      assert.match(ran.out, /^deleted one/);
    }
  }
  const kept = await against(({ method, path }) => (method === "GET" ? (path.endsWith("/secrets") ? list(secret("one")) : success(secret("one"))) : refusal(503, "later")), ["secrets", "delete", "one"]);
  assert.equal(kept.code, 1);
  const wrong = await against(({ method, path }) => (method === "GET" ? (path.endsWith("one") ? success(secret("one")) : refusal(404, "secret_not_found")) : refusal(404, "secret_not_found")), ["secrets", "delete", "--id", "nobody"]);
  assert.equal(wrong.code, 1, "an id that never was is not deleted");
});

test("case 56: a secret counts as deleted only if the API says so for this secret", async () => {
  const silent = { status: 200, body: { success: true, errors: [], messages: [] } };
  for (const look of [
    silent, success(null), success([]), success({}), success(secret("another")), refusal(404, "not found"), refusal(404, "store_not_found"),
    refusal(404, "Could not route to /accounts/x", 7003), { status: 404, body: "<html>" }, refusal(403, "secret_not_found"),
  ]) {
    const ran = await against(deleting(refusal(502, "bad gateway"), () => look), ["secrets", "delete", "one"]);
    assert.deepEqual([ran.code, ran.out], [1, ""], JSON.stringify(look));
    assert.match(ran.err, /cannot delete `one`/);
  }
  const deleted = await against(deleting(refusal(502, "bad gateway"), ({ name }) => success(secret(name, { status: "deleted" }))), ["secrets", "delete", "one"]);
  assert.equal(deleted.code, 0, deleted.err);
  // The same for a store: a list without it, or an empty list, is no proof.
  const store = { id: "local", name: "main", created: "2026-01-01T00:00:00Z", modified: "2026-01-01T00:00:00Z" };
  for (const [look, code] of [[silent, 1], [success(store), 1], [refusal(404, "not found"), 1], [refusal(404, "store_not_found"), 0]]) {
    const lost = [refusal(502, "bad gateway"), refusal(404, "store_not_found")];
    const script = ({ method, path }) => (method === "DELETE" ? lost.shift() : path === "stores" ? list(store) : look);
    const ran = await against(script, ["stores", "delete", "main"]);
    assert.deepEqual([ran.code, ran.out === ""], [code, code === 1], ran.err);
  }
});

test("a list that is not there is no empty one", async () => {
  const file = join(folder, "absent.json");
  writeFileSync(file, '{"one": "x"}');
  for (const body of [{ success: true, errors: [], messages: [] }, { success: true, errors: [], messages: [], result: null }]) {
    const absent = () => ({ status: 200, body });
    for (const args of [["secrets", "list"], ["secrets", "delete", "one"], ["sync", "--from", file], ["stores", "list"], ["doctor", "--wrangler", wranglerFile("BOUND")]]) {
      const ran = await against(absent, args);
      assert.equal(ran.code, 1, args.join(" "));
      assert.match(ran.err, /a body that is not in its format/);
      assert.ok(ran.requests.every(({ method }) => method === "GET"), "nothing is written or deleted");
    }
  }
});

test("a list of operations ends at the first one without a response, and reports what is unknown and what was not tried", async () => {
  const names = ["a", "b", "c", "d"];
  const file = join(folder, "four.json");
  writeFileSync(file, JSON.stringify(Object.fromEntries(names.map((name) => [name, VALUE]))));
  const slow = { ...refusal(429, "rate_limited"), headers: { "retry-after": "3600" } };
  for (const [answer, word] of [[RESET, "unknown"], [slow, "failed"]]) {
    const script = ({ method, body }) => (method === "GET" ? list(secret("x")) : body[0].name === "b" ? answer : success([secret(body[0].name)]));
    const created = await against(script, ["secrets", "create", "--from", file, "--json"]);
    assert.equal(created.code, 1);
    assert.deepEqual(created.json().map(({ outcome }) => outcome), ["created", word, "not tried", "not tried"]);
    assert.match(created.err, new RegExp(`of 4: 1 ${word}, 2 not tried; run the command again`));
    assert.equal(created.requests.filter(({ method }) => method === "POST").length, 2);

    const synced = await against(script, ["sync", "--from", file, "--delete", "--delete-bound", "--yes"], { cwd: folder });
    assert.equal(synced.code, 1, synced.err);
    assert.match(synced.out, new RegExp(`^\\+ a {2}created\n\\+ b {2}${word === "unknown" ? word : "not created"}: [^\n]+\n\\+ c {2}not created: not tried\n\\+ d {2}not created: not tried\n- x {2}not deleted\n$`));
    assert.match(synced.err, new RegExp(`^1 ${word}, 2 not tried, so 1 that are not in the file were kept; run the command again to continue\n$`));
    assert.ok(synced.requests.every(({ method }) => method !== "DELETE"));
  }
  const lost = await against(({ method }) => (method === "GET" ? list() : RESET), ["secrets", "create", "one"], { input: VALUE });
  assert.match(lost.err, /whether it was done is not known/);
});

test("a store that the configuration binds is not deleted with its secrets, unless that is asked for", async () => {
  const store = { id: "local", name: "main", created: "2026-01-01T00:00:00Z", modified: "2026-01-01T00:00:00Z" };
  const script = ({ method }) => (method === "GET" ? list(store) : success(null));
  const bound = ["--wrangler", wranglerFile("ONE", "TWO")];
  // There, no gateway.toml names other bindings.
  const cwd = folder;
  const refused = await against(script, ["stores", "delete", "main", "--force", "--yes", ...bound], { cwd });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /warning: `ONE` is bound by `BONE` \(top level\)[^]*warning: `TWO`[^]*binds 2 of the secrets in the store `main`; --delete-bound/);
  assert.ok(refused.requests.every(({ method }) => method === "GET"));
  const unreadable = await against(script, ["stores", "delete", "main", "--force", "--yes", "--wrangler", "/nowhere.toml"]);
  assert.equal(unreadable.code, 2);
  assert.match(unreadable.err, /--force has to know what is bound/);
  for (const args of [["--force", "--delete-bound", ...bound], ["--force", "--delete-bound", "--wrangler", "/nowhere.toml"], ["--force", "--wrangler", "wrangler.toml"]]) {
    const ran = await against(script, ["stores", "delete", "main", "--yes", ...args]);
    assert.deepEqual([ran.code, ran.out], [0, "deleted main\n"], ran.err);
  }
  const foreign = await against(script, ["stores", "delete", "main", "--force", "--yes", ...bound]);
  assert.equal(foreign.code, 2);
  assert.match(foreign.err, /may be the configuration of another Worker/);
  assert.equal((await against(script, ["stores", "delete", "main", "--delete-bound"])).code, 2, "it says what --force may do");
  const unknown = await against(({ method, path }) => (method === "DELETE" ? success(null) : path.endsWith("one") ? success(secret("one")) : list(secret("one"))), ["secrets", "delete", "one", "--delete-bound", "--wrangler", "/nowhere.toml"]);
  assert.match(unknown.err, /warning: what is bound is not known, since cannot read \/nowhere\.toml/);
});

test("a name of a store is one line, whatever is in it", async () => {
  const store = (id, name) => ({ id, name, created: "2026-01-01T00:00:00Z", modified: "2026-01-01T00:00:00Z" });
  const odd = `main\nerror: all is lost\u115f\u3164\uffa0\u2800\ufe0f${STEERING}`;
  const invisible = /[\u115f\u3164\uffa0\u2800\ufe0f]/;
  const two = ({ method }) => (method === "GET" ? list(store("a", odd), store("b", odd)) : success(null));
  const one = ({ method, path }) => (method === "DELETE" ? success(null) : path === "stores" ? list(store("a", odd)) : list(secret(odd, { id: "odd" })));
  for (const [script, args, code] of [
    [two, ["secrets", "list"], 2], [two, ["secrets", "list", "--store", "c"], 1], [two, ["secrets", "list", "--store", odd], 2], [one, ["secrets", "get", "nobody"], 1],
    [one, ["stores", "delete", "a"], 0], [one, ["secrets", "delete", odd], 0],
  ]) {
    const ran = await against(script, args, { withoutStore: true });
    assert.equal(ran.code, code, ran.err);
    assert.equal(`${ran.out}${ran.err}`.trimEnd().split("\n").length, 1, `${ran.out}${ran.err}`);
    assert.doesNotMatch(`${ran.out}${ran.err}`, invisible);
  }
});

test("a pasted command means the account, the API, the store and the configuration that were given", async () => {
  const configuration = ["--wrangler", wranglerFile("BOUND")];
  const held = [secret("BOUND", { scopes: ["dex"] }), secret("spare")];
  const deleted = [];
  const script = ({ method, path, query }) => {
    if (path === "quota") return quota;
    if (path === "stores") return list({ id: "local", name: "main", created: "2026-01-01T00:00:00Z", modified: "2026-01-01T00:00:00Z" });
    if (method === "GET") return list(...held.filter(({ name }) => name.includes(query.get("search") ?? "")));
    if (method === "PATCH") return success(held[0]);
    if (method === "POST") return refusal(400, "secret_name_already_exists: BOUND", 1003);
    deleted.push(path);
    return success(null);
  };
  const api = await startScriptedApi(script);
  const { CLOUDFLARE_API_BASE_URL: url, CLOUDFLARE_ACCOUNT_ID: account, CLOUDFLARE_API_TOKEN } = api.environment;
  // The environment has only the token, or values for another API.
  for (const environment of [{}, { CLOUDFLARE_ACCOUNT_ID: "other", CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9", OSTIARY_WRANGLER_CONFIG: "/nowhere.toml", OSTIARY_STORE_ID: "other" }]) {
    const given = ["--account-id", account, "--api-base-url", url, ...configuration];
    const env = { CLOUDFLARE_API_TOKEN, ...environment };
    const ran = await ostiary(["doctor", "--json", ...given], { environment: env, cwd: folder });
    const commands = ran.json().findings.map(({ instead }) => instead.split(": ").at(-1));
    assert.equal(commands.length, 2, ran.out);
    deleted.length = 0;
    for (const command of commands) {
      const said = await promisify(execFile)("sh", ["-c", command], { cwd: folder, env: { ...env, PATH: `${dirname(PROGRAM)}:${process.env.PATH}` } });
      assert.match(said.stdout, /BOUND|deleted spare/);
    }
    assert.deepEqual(deleted, ["stores/local/secrets/id-spare"]);
    const absent = await ostiary(["secrets", "get", "absent", "--store-id", "local", ...given], { environment: env, cwd: folder });
    const [, hint] = /`(ostiary secrets list [^`]+)` shows all/.exec(absent.err);
    const listed = await promisify(execFile)("sh", ["-c", hint], { cwd: folder, env: { ...env, PATH: `${dirname(PROGRAM)}:${process.env.PATH}` } });
    assert.match(listed.stdout, /spare/);
  }
  // Settings from the environment are not repeated.
  const short = await ostiary(["secrets", "get", "absent"], { environment: api.environment });
  assert.match(short.err, /`ostiary secrets list` shows all/);
  const taken = await ostiary(["secrets", "create", "BOUND", "--account-id", "other"], { environment: { ...api.environment, CLOUDFLARE_ACCOUNT_ID: "one" }, input: VALUE });
  assert.match(taken.err, /it exists already: `ostiary secrets update --value --account-id other BOUND` overwrites its value/);
  await api.stop();
});

test("doctor tells a store that is not there from an account that is not there", async () => {
  const store = { id: "local", name: "main", created: "2026-01-01T00:00:00Z", modified: "2026-01-01T00:00:00Z" };
  const path = wranglerFile("ONE");
  writeFileSync(path, `${readFileSync(path, "utf8")}\n[[env.staging.secrets_store_secrets]]\nbinding = "BONE"\nstore_id = "locale"\nsecret_name = "ONE"\n`);
  const script = ({ path: asked }) => (asked === "quota" ? quota : asked === "stores" ? list(store) : asked.startsWith("stores/local/") ? list(secret("ONE")) : refusal(404, "store_not_found"));
  const ran = await against(script, ["doctor", "--json", "--wrangler", path]);
  const [finding, ...others] = ran.json().findings;
  assert.deepEqual([ran.code, finding.finding, finding.place, others], [1, "store_missing", "env.staging", []]);
  assert.equal(finding.instead, "the account has no store `locale`; it has `main` (local): correct `store_id`");
  const account = await against(() => refusal(404, "Could not route to /accounts/x", 7003), ["doctor", "--wrangler", path]);
  assert.deepEqual([account.code, account.out], [1, ""]);
  assert.match(account.err, /Could not route/);
});

test("an error that quotes the value or the token is masked", async () => {
  const quoting = ({ body, headers }) => refusal(400, `invalid: ${body ? JSON.stringify(body) : ""} of ${headers.authorization}`);
  const environment = { CLOUDFLARE_API_TOKEN: "canary-token-0123" };
  const file = join(folder, "masked.json");
  writeFileSync(file, JSON.stringify({ one: VALUE }));
  for (const args of [["create", "one"], ["create", "--from", file], ["create", "--from", file, "--json"], ["get", "one"]]) {
    const script = (asked) => (asked.method === "GET" && args[0] === "create" ? list() : quoting(asked));
    const ran = await against(script, ["secrets", ...args], { environment, input: VALUE });
    assert.equal(ran.code, 1);
    assert.match(ran.out + ran.err, /invalid: .*\[redacted\]/);
  }
});

test("an endless wait and an invalid credential are reported with exit code 2", async () => {
  const never = () => assert.fail("nothing is sent");
  for (const wait of ["200000000000000d", "8d", "18446744073709551615s", "x"]) {
    const ran = await against(never, ["rotate", "x", "--wait", wait]);
    assert.equal(ran.code, 2, ran.err);
    assert.match(ran.err, /--wait/);
  }
  for (const [name, value, reason] of [
    ["CLOUDFLARE_API_TOKEN", "canary\n", /character 7 is a line end/],
    ["CLOUDFLARE_API_TOKEN", "canary…", /character 7 is an ellipsis/],
    ["CLOUDFLARE_API_TOKEN", "Bearer canary", /write the token alone/],
    ["CLOUDFLARE_API_TOKEN", "'canary'", /a quote/],
    ["CLOUDFLARE_API_KEY", "canary\n", /a line end/],
    ["CLOUDFLARE_EMAIL", "canary @example.com", /a blank/],
  ]) {
    const other = { CLOUDFLARE_API_KEY: "k", CLOUDFLARE_EMAIL: "a@example.com", CLOUDFLARE_API_TOKEN: "" };
    const ran = await against(never, ["quota"], { environment: { ...other, [name]: value } });
    assert.equal(ran.code, 2, ran.err);
    assert.match(ran.err, reason);
    assert.ok(ran.err.includes(name), ran.err);
  }
  const operator = { OSTIARY_GATEWAY_URL: "http://127.0.0.1:9/operator" };
  const file = join(folder, "sync.json");
  writeFileSync(file, '{"one": "x"}');
  for (const token of ["Bearer canary", "canary\n", ""]) {
    const files = ["--config", "tests/harness/configuration/gateway.toml", "--wrangler", "tests/harness/configuration/wrangler.toml"];
    const ran = await against(never, ["sync", "--from", file, ...files], { environment: { ...operator, OSTIARY_OPERATOR_TOKEN: token } });
    assert.equal(ran.code, 2, ran.err);
    assert.match(ran.err, /OSTIARY_OPERATOR_TOKEN/);
  }
});
