// Compares how the ostiary command, the npm package dotenv and wrangler read dotenv files.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import dotenv from "dotenv";
import { ostiary } from "../harness/ostiary.mjs";
import { secret, startScriptedApi, success } from "../harness/scripted-api.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const folder = temporaryFolder();

// Each is the right side of an assignment, or the whole assignment if it has a NAME.
const READ = [
  "x", " x ", "=eq=", "a b", "a #b", "'a#b' # c", '"a"#c', "it's", 'p"ss"w', '{"id":"x"}', `'{"id":"x"}'`,
  '`it\'s "x"`', "'$HOME ${HOME}'", "a$1$", "ab\\ncd", '"a\\nb\\rc"', '"a\\\\nb"', "'a\\nb'", '"a\\tb\\"c"', "'it\\'s'",
  "C:\\temp\\new", "a\\ b", "ab\\cd", '"a\\b"', "'a\nb'", '"-----BEGIN KEY-----\nx==\n-----END KEY-----"', "`a\nb`",
  "NAME: x", "export NAME=x", "  export\tNAME = x", "NAME =x", "stripe-NAME=x", "sk_live_0123456789abcdefABCDEF",
  "https://a.example/?a=b&c=d", "a;b|c&d", "(a)[b]<c>", "%7E!*", "\\", "'\\'", "-----x-----",
];

const REFUSED = [
  ["'x'$HOME", /line 1 has a quote/], ["'x'${HOME}y", /line 1 has a quote/], ["$HOME", /line 1 has a `\$`/],
  ["a${HOME}", /line 1 has a `\$`/], ['"$HOME"', /line 1 has a `\$`/], ["`$HOME`", /line 1 has a `\$`/],
  ["a\\$b", /line 1 has a `\$`/], ["'it''s'", /line 1 has a quote/], ['"a"b', /line 1 has a quote/],
  ['"a', /line 1 has a quote/], ["a#b", /line 1 has a `#`/], ["x'#'y", /line 1 has a `#`/], ["", /the value is empty/],
  ["x\nNAME", /line 2 is not in the form/], ["x\nNAME NAME=x", /line 2 is not in the form/],
  ["x\n=x", /line 2 is not in the form/], ["\n'x'", /line 1 is not in the form/], ["\u00a0x", /line 1 has a white-space character/],
  ["x\n# \u2028B=y", /line 2 has a white-space character/], ["x\nNAME=y", /is written twice/], ["x\na.b=y", /letters, digits/],
];

const assigned = (text, name) => (text.includes("NAME") && !text.startsWith("x\n") ? text.replaceAll("NAME", name) : `${name}=${text.replaceAll("NAME", name)}`);

// The values that the command sends to the store for a file, by name; undefined if it refuses the file.
async function stored(text) {
  const sent = {};
  const api = await startScriptedApi(({ method, body }) => {
    if (method === "GET") return success([], { total_pages: 0 });
    for (const { name, value } of body) sent[name] = value;
    return success(body.map(({ name }) => secret(name)));
  });
  const path = join(folder, "values.env");
  writeFileSync(path, text);
  const ran = await ostiary(["secrets", "create", "--from", path], { environment: { ...api.environment, HOME: "canary-home" } });
  await api.stop();
  return { ...ran, sent };
}

async function wranglerReads(text) {
  let sent;
  const api = await startScriptedApi(({ method, body }) => {
    if (method !== "GET") sent = body;
    return success([]);
  });
  const project = join(folder, "wrangler");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "values.env"), text);
  const environment = { ...process.env, ...api.environment, HOME: project, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  const ran = await promisify(execFile)(process.execPath, [WRANGLER, "secret", "bulk", "values.env", "--name", "w"], { cwd: project, env: environment });
  await api.stop();
  assert.ok(sent, ran.stdout);
  return Object.fromEntries(Object.entries(sent.secrets).map(([name, { text: value }]) => [name, value]));
}

test("case 58: what is stored is what dotenv and wrangler read from the same line", async () => {
  assert.ok(READ.length >= 40);
  const lines = READ.map((text, at) => assigned(text, `N${at}`));
  const text = `# all of them\n${lines.join("\n")}\n`;
  const { code, sent, err } = await stored(text);
  assert.equal(code, 0, err);
  assert.equal(Object.keys(sent).length, READ.length);
  assert.deepEqual(sent, dotenv.parse(text));
  assert.deepEqual(sent, dotenv.parse(text, { fast: true }));
  assert.deepEqual(sent, await wranglerReads(text));
  // Each one also in its own file, so that none depends on another.
  for (const [at, line] of lines.entries()) assert.deepEqual((await stored(line)).sent, dotenv.parse(line), READ[at]);
});

test("a line that can be read in two ways is refused by its number, and nothing is stored", async () => {
  for (const [text, reason] of REFUSED) {
    const ran = await stored(assigned(text, "A"));
    assert.equal(ran.code, 2, text);
    assert.match(ran.err, reason, text);
    assert.deepEqual(ran.sent, {}, text);
    assert.ok(!ran.err.includes("canary-home"));
  }
});

test("the form of the file is no part of a value", async () => {
  for (const text of ["\ufeffA=x\r\nB=y\r\n", '\ufeff{"A":"x","B":"y"}', "A=x\rB=y"]) {
    assert.deepEqual((await stored(text)).sent, { A: "x", B: "y" }, JSON.stringify(text));
  }
  for (const bytes of [Buffer.from("\ufeffA=x\r\n", "utf16le"), Buffer.from("A=x\r\n", "utf16le"), Buffer.from("A=x\u00e9", "latin1")]) {
    const ran = await stored(bytes);
    assert.deepEqual([ran.code, ran.sent], [2, {}]);
    assert.match(ran.err, /UTF-/);
  }
});
