// A gateway with its configuration in the user's own folder: GATEWAY= of the Makefile.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { buildProject, projectEnvironment } from "../harness/build-project.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

let clone;
let mine;
before(() => {
  clone = buildProject("typo: the clone's own configuration is not built");
  mine = join(temporaryFolder(), "mine");
  mkdirSync(mine);
  for (const name of ["wrangler.toml", "other.toml"]) {
    const command = `make --silent --directory '${clone}' build GATEWAY="$PWD"`;
    writeFileSync(join(mine, name), `name = "mine"\nmain = "build/entry.js"\ncompatibility_date = "2026-11-17"\n[build]\ncommand = '''${command}'''\n`);
  }
  writeFileSync(join(mine, "gateway.toml"), "mine");
});

function run(program, args, cwd = mine) {
  const ran = spawnSync(program, args, { cwd, env: projectEnvironment(clone), encoding: "utf8" });
  return { ...ran, said: ran.stdout + ran.stderr };
}
const deploy = (args, cwd) => run(join(clone, "scripts/wrangler"), ["deploy", "--dry-run", ...args], cwd);
const built = () => readFileSync(join(mine, "build/index.js"), "utf8");
const proved = () => readFileSync(join(clone, "proved"), "utf8").trim();

test("wrangler deploys what is built of the folder, and nothing is written into the clone", () => {
  const { status, said } = deploy([]);
  assert.equal(status, 0, said);
  assert.match(built(), /"mine"/);
  assert.equal(proved(), "");
  assert.throws(() => readFileSync(join(clone, "build/index.js")));
});

test("wrangler that is started in another folder gets an error", () => {
  const { status, said } = deploy(["--config", join(mine, "wrangler.toml")], join(mine, ".."));
  assert.notEqual(status, 0);
  assert.match(said, /there is no gateway\.toml in/);
});

test("another configuration of wrangler is checked when it is deployed", () => {
  writeFileSync(join(mine, "gateway.toml"), "mine, with another file");
  const { status, said } = deploy(["--config", "other.toml"]);
  assert.equal(status, 0, said);
  assert.equal(proved(), join(mine, "other.toml"));
});

test("a mistake in the folder fails, and so does a folder without gateway.toml", () => {
  writeFileSync(join(mine, "gateway.toml"), "typo");
  const { status: refused, said: report } = deploy([]);
  assert.notEqual(refused, 0);
  assert.deepEqual(report.match(/error/gi), ["error", "Error"], "the mistake, and the last line of make");
  assert.doesNotMatch(report, /wrangler-dist|custom build/);
  const { status, said } = run("make", ["--silent", "--directory", clone, "build", `GATEWAY=${join(mine, "..")}`]);
  assert.notEqual(status, 0);
  assert.match(said, /there is no gateway\.toml in/);
});
