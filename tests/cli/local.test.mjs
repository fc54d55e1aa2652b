// `ostiary … --local`, and `make dev` with the user's own configuration.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";
import { ostiary } from "../harness/ostiary.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const SEED = fileURLToPath(new URL("../../demo/secrets.mjs", import.meta.url));
const VALUE = "local-canary-0123456789";
const temporary = temporaryFolder();

const binding = (name, secret, store) => `[[secrets_store_secrets]]\nbinding = "${name}"\nstore_id = "${store}"\nsecret_name = "${secret}"\n`;

function folder(bindings) {
  const made = mkdtempSync(join(temporary, "x"));
  const wrangler = `name = "mine"\nmain = "build/entry.js"\ncompatibility_date = "2026-11-17"\n${bindings.join("")}`;
  writeFileSync(join(made, "wrangler.toml"), wrangler);
  return made;
}

const local = async (cwd, args, input) => {
  const ran = await ostiary(["secrets", ...args, "--local"], { cwd, input });
  assert.equal(ran.code, 0, ran.err);
  return ran;
};

/** Runs the steps of `make dev` before the gateway starts. */
async function seeded(cwd) {
  const script = `const { seed } = await import(${JSON.stringify(SEED)}); console.log("seeded " + JSON.stringify(await seed()))`;
  const program = join(temporary, "seed.mjs");
  writeFileSync(program, script);
  const env = { ...process.env, OSTIARY_FOLDER: cwd, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  const { stdout } = await promisify(execFile)(process.execPath, [program], { cwd, env });
  return JSON.parse(/^seeded (.*)$/m.exec(stdout)[1]);
}

test("the local store takes a secret by the same command, without an account", async () => {
  const mine = folder([binding("ITEMS_KEY", "items-key", "one"), binding("OTHER_KEY", "other-key", "two")]);
  const ambiguous = await ostiary(["secrets", "list", "--local"], { cwd: mine });
  assert.equal(ambiguous.code, 2, ambiguous.out);
  assert.match(ambiguous.err, /2 stores; choose one with --store: `(one|two)` \(\1\), `(one|two)` \(\2\)/);

  assert.deepEqual((await seeded(mine)).missing.map(({ binding }) => binding), ["ITEMS_KEY", "OTHER_KEY"]);
  await local(mine, ["create", "items-key", "--store", "one"], VALUE);
  const after = await seeded(mine);
  assert.deepEqual(after.missing.map(({ secret_name: name }) => name), ["other-key"]);
  assert.equal(after.token, undefined, "only the demo has a token to show");

  const listed = await local(mine, ["list", "--json", "--store", "one"]);
  assert.deepEqual(listed.json().map(({ name }) => name), ["items-key"]);
  const again = await ostiary(["secrets", "create", "items-key", "--local", "--store", "one"], { cwd: mine, input: VALUE });
  assert.equal(again.code, 1);
  assert.match(again.err, /cannot create `items-key` in the store `one`: .*name_already_exists.*POST http:\/\/127.*ostiary secrets update --value --local --store one items-key`/s);
  assert.ok(!again.err.includes(VALUE));

  const gone = await local(mine, ["delete", "items-key", "--delete-bound", "--store", "one"]);
  assert.match(gone.out, /^deleted items-key$/m);
  assert.match(gone.err, /warning: `items-key` is bound by `ITEMS_KEY` \(top level\)/);
  const absent = await ostiary(["secrets", "list", "--local", "--store", "three"], { cwd: mine });
  assert.match(absent.err, /no store with the name or id `three`; it has `(one|two)` \(\1\), `(one|two)` \(\2\)/);
});

test("only the demo's secrets get values, and only in the demo's configuration", async () => {
  const demo = [binding("DEMO_KEY", "demo-key", "demo"), binding("DEMO_KEY_2", "demo-key-2", "demo"), binding("CALLER_TOKEN", "caller-token", "demo")];
  const both = await seeded(folder([...demo, binding("ITEMS_KEY", "items-key", "demo")]));
  assert.match(both.token, /^caller-token-/);
  assert.deepEqual(both.missing.map(({ binding }) => binding), ["ITEMS_KEY"]);
  const other = await seeded(folder([binding("DEMO_KEY", "my-key", "demo")]));
  assert.deepEqual([other.token, other.missing.length], [undefined, 1]);
});
