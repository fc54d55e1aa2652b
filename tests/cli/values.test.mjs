// Case 57: every command refuses values that the Worker would not use, before it writes them.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { STORE } from "../harness/api-server.mjs";

import { BEARER, FILES, OLD, useRotation } from "../harness/rotation.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const temporary = temporaryFolder();
// There is no configuration here.
const nowhere = mkdtempSync(join(temporary, "x"));

const world = useRotation();

const file = (text) => {
  const path = join(temporary, "values");
  writeFileSync(path, text);
  return path;
};

const KEY = "canary-of-this-test-0123456789";
// The value, the message, and whether the value is allowed if its place is not known.
const REFUSED = [
  ["   ", /it is empty, or only white space/, false],
  ["\t", /it is empty, or only white space/, false],
  [`${KEY}\tx`, /character 31 is a tab \(U\+0009\)/, false],
  [`${KEY}\nx`, /character 31 is a line end \(U\+000A\)/, true],
  [`${KEY}Ж`, /character 31 is not ASCII/, true],
  [`\ufeff${KEY}`, /character 1 is a byte order mark \(U\+FEFF\)/, false],
  [`${KEY}\u00a0`, /character 31 is a no-break space \(U\+00A0\)/, false],
  [`${KEY}\u200b`, /character 31 is a zero-width space \(U\+200B\)/, false],
  [`“${KEY}”`, /character 1 is a typographic quote \(U\+201C\)/, false],
  [` ${KEY}`, /character 1 is a space/, true],
  [`${KEY} `, /character 30 is|character 31 is a space/, true],
  [`${KEY}\u007f`, /character 31 is a control character \(U\+007F\)/, false],
];
// Bytes that are not UTF-8: as PowerShell writes them, with and without a byte order mark, and as an old editor does.
const BYTES = [
  Buffer.from(`\ufeff${KEY}`, "utf16le"), Buffer.from(KEY, "utf16le"), Buffer.from(`${KEY}\0`), Buffer.from(`${KEY}\u00e9`, "latin1"),
];

const held = async () => {
  const { body } = await world.api.call("GET", `stores/${STORE}/secrets?per_page=100&order=name`);
  return body.result.map(({ name, modified }) => `${name} ${modified}`);
};

async function refused(ran, reason, what) {
  assert.equal(ran.code, 2, `${what}: ${ran.out}${ran.err}`);
  assert.match(ran.err, reason, what);
  assert.ok(!`${ran.out}${ran.err}`.includes(KEY), what);
}

test("a value that is not valid in a header is refused by every command, with the reason and the position, and nothing is written", async () => {
  const before = await held();
  for (const [value, reason] of REFUSED) {
    const what = JSON.stringify(value);
    const json = file(JSON.stringify({ PRIMARY_KEY: value }));
    const named = file.bind(null, JSON.stringify({ primary: value }));
    const store = ["--store", STORE];
    await refused(await world.run(["secrets", ...store, ...FILES, "update", "PRIMARY_KEY", "--value"], { input: value }), reason, what);
    await refused(await world.run(["secrets", ...store, ...FILES, "create", "--from", json]), reason, what);
    await refused(await world.run(["sync", ...store, ...FILES, "--from", json, "--update"]), reason, what);
    await refused(await world.rotate([...BEARER, "--from", named()]), reason, what);
    await refused(await world.rotate(BEARER, { input: value }), reason, what);
  }
  assert.deepEqual(await held(), before);
  assert.equal(await world.status(), 200);
});

test("what nobody puts anywhere is refused where it could be put nowhere", async () => {
  for (const [value, reason, possible] of REFUSED) {
    const ran = await world.run(["secrets", "--store", STORE, "create", "unbound"], { input: value, cwd: nowhere });
    if (possible) {
      assert.equal(ran.code, 0, `${JSON.stringify(value)}: ${ran.err}`);
      assert.equal((await world.run(["secrets", "--store", STORE, "delete", "unbound"])).code, 0);
    } else await refused(ran, reason, JSON.stringify(value));
  }
  // A key in PEM, and JSON with white space between its parts.
  for (const value of ["-----BEGIN KEY-----\nQUJD\n-----END KEY-----\n", '{\n\t"id": "x"\n}']) {
    assert.equal((await world.run(["secrets", "--store", STORE, "create", "unbound"], { input: value, cwd: nowhere })).code, 0);
    assert.equal((await world.run(["secrets", "--store", STORE, "delete", "unbound"])).code, 0);
  }
});

