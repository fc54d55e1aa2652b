// ostiary sync --delete: whatever fails, no secret that a configuration binds is deleted.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { STORE, startApi } from "../harness/api-server.mjs";
import { PROGRAM, ostiary } from "../harness/ostiary.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const VALUE = "canary-value-that-nothing-repeats";
const folder = temporaryFolder();

let api;
before(async () => {
  api = await startApi();
});
after(() => api?.stop());

async function empty() {
  await api.heal();
  const held = (await api.call("GET", `stores/${STORE}/secrets?per_page=100`)).body.result;
  if (held.length > 0) await api.call("DELETE", `stores/${STORE}/secrets`, { ids: held.map(({ id }) => id) });
}
beforeEach(empty);

const file = (name, text) => {
  const path = join(folder, name);
  writeFileSync(path, typeof text === "string" ? text : JSON.stringify(text));
  return path;
};

const valuesOf = (...names) => file("values.json", Object.fromEntries(names.map((name) => [name, VALUE])));

const row = (name, environment = "") =>
  `[[${environment}secrets_store_secrets]]\nbinding = "${name}"\nstore_id = "${STORE}"\nsecret_name = "${name}"\n`;
// Commands run in a folder without gateway.toml, which would have to name the same bindings. Production is the top
// level. Staging is an environment with its own secret in the same store.
const wrangler = file("wrangler.toml", `${row("LIVE")}${row("STAGED", "env.staging.")}`);

const holds = async (...names) => {
  const secrets = names.map((name) => ({ name, value: VALUE, scopes: ["workers"] }));
  assert.equal((await api.call("POST", `stores/${STORE}/secrets`, secrets)).status, 200);
};
const held = async () => (await api.call("GET", `stores/${STORE}/secrets?per_page=100&order=name`)).body.result.map(({ name }) => name);

async function sync(from, ...args) {
  const configuration = args.includes("--wrangler") ? [] : ["--wrangler", wrangler];
  const ran = await ostiary(["sync", "--store", STORE, "--from", from, ...configuration, ...args], { environment: api.environment, cwd: folder });
  assert.ok(!`${ran.out}${ran.err}`.includes(VALUE));
  return ran;
}

test("case 56: a secret that any environment binds is kept without --delete-bound", async () => {
  await holds("LIVE", "STAGED", "extra");
  const kept = await sync(valuesOf("STAGED"), "--delete", "--env", "staging");
  assert.equal(kept.code, 0, kept.err);
  assert.match(kept.out, /^- LIVE {2}kept: bound by `LIVE` \(top level\); use --delete-bound to delete it$/m);
  assert.deepEqual(await held(), ["LIVE", "STAGED"]);
  const gone = await sync(valuesOf("STAGED"), "--delete", "--delete-bound", "--json");
  assert.deepEqual([gone.code, gone.json().map(({ name, action }) => `${name} ${action}`)], [0, ["STAGED kept", "LIVE deleted"]]);
});

test("without a configuration, nothing is deleted, because it is not known what is bound", async () => {
  await holds("LIVE", "extra");
  for (const path of ["/nowhere/wrangler.toml", file("broken.toml", "[[secrets_store_secrets]]\nbinding = 1\n")]) {
    const ran = await sync(valuesOf("LIVE"), "--delete", "--wrangler", path);
    assert.equal(ran.code, 2, ran.out);
    assert.match(ran.err, /--delete has to know what is bound/);
  }
  assert.deepEqual(await held(), ["LIVE", "extra"]);
  assert.equal((await sync(valuesOf("LIVE"), "--delete", "--delete-bound", "--wrangler", "/nowhere")).code, 0);
  assert.equal((await sync(valuesOf("LIVE"), "--delete-bound")).code, 2, "it says what --delete may do");
});

test("an empty file deletes nothing", async () => {
  await holds("LIVE", "extra");
  for (const text of ["", "\n", "# A=x\n", "{}", "[]", "\ufeff"]) {
    for (const args of [["--delete"], ["--delete", "--delete-bound"], ["--delete", "--yes"]]) {
      const ran = await sync(file("empty", text), ...args);
      assert.equal(ran.code, 2, JSON.stringify(text));
      assert.match(ran.err, /holds no secret/);
    }
  }
  assert.deepEqual(await held(), ["LIVE", "extra"]);
});

test("a full store, and a name that has changed: the old name is kept until the new one exists", async () => {
  const names = Array.from({ length: 100 }, (_, at) => `S${String(at).padStart(2, "0")}`);
  await holds(...names);
  const ran = await sync(valuesOf(...names.slice(1), "RENAMED"), "--delete");
  assert.equal(ran.code, 1);
  assert.match(ran.out, /^\+ RENAMED {2}not created: .*maximum_secrets_exceeded/m);
  assert.match(ran.out, /^- S00 {2}not deleted$/m);
  assert.match(ran.err, /1 failed, so 1 that are not in the file were kept/);
  assert.deepEqual(await held(), names);
});

