// The ostiary command against an API of bad will: what it says reaches neither the terminal nor a shell, lists have an
// end, and what cannot be read is no good news.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ostiary } from "../harness/ostiary.mjs";
import { RESET, refusal, secret, startScriptedApi, success } from "../harness/scripted-api.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const folder = temporaryFolder();
const VALUE = "canary-value-0123456789";

// ESC that clears the screen, a link over other text, C1's CSI, CR and BS that overwrite, marks that reverse letters.
const STEERING = "\u001b[2J\u001b]8;;https://a.example\u0007x\u009b31mred\rover\b\b\u202egnp.exe\u007f";
const STEERS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

async function against(script, args, options = {}) {
  const api = await startScriptedApi(script);
  const ran = await ostiary(args, { environment: { ...api.environment, ...options.environment }, input: options.input });
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

test("case 61: nothing that the API says steers a terminal", async () => {
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

test("a pasted command does what it shows, whatever a name holds", async () => {
  const names = ["-rf", "; touch pasted", "$(touch pasted)", "`touch pasted`", "a' 'b", "a\nb", `x${STEERING}`];
  const secrets = names.map((name, at) => secret(name, { id: `id;'$(id>pasted)${at}` }));
  const ran = await against(({ path }) => (path === "quota" ? quota : list(secret("BOUND"), ...secrets)), ["doctor", "--json", "--wrangler", wranglerFile("BOUND")]);
  const commands = ran.json().findings.map(({ instead }) => instead.split(": ").slice(1).join(": "));
  assert.equal(commands.length, names.length);
  // A stand-in for the command prints its arguments, one a line.
  const script = `ostiary() { printf '%s\\n' "$@"; }\n${commands.join("\n")}\n`;
  const lines = execFileSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" }).split("\n");
  assert.deepEqual(lines.slice(0, 6), ["secrets", "--store", "local", "delete", "--", "-rf"]);
  assert.deepEqual(lines.slice(6, 12), ["secrets", "--store", "local", "delete", "--id", "id;'$(id>pasted)1"]);
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

test("a deletion whose answer was lost is done, and one that was not is not", async () => {
  for (const lost of [RESET, refusal(502, "bad gateway"), { status: 500, body: "<html>" }]) {
    for (const names of [["one"], ["one", "two"]]) {
      let held = ["one", "two", "three"];
      const script = ({ method, path, body, query }) => {
        if (method === "GET") return list(...held.filter((name) => name.includes(query.get("search") ?? "")).map((name) => secret(name)));
        const gone = (body.ids ?? [path.split("/").at(-1)]).map((id) => id.slice(3));
        if (gone.some((name) => !held.includes(name))) return refusal(404, "secret_not_found");
        held = held.filter((name) => !gone.includes(name));
        return lost;
      };
      const ran = await against(script, ["secrets", "delete", ...names]);
      assert.equal(ran.code, 0, ran.err);
      assert.match(ran.out, /^deleted one/);
    }
  }
  const kept = await against(({ method }) => (method === "GET" ? list(secret("one")) : refusal(503, "later")), ["secrets", "delete", "one"]);
  assert.equal(kept.code, 1);
  const wrong = await against(({ method }) => (method === "GET" ? list(secret("one")) : refusal(404, "secret_not_found")), ["secrets", "delete", "--id", "nobody"]);
  assert.equal(wrong.code, 1, "an id that never was is not deleted");
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

test("a wait without an end and a credential that is none are told with exit code 2", async () => {
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