test("bytes that are no UTF-8 text are refused wherever they come from", async () => {
  const before = await held();
  for (const bytes of BYTES) {
    for (const args of [["secrets", "--store", STORE, "create", "unbound"], ["rotate", ...FILES, ...BEARER]]) {
      await refused(await world.run(args, { input: bytes }), /UTF-/, bytes.toString("hex"));
      await refused(await world.run([...args, "--value-file", file(bytes)]), /UTF-/, bytes.toString("hex"));
    }
  }
  assert.deepEqual(await held(), before);
});

test("line ends at the end are no part of a value, in any form", async () => {
  const ending = world.fresh();
  // JSON and dotenv: the gateway proves that it has the value, so a second run has nothing to do.
  for (const [at, text] of [JSON.stringify({ PRIMARY_KEY: `${ending}\n` }), `PRIMARY_KEY="${ending}-2\\n"\n`].entries()) {
    const sync = async () => {
      const ran = await world.run(["sync", "--store", STORE, ...FILES, "--from", file(text), "--update", "--json"]);
      assert.equal(ran.code, 0, ran.err);
      return ran.json().find(({ name }) => name === "PRIMARY_KEY").action;
    };
    assert.equal(await sync(), "updated", String(at));
    assert.equal(await sync(), "kept", String(at));
  }
  await world.reset();
  const value = world.fresh();
  world.knows(...OLD, value);
  const ran = await world.rotate([...BEARER, "--from", file(JSON.stringify({ primary: `${value}\r\n` })), "--wait", "20s", "--json"]);
  assert.deepEqual([ran.code, ran.json().outcome], [0, "done"], ran.err);
  const empty = await world.run(["secrets", "--store", STORE, "create", "--from", file('{"empty":"\\n"}')]);
  await refused(empty, /entry 1: the value is empty/, "line ends alone");
});

test("case 60: another environment's gateway is refused before anything is written", async () => {
  const text = readFileSync("tests/harness/configuration/wrangler.toml", "utf8");
  const [head, ...tables] = text.split(/^(?=\[)/m);
  const within = tables.map((table) => table.replace(/^\[\[(.*)\]\]/, "[[env.staging.$1]]").replace(/^\[(\w+)\]/, "[env.staging.$1]"));
  const staging = within.join("").replace("[env.staging.vars]", '[env.staging.vars]\nOSTIARY_ENVIRONMENT = "staging"');
  const both = join(temporary, "wrangler.toml");
  writeFileSync(both, `${head}${tables.join("")}\n${staging}`);
  const moved = join(temporary, "moved.toml");
  writeFileSync(moved, text.replace('secret_name = "SECONDARY_KEY"', 'secret_name = "ELSEWHERE"'));
  const before = await held();
  const value = world.fresh();
  const [, gateway] = FILES;
  for (const [args, reason] of [
    [["--wrangler", both, "--env", "staging"], /runs `top level`, and not `env\.staging`/],
    [["--wrangler", moved], /is deployed with other bindings in `top level`/],
  ]) {
    // The two environments have the same secrets, which is a reason of its own.
    const rotate = ["rotate", "--write-bound"];
    for (const command of [[...rotate, ...BEARER], [...rotate, "main"], [...rotate, ...BEARER, "--dry-run"]]) {
      const ran = await world.run([...command, "--config", gateway, ...args], { input: value });
      assert.equal(ran.code, 1, ran.out);
      assert.match(ran.err, reason);
    }
    const sync = await world.run(["sync", "--store", STORE, "--config", gateway, ...args, "--update", "--from", file(JSON.stringify({ PRIMARY_KEY: value }))]);
    assert.deepEqual([sync.code, reason.test(sync.err)], [1, true], sync.err);
  }
  assert.deepEqual(await held(), before);
  // The deployed configuration counts, whatever the file has.
  world.knows(...OLD, value);
  assert.equal((await world.run(["rotate", ...BEARER, "--write-bound", "--config", gateway, "--wrangler", both], { input: value })).code, 0);
});
