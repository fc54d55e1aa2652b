// npm installs a package from a private registry, in which a JSON document has the URL of the archive.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { startGateway } from "../harness/gateway.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { answer } from "../harness/upstream.mjs";
import { KEY, TOKEN, assertWithoutToken } from "./sdk.mjs";

const NAME = "a-package";
const ARCHIVE = `${NAME}-1.0.0.tgz`;

let gateway;
let archive;
before(async () => {
  gateway = await startGateway();
  archive = packed();
});
beforeEach(() => {
  gateway.reset();
  const base = `http://127.0.0.1:${gateway.upstream.port}/registry`;
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const version = { name: NAME, version: "1.0.0", dist: { tarball: `${base}/${NAME}/-/${ARCHIVE}`, integrity } };
  const document = { name: NAME, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } };
  // The media type of npm's shorter documents.
  const type = { "content-type": "application/vnd.npm.install-v1+json" };
  gateway.upstream.on(`/registry/${NAME}`, answer(200, type, JSON.stringify(document)));
  gateway.upstream.on(`/registry/${NAME}/-/${ARCHIVE}`, answer(200, { "content-type": "application/octet-stream" }, archive));
});
after(() => gateway?.stop());

function packed() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: NAME, version: "1.0.0" }));
  execFileSync("npm", ["pack", "--silent"], { cwd: folder, env: environment(folder) });
  return readFileSync(join(folder, ARCHIVE));
}

// Without the machine's configuration.
const environment = (folder) => ({ PATH: process.env.PATH, HOME: folder, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false" });

async function install(token) {
  const folder = temporaryFolder();
  const registry = `//127.0.0.1:${gateway.port}/packages/`;
  mkdirSync(join(folder, "project"));
  writeFileSync(join(folder, "project/.npmrc"), `registry=http:${registry}\n${registry}:_authToken=${token}\nfetch-retries=0\naudit=false\nfund=false\n`);
  writeFileSync(join(folder, "project/package.json"), "{}");
  const run = promisify(execFile)("npm", ["install", NAME], { cwd: join(folder, "project"), env: environment(folder) });
  const { error, stderr } = await run.then(() => ({}), (failed) => ({ error: failed, stderr: failed.stderr }));
  return { error, stderr, installed: existsSync(join(folder, "project/node_modules", NAME, "package.json")) };
}

test("npm installs a package and its archive only through the gateway", async () => {
  const { error, installed } = await install(TOKEN);
  assert.equal(error, undefined);
  assert.ok(installed);
  const asked = gateway.upstream.exchanges;
  assert.deepEqual(asked.map(({ path }) => path), [`/registry/${NAME}`, `/registry/${NAME}/-/${ARCHIVE}`]);
  for (const up of asked) assert.deepEqual(up.values("authorization"), [`Bearer ${KEY}`], up.path);
  assertWithoutToken(gateway.upstream);
});

test("npm shows an error for a refusal", async () => {
  const { error, stderr, installed } = await install("unknown");
  assert.ok(error !== undefined && !installed);
  assert.match(stderr, /E401/);
  assert.deepEqual(gateway.upstream.exchanges, []);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
