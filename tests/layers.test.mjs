import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../scripts/check-layers.mjs", import.meta.url));

// Runs the check on a folder with these files.
function check(files) {
  const root = mkdtempSync(join(tmpdir(), "layers-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: "utf8" });
    return { status, told: stderr.trim() };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const CORE = "crates/core/src";

test("arrows that point down pass", () => {
  const found = check({
    [`${CORE}/secrets/mod.rs`]: "pub mod concurrent_reads;\npub mod fallback;\n",
    [`${CORE}/secrets/concurrent_reads.rs`]: "use crate::runtime::reading::Reading;\n",
    [`${CORE}/secrets/fallback.rs`]: "use super::concurrent_reads::Readings;\n#[cfg(test)]\nmod tests { use crate::gateway::handle; }\n",
    [`${CORE}/runtime/mod.rs`]: "pub mod reading;\n",
    [`${CORE}/runtime/reading.rs`]: "",
  });
  assert.deepEqual(found, { status: 0, told: "" });
});

test("an import from a higher layer is reported", () => {
  const found = check({
    [`${CORE}/http/query.rs`]: "use crate::{\n    refusal::Code,\n};\n",
    [`${CORE}/refusal.rs`]: "",
  });
  assert.equal(found.status, 1);
  assert.match(found.told, /http\/query\.rs uses refusal\.rs, of a higher layer/);
});

test("a circular import is reported, also through a folder's module", () => {
  for (const files of [
    { "crates/cli/src/a.rs": "use crate::b::B;\n", "crates/cli/src/b.rs": "use super::a::A;\n" },
    {
      "crates/cli/src/folder/mod.rs": "mod child;\nuse child::Child;\n",
      "crates/cli/src/folder/child.rs": "use super::Parent;\n",
    },
  ]) {
    const { status, told } = check(files);
    assert.equal(status, 1);
    assert.match(told, /a circle/);
  }
});

test("a module that is in no layer is reported", () => {
  assert.match(check({ [`${CORE}/utilities.rs`]: "" }).told, /in no layer/);
});
