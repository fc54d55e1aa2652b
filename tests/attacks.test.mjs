import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const entries = [...readFileSync(`${ROOT}docs/attacks.md`, "utf8").matchAll(/^### (\d+)\. /gm)].map(([, number]) => Number(number));
const headings = new Set(entries);

// The numbers in each source file: "case 16", "cases 10 and 26", "cases 23 to 29", also in the names of functions.
function cited() {
  const files = execFileSync("git", ["ls-files", "*.rs", "*.mjs", "*.js", "*.ts"], { cwd: ROOT, encoding: "utf8" });
  const found = new Map();
  for (const file of files.trim().split("\n").filter((name) => name !== "tests/attacks.test.mjs")) {
    const text = readFileSync(ROOT + file, "utf8");
    for (const [, list] of text.matchAll(/\b(?:case|attack)s?[ _]((?:\d+(?:,? |_)?(?:(?:and|to)[ _])?)+)/gi)) {
      for (const number of numbers(list)) found.set(number, [...(found.get(number) ?? []), file]);
    }
  }
  return found;
}

function numbers(list) {
  const parts = list.match(/\d+|to/g);
  return parts.flatMap((part, at) => {
    if (part !== "to") return [Number(part)];
    const [first, last] = [Number(parts[at - 1]), Number(parts[at + 1])];
    return Array.from({ length: Math.max(0, last - first - 1) }, (_, step) => first + 1 + step);
  });
}

test("lists of numbers are read as they are meant", () => {
  assert.deepEqual(numbers("21 and 30 to 33"), [21, 30, 31, 32, 33]);
  assert.deepEqual(numbers("10_and_26"), [10, 26]);
});

test("no two entries of docs/attacks.md have one number", () => {
  assert.deepEqual(entries.filter((number, at) => entries.indexOf(number) !== at), []);
});

test("every case that is cited has its entry in docs/attacks.md", () => {
  const unknown = [...cited()].filter(([number]) => !headings.has(number));
  assert.deepEqual(unknown, []);
});

test("every entry of docs/attacks.md has a test", () => {
  const isTest = (file) => /(^|\/)tests\/|^fuzz\/|\.rs$/.test(file);
  const known = cited();
  const untested = [...headings].filter((number) => !(known.get(number) ?? []).some(isTest));
  assert.deepEqual(untested, []);
});
