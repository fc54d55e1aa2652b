// The command checks the configuration that wrangler deploys.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unstable_readConfig as readConfiguration } from "wrangler";
import { ostiary } from "../harness/ostiary.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const CONFIGURATION = join(ROOT, "crates/cli/tests/gateway");
const temporary = temporaryFolder();

// A folder with the gateway's configuration and these files for wrangler.
function folder(files) {
  const made = mkdtempSync(join(temporary, "x"));
  copyFileSync(join(CONFIGURATION, "gateway.toml"), join(made, "gateway.toml"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}

const TOML = readFileSync(join(CONFIGURATION, "wrangler.toml"), "utf8");

// The same as JSON, in the style of Cloudflare's documentation.
function jsonc() {
  const configuration = readConfiguration({ config: join(CONFIGURATION, "wrangler.toml") }, { hideWarnings: true });
  const staging = readConfiguration({ config: join(CONFIGURATION, "wrangler.toml"), env: "staging" }, { hideWarnings: true });
  const section = ({ vars, secrets, secrets_store_secrets: bindings }) => ({ vars, secrets, secrets_store_secrets: bindings });
  const file = { name: "gateway", ...section(configuration), env: { staging: section(staging) } };
  return `// As the documentation has it.\n${JSON.stringify(file, null, 2).replace(/\]/, "], // with a comma\n")}`.replace(",,", ",");
}

const check = (cwd, ...args) => ostiary(["check", ...args], { cwd });

test("wrangler.jsonc and wrangler.json are read with the same checks", async () => {
  for (const name of ["wrangler.jsonc", "wrangler.json"]) {
    const whole = await check(folder({ [name]: jsonc() }));
    assert.equal(whole.code, 0, whole.out);
    const lacking = await check(folder({ [name]: jsonc().replace('"STRIPE_KEY"', '"OTHER"') }), "--json");
    assert.equal(lacking.code, 1);
    assert.match(lacking.json().diagnostics[0].message, new RegExp(`${name} has no binding \`STRIPE_KEY\` at its top level`));
    const broken = await check(folder({ [name]: jsonc().replace('"vars": {', '"vars": {,') }), "--json");
    const [{ path, line, column, message }] = broken.json().diagnostics;
    assert.deepEqual([path, line, column], [name, 4, 12], message);
  }
});

test("case 63: two files in one folder are an error, and the message names the one that wrangler uses", async () => {
  const both = folder({ "wrangler.toml": TOML, "wrangler.jsonc": jsonc() });
  for (const args of [["check"], ["explain", "GET", "/"], ["doctor"]]) {
    const ran = await ostiary(args, { cwd: both });
    assert.equal(ran.code, 2, ran.out);
    assert.match(ran.err, /wrangler uses wrangler\.jsonc and ignores wrangler\.toml; keep one of the two/);
  }
  // wrangler's own word for it.
  assert.match(readConfiguration({ script: join(both, "x.js") }, { hideWarnings: true }).configPath ?? "", /wrangler\.jsonc$/);
  assert.equal((await check(both, "--wrangler", "wrangler.toml")).code, 0);
  rmSync(join(both, "wrangler.toml"));
  assert.equal((await check(both)).code, 0);
  rmSync(join(both, "wrangler.jsonc"));
  assert.match((await check(both)).err, /there is no wrangler\.json, wrangler\.jsonc or wrangler\.toml/);
});

test("a build under wrangler deploy --config proves that file, and no other", async () => {
  const script = join(ROOT, "scripts/deployed-configuration");
  const configuration = (name) => JSON.stringify({
    name: "w", main: "entry.js", compatibility_date: "2026-11-17", send_metrics: false,
    build: { command: `${script} > told-${name} && echo 'export default {}' > entry.js` },
  });
  const project = folder({ "wrangler.json": configuration("default"), "other.json": configuration("other") });
  const environment = { ...process.env, HOME: project, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  const deploy = (args, more = {}) =>
    promisify(execFile)(process.execPath, [WRANGLER, "deploy", "--dry-run", ...args], { cwd: project, env: { ...environment, ...more } });
  const told = (name) => readFileSync(join(project, `told-${name}`), "utf8").trim();

  await deploy([]);
  assert.equal(told("default"), "");
  for (const args of [["--config", "other.json"], ["--config=other.json"], ["-c", "other.json"]]) {
    rmSync(join(project, "told-other"), { force: true });
    await deploy(args);
    assert.equal(told("other"), "other.json", args.join(" "));
  }
  await deploy(["--config", "other.json"], { OSTIARY_WRANGLER_CONFIG: "./other.json" });
  await assert.rejects(deploy(["--config", "other.json"], { OSTIARY_WRANGLER_CONFIG: "wrangler.json" }), /takes other\.json, and OSTIARY_WRANGLER_CONFIG names wrangler\.json/);
});

test("`remote` on a Secrets Store binding causes a warning", async () => {
  const remote = folder({ "wrangler.toml": TOML.replace('binding = "AWS_PAIR",', 'binding = "AWS_PAIR", remote = true,') });
  const ran = await check(remote);
  assert.equal(ran.code, 0);
  assert.match(ran.out, /^warning: `remote` does nothing on a Secrets Store binding[^]*?--> wrangler\.toml:\d+:\d+$/m);
  assert.equal((await check(remote, "--strict")).code, 1);
});