test("an API that fails at any operation loses nothing that is bound, and nothing before all else is done", async () => {
  const failures = [{ status: 403, code: 10000, times: 1 }, { status: 500, done: true, times: 1 }, { reset: true, times: 4 }];
  for (const operation of ["secrets.list", "secrets.create", "secrets.update", "secrets.delete"]) {
    for (const skip of /create|delete/.test(operation) ? [0, 1] : [0]) {
      for (const failure of failures) {
        const what = JSON.stringify({ operation, skip, ...failure });
        await empty();
        await holds("LIVE", "STAGED", "kept", "gone1", "gone2");
        await api.fail({ operations: [operation], skip, ...failure });
        const ran = await sync(valuesOf("kept", "new1", "new2"), "--update", "--delete", "--json");
        await api.heal();
        const now = await held();
        assert.ok(now.includes("LIVE") && now.includes("STAGED"), what);
        const rows = ran.out === "" ? [] : ran.json();
        const did = (name) => rows.find((each) => each.name === name)?.action;
        for (const name of ["new1", "new2"]) assert.ok(did(name) !== "created" || now.includes(name), `${what}: created is what was`);
        for (const name of ["gone1", "gone2"]) assert.equal(did(name) === "deleted", !now.includes(name), `${what}: deleted is what was`);
        const failedBefore = rows.length === 0 || rows.some(({ name, action }) => /^(not created|not updated|unknown)$/.test(action) && !name.startsWith("gone"));
        if (failedBefore) assert.ok(now.includes("gone1") && now.includes("gone2"), what);
        assert.equal(ran.code, rows.length > 0 && rows.every(({ action }) => !/^(not |unknown$)/.test(action)) ? 0 : 1, what);
      }
    }
  }
});

const terminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

// Runs a command at a terminal. The answer is typed once there is a question, because what was typed before is
// discarded.
async function atTerminal(command, answer) {
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: folder, env: { PATH: process.env.PATH, ...api.environment } });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    const isNew = !stdout.includes("[y/N]");
    stdout += piece;
    if (isNew && stdout.includes("[y/N]")) child.stdin.write(answer);
  });
  const [status] = await once(child, "close");
  return { stdout, status };
}

test("a person at a terminal is asked with the names", { skip: !terminal && "script of util-linux is not here" }, async () => {
  const asked = (answer, ...args) => {
    const command = [PROGRAM, "sync", "--store", STORE, "--from", valuesOf("LIVE"), "--wrangler", wrangler, "--delete", ...args].join(" ");
    return atTerminal(command, answer);
  };
  await holds("LIVE", "extra", "other");
  for (const answer of ["n\n", "\n", "x\n"]) {
    const ran = await asked(answer);
    assert.match(ran.stdout, /Delete extra, other from the store local\? \[y\/N\]/);
    assert.match(ran.stdout, /Nothing was deleted/);
    assert.equal(ran.status, 1);
  }
  assert.deepEqual(await held(), ["LIVE", "extra", "other"]);
  assert.equal((await asked("y\n")).status, 0);
  assert.deepEqual(await held(), ["LIVE"]);
  await holds("extra");
  assert.doesNotMatch((await asked("", "--yes")).stdout, /\[y\/N\]/);
  assert.deepEqual(await held(), ["LIVE"]);
});

test("a question that cannot be answered is reported before the first write", { skip: !terminal && "script of util-linux is not here" }, async () => {
  await holds("LIVE", "extra");
  const piped = (...args) => {
    const command = `cat ${valuesOf("LIVE", "fresh")} | ${[PROGRAM, "sync", "--store", STORE, "--from", "-", "--wrangler", wrangler, "--delete", ...args].join(" ")}`;
    return spawnSync("script", ["-qec", command, "/dev/null"], { cwd: folder, encoding: "utf8", env: { PATH: process.env.PATH, ...api.environment } });
  };
  for (const args of [[], ["--json"]]) {
    const ran = piped(...args);
    assert.equal(ran.status, 2);
    assert.match(ran.stdout, /no question can be asked: standard input is not a terminal; write --yes/);
    assert.deepEqual(await held(), ["LIVE", "extra"]);
  }
  assert.equal(piped("--yes").status, 0);
  assert.deepEqual(await held(), ["LIVE", "fresh"]);
});

test("a bound secret is deleted after a yes, and not if its question goes into a pipe", { skip: !terminal && "script of util-linux is not here" }, async () => {
  await holds("LIVE", "STAGED");
  const asked = (answer, rest = "") => {
    const command = `${PROGRAM} secrets --store ${STORE} --wrangler ${wrangler} delete LIVE${rest}`;
    return atTerminal(command, answer);
  };
  for (const [answer, rest] of [["y\n", " 2>&1 | cat"], ["", " --yes"], ["n\n", ""]]) {
    assert.match((await asked(answer, rest)).stdout, /nothing is deleted/);
    assert.deepEqual(await held(), ["LIVE", "STAGED"]);
  }
  assert.match((await asked("y\n")).stdout, /`LIVE` is bound by `LIVE` \(top level\)[^]*Delete LIVE from the store `.*`\? \[y\/N\]/);
  assert.deepEqual(await held(), ["STAGED"]);
});
