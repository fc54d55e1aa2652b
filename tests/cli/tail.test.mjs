// `ostiary tail`: reads the log of a running gateway from the commands that print it.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startGateway } from "../harness/gateway.mjs";
import { ostiary } from "../harness/ostiary.mjs";
import { absent } from "../harness/secret-store.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

let output;
let lines;

before(async () => {
  const gateway = await startGateway();
  const answers = [];
  answers.push(await gateway.call({ target: "/bearer/x" }));
  gateway.store.set("PRIMARY_KEY", absent);
  answers.push(await gateway.call({ target: "/bearer/x" }));
  answers.push(await gateway.call({ target: "/nowhere" }));
  for (const answer of answers) await gateway.event(answer);
  output = gateway.output();
  lines = [...gateway.events(), ...gateway.notices()].map((event) => JSON.stringify(event));
  await gateway.stop();
});

// A clone whose scripts/wrangler prints the output of `wrangler tail --format json`, and keeps its arguments. An npx
// that is not to be used is in the PATH.
function wrangler(printed, code = 0) {
  const folder = temporaryFolder();
  for (const name of ["scripts", "api", "programs"]) mkdirSync(join(folder, name));
  for (const name of ["scripts/build-worker", "api/run.mjs"]) writeFileSync(join(folder, name), "");
  writeFileSync(join(folder, "printed"), printed);
  const write = (name, script) => writeFileSync(join(folder, name), script, { mode: 0o755 });
  write("scripts/wrangler", `#!/bin/sh\nprintf '%s\\n' "$*" > ${folder}/called\ncat ${folder}/printed\nexit ${code}\n`);
  write("programs/npx", "#!/bin/sh\nexit 3\n");
  return { folder, environment: { PATH: `${folder}/programs:${process.env.PATH}`, OSTIARY_SOURCE: folder } };
}

const tailed = () =>
  lines.map((line) => JSON.stringify({ outcome: "ok", eventTimestamp: 1_764_100_000_000, logs: [{ message: [line], level: "log", timestamp: 1_764_100_000_123 }] }, null, 2)).join("\n");

test("what a runtime prints becomes a table", async () => {
  const { code, out } = await ostiary(["tail", "--from", "-"], { input: `Ready on http://localhost\n${output}` });
  assert.equal(code, 0);
  const [header, ...rows] = out.trim().split("\n");
  assert.match(header, /^time \(UTC\) +level +status +method +route +caller +ms +what$/);
  assert.deepEqual(
    rows.map((row) => row.slice(14).replace(/ +/g, " ").replace(/^(\S+ \S+ \S+ \S+ \S+) \d+/, "$1 N").trim()).toSorted(),
    ["info 200 GET bearer main N", "info 404 GET - - N no_route", "warn - - bearer - - fallback_served PRIMARY_KEY:missing→SECONDARY_KEY", "warn 200 GET bearer main N PRIMARY_KEY:missing"],
  );
  assert.ok(!out.includes("\x1b"), "colours reach a terminal only");
});

test("wrangler's tail is followed, with its times, for the Worker and the environment that are named", async () => {
  const { folder, environment } = wrangler(tailed());
  const { code, out } = await ostiary(["tail", "--env", "staging", "gateway"], { environment });
  assert.equal(code, 0);
  assert.equal(out.trim().split("\n").length, 5);
  assert.match(out, /^19:46:40\.123 /m);
  assert.equal(readFileSync(join(folder, "called"), "utf8").trim(), "tail --format json --env=staging -- gateway");
});

test("without a clone, nothing is run: npx would take a wrangler of any parent folder", async () => {
  const { folder, environment } = wrangler(tailed());
  writeFileSync(join(folder, "programs/npx"), readFileSync(join(folder, "scripts/wrangler")));
  const { code, err } = await ostiary(["tail"], { environment: { ...environment, OSTIARY_SOURCE: "/nowhere" } });
  assert.equal(code, 2);
  assert.match(err, /OSTIARY_SOURCE/);
  assert.ok(!existsSync(join(folder, "called")));
});

test("with --json, each event is a line, and filters apply too", async () => {
  const { environment } = wrangler(tailed());
  const shown = async (...args) => {
    const { out } = await ostiary(["tail", "--json", ...args], { environment });
    return out.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  };
  assert.deepEqual(await shown(), lines.map((line) => JSON.parse(line)));
  assert.deepEqual((await shown("--route", "bearer")).map(({ event }) => event), ["request", "request", "fallback_served"]);
  assert.deepEqual((await shown("--code", "no_route")).map(({ status }) => status), [404]);
  assert.deepEqual((await shown("--caller", "main", "--level", "warn")).map(({ event }) => event), ["request", "fallback_served"]);
  assert.deepEqual(await shown("--caller", "nobody"), []);
});

test("a tail that fails is a failure", async () => {
  const { environment } = wrangler("", 1);
  const { code, err } = await ostiary(["tail"], { environment });
  assert.equal(code, 1);
  assert.match(err, /`wrangler tail` has failed/);
});
