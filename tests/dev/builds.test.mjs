// Attack 65: the Worker that `wrangler dev` serves while files are saved, also two at once and with an error.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildProject, projectEnvironment } from "../harness/build-project.mjs";
import { pause } from "../harness/patience.mjs";
import { ServerProcess } from "../harness/server-process.mjs";

const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const OPTIONS = ["dev", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"];

let folder;
let server;
let url;
before(async () => {
  folder = buildProject("first");
  server = new ServerProcess(process.execPath, [WRANGLER, ...OPTIONS], { cwd: folder, env: projectEnvironment(folder) });
  [url] = await server.said((output) => /http:\/\/127\.0\.0\.1:\d+/.exec(output), 60_000);
});
after(() => server?.stop());

const save = (text) => writeFileSync(join(folder, "gateway.toml"), text);
const built = () => readFileSync(join(folder, "build/index.js"), "utf8");

// A request during a rebuild gets its response afterwards, so each one has its own deadline.
async function served() {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  return response?.text();
}

async function serves(text) {
  const until = performance.now() + 60_000;
  let last;
  while (performance.now() < until) {
    last = await served();
    if (last === text) return;
    await pause(100);
  }
  assert.fail(`it serves ${last} and not ${text}:\n${server.output}`);
}

test("case 65: of two files saved at once, three times, the last build is served", async () => {
  await serves("first");
  for (const round of [1, 2, 3]) {
    save(`round ${round}`);
    appendFileSync(join(folder, "wrangler.toml"), `# ${round}\n`);
    // Like an editor that formats a file after it has been saved.
    await pause(round * 100);
    save(`round ${round}, formatted`);
    await serves(`round ${round}, formatted`);
    assert.ok(existsSync(join(folder, "build/entry.js")));
  }
  assert.equal(existsSync(join(folder, "overlaps")), false, "two builds ran at once");
  assert.equal(existsSync(join(folder, ".tools/building-build")), false, "a lock was left behind");
});

test("case 65: a typo is reported, and the last good build keeps running until it is corrected", async () => {
  save("good");
  await serves("good");
  save("typo");
  await server.said((output) => /error: the diagnosis\n[^]* --> gateway\.toml:1:1\n[^]*The last good build goes on serving\./.exec(output));
  for (const _ of [1, 2, 3]) {
    assert.equal(await served(), "good");
    await pause(300);
  }
  save("mended");
  await serves("mended");
});

test("case 65: every other command fails at a typo, with a good build in place", () => {
  save("typo");
  const before = built();
  const run = (program, args) => spawnSync(program, args, { cwd: folder, env: projectEnvironment(folder), encoding: "utf8" });
  for (const [program, args] of [
    [process.execPath, [WRANGLER, "deploy", "--dry-run"]],
    ["make", ["--silent", "build"]],
  ]) {
    const { status, stdout, stderr } = run(program, args);
    assert.notEqual(status, 0, stdout + stderr);
    assert.match(stdout + stderr, /the diagnosis/);
  }
  assert.equal(built(), before);
});

// What it says on standard output, and then what it says on standard error.
const make = () => {
  const { status, stdout, stderr } = spawnSync("make", ["--silent", "build"], { cwd: folder, env: projectEnvironment(folder), encoding: "utf8" });
  return { status, said: (stdout + stderr).replaceAll(/ \d+ s$/gm, " N s").replaceAll(/^make: .*\n/gm, "") };
};

test("a build shows what is wrong with the configuration, and none of cargo's own lines", () => {
  save("typo");
  const report = "error: the diagnosis\n --> gateway.toml:1:1\n\n";
  assert.deepEqual(make(), { status: 2, said: `==> The Worker\n${report}==> The Worker: failed after N s\n` });
});

test("an error of Rust is shown, also after one of the configuration", () => {
  save("it does not compile");
  const { status, said } = make();
  assert.equal(status, 2);
  assert.match(said, /^error\[E0308\]: mismatched types$/m);
  assert.doesNotMatch(said, /the diagnosis/);
});

test("a build that succeeds shows warnings, each time, and nothing else", () => {
  save("doubtful");
  const warning = "warning: the doubt\n --> gateway.toml:1:1\n\n";
  for (const _ of [1, 2]) {
    assert.deepEqual(make(), { status: 0, said: `==> The Worker\n==> The Worker: done in N s\n${warning}` });
    appendFileSync(join(folder, "src/entry.js"), "//\n");
  }
  save("good again");
  assert.deepEqual(make(), { status: 0, said: "==> The Worker\n==> The Worker: done in N s\n" });
});

test("a build whose process was killed does not hold up the next one", () => {
  save("after a kill");
  const ended = spawnSync("true").pid;
  assert.equal(spawnSync("ln", ["-s", String(ended), ".tools/building-build"], { cwd: folder }).status, 0);
  const { status, stderr } = spawnSync("make", ["--silent", "build"], { cwd: folder, env: projectEnvironment(folder), encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(built(), /after a kill/);
});

// Starts a build like wrangler, and waits until it has begun.
async function beginBuild() {
  const env = { ...projectEnvironment(folder), WRANGLER_COMMAND: "dev" };
  const build = new ServerProcess("make", ["--silent", "build"], { cwd: folder, env });
  await build.said((output) => output.includes("==> The Worker"));
  return build;
}

// wrangler ignores a saved file while it builds after a change of its own configuration.
for (const [text, end] of [
  ["another good text", "done"],
  ["another typo", "failed"],
]) {
  test(`case 65: what is saved while a build is under way, which is ${end}, is in what that build leaves`, async () => {
    save(text);
    const build = await beginBuild();
    await build.said((output) => output.includes(end === "failed" ? "the diagnosis" : "==> The Worker"));
    if (end === "done") while (!existsSync(join(folder, "compiling"))) await pause(10);
    save(`saved after ${text.replace("typo", "mistake")}`);
    const output = await build.ended;
    assert.match(output, new RegExp(`The Worker: ${end}`));
    assert.match(built(), /saved after another/);
    assert.doesNotMatch(output, /goes on serving/);
  });
}

test("a build that is ended does not say that the last one goes on serving", async () => {
  save("ended");
  const build = await beginBuild();
  await build.stop();
  assert.doesNotMatch(await build.ended, /goes on serving/);
});

test("what is compiled for the Worker is what is locked", () => {
  const options = readFileSync(join(folder, "options"), "utf8").trim().split("\n");
  assert.deepEqual([...new Set(options)], ["--locked"]);
});
