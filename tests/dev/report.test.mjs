// A build with the real cargo shows what is wrong with the configuration as `ostiary check` does.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ostiary } from "../harness/ostiary.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = 'name = "mine"\nmain = "build/entry.js"\ncompatibility_date = "2026-11-17"\n[env.staging]\n[env.production]\n';
const GATEWAY = `version = 1

[secrets]
items = ["ITEMS_KEY"]    # of the shop

[routes.items]
mount    = "/items"
upstream = "https://items.example.com"
auth     = { bearer = "\${itms}" }
allow    = { anyone = ["GET /**"] }
`;

const folder = temporaryFolder();
const output = join(folder, "build");
const report = join(ROOT, `.tools/report-${output.replaceAll("/", "-")}`);
afterEach(() => rmSync(report, { force: true }));

function build() {
  const { status, stdout, stderr } = spawnSync("scripts/build-worker", [output, folder], { cwd: ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("each mistake is one error with its line, and nothing of cargo's is shown", async () => {
  writeFileSync(join(folder, "gateway.toml"), GATEWAY);
  writeFileSync(join(folder, "wrangler.toml"), WRANGLER);
  const { code, out } = await ostiary(["check"], { cwd: folder });
  assert.equal(code, 1);
  assert.deepEqual(build(), { status: 1, stdout: "", stderr: out.replaceAll("--> ", `--> ${folder}/`) });
  assert.equal(out.match(/^error/gm).length, 2, out);
  assert.match(out, /^4 \| items = \["ITEMS_KEY"\] {4}# of the shop\n {2}\| {10}\^{11}$/m);
});

test("a file that cannot be read is one error", () => {
  rmSync(join(folder, "wrangler.toml"));
  const missing = `error: there is no wrangler.json, wrangler.jsonc or wrangler.toml in \`${folder}\`\n\n`;
  assert.deepEqual(build(), { status: 1, stdout: "", stderr: missing });
  writeFileSync(join(folder, "wrangler.toml"), Buffer.from([0xff]));
  const { status, stderr } = build();
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`^error: cannot read ${folder}/wrangler\\.toml: .*UTF-8\n\n$`));
});
