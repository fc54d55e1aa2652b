// Checks every wrangler.toml of the repository: Workers Logs must not store what the gateway's log leaves out.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { unstable_readConfig as readConfig } from "wrangler";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const listed = execFileSync("git", ["ls-files", "wrangler.toml", "*/wrangler.toml"], { cwd: ROOT, encoding: "utf8" });
const files = listed.trim().split("\n");
const templates = files.filter((name) => /^wrangler|^examples\/|\/init\//.test(name));

// The settings as wrangler reads them, for the top level and for each environment.
const settings = (name) => {
  const config = join(ROOT, name);
  const named = [...readFileSync(config, "utf8").matchAll(/^\[+env\.([\w-]+)/gm)].map(([, env]) => env);
  return [undefined, ...new Set(named)].map((env) => ({ env, ...readConfig({ config, env }, { hideWarnings: true }).observability }));
};

test("every file to start from sends the gateway's events to Workers Logs", () => {
  const silent = templates.filter((name) => !settings(name).every(({ enabled }) => enabled === true));
  assert.ok(templates.length >= 7, templates.join());
  assert.deepEqual(silent, []);
});

test("case 73: no environment stores the queries of requests, or Cloudflare's own log of each request", () => {
  const storing = files.flatMap((name) => settings(name).filter(({ enabled, redact_query_string: redacts, logs }) =>
    enabled === true && (redacts !== true || logs?.invocation_logs !== false),
  ).map(({ env }) => `${name}, ${env ?? "top level"}`));
  assert.deepEqual(storing, []);
});
