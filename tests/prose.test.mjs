// Checks the spelling of documents and comments, and the width of their lines.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SPELL = join(ROOT, "node_modules/cspell/bin.mjs");
const OPTIONS = ["lint", "--config", join(ROOT, ".cspell.json"), "--no-progress", "--no-summary"];

const WIDTH = 120;
const MENDED = "node scripts/wrap-prose.mjs FILE… wraps them";

const tracked = (...patterns) => execFileSync("git", ["ls-files", "--", ...patterns], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
const spell = (args, input) => spawnSync(process.execPath, [SPELL, ...OPTIONS, ...args], { cwd: ROOT, input, encoding: "utf8" });

test("documents and comments are spelled as the dictionaries have it", () => {
  const { status, stdout, stderr } = spell(tracked("*.md", "*.rs", "*.mjs", "*.js", "*.ts", "*.toml", "Makefile", "scripts"));
  assert.equal(status, 0, `mend it, or add the word to tests/words.txt:\n${stdout}${stderr}`);
});

test("a word that is misspelled is found in a document and in a comment, and not in code", () => {
  const misspelled = ["sen", "tense"].join("s");
  assert.notEqual(spell(["stdin://x.md"], `A ${misspelled}.`).status, 0);
  assert.notEqual(spell(["stdin://x.rs"], `// A ${misspelled}.\n`).status, 0);
  assert.equal(spell(["stdin://x.rs"], `let ${misspelled} = 1;\n`).status, 0);
});

test("no line of prose has more than 120 characters", () => {
  // A table row is one line, and a line that is one link cannot be broken.
  const isBreakable = (line) => !line.startsWith("|") && !/^\s*(- )?\S*\]\(\S+\)\S*$|^\[[^\]]+\]: /.test(line);
  const wide = tracked("*.md").flatMap((name) => {
    const prose = readFileSync(join(ROOT, name), "utf8").replaceAll(/^```[\s\S]*?^```/gm, (code) => code.replaceAll(/[^\n]/g, ""));
    const lines = prose.split("\n").map((line, at) => [`${name}:${at + 1}`, line]);
    return lines.filter(([, line]) => [...line].length > WIDTH && isBreakable(line)).map(([place]) => place);
  });
  assert.deepEqual(wide, [], MENDED);
});

test("no comment has more than 120 characters", () => {
  const wide = tracked("*.rs", "*.mjs", "*.js", "*.ts").flatMap((name) => {
    const lines = readFileSync(join(ROOT, name), "utf8").split("\n").map((line, at) => [`${name}:${at + 1}`, line]);
    return lines.filter(([, line]) => /^\s*\/\//.test(line) && [...line].length > WIDTH && !line.includes("http")).map(([place]) => place);
  });
  assert.deepEqual(wide, [], MENDED);
});
