// Checks the documents: every link points to an existing file, heading or page; the README is short.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const documents = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
const prose = (name) => readFileSync(join(ROOT, name), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");

// The anchors of a document's headings, as GitHub makes them.
const anchors = (name) =>
  [...prose(name).matchAll(/^#+ +(.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-"),
  );

test("every relative link of a document leads somewhere", () => {
  const broken = documents.flatMap((name) => {
    const targets = [...prose(name).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm)].map(([, one, two]) => one ?? two);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    return local.filter((target) => {
      const [path, anchor] = target.split("#");
      const file = path === "" ? name : relative(ROOT, join(ROOT, dirname(name), path));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && file.endsWith(".md") && !anchors(file).includes(anchor);
    }).map((target) => `${name}: ${target}`);
  });
  assert.deepEqual(broken, []);
});

test("the README has at most 120 lines, and no sentence of more than 30 words", () => {
  const text = readFileSync(join(ROOT, "README.md"), "utf8");
  assert.ok(text.trim().split("\n").length <= 120);
  const plain = prose("README.md").replaceAll(/^\|.*$/gm, "").replaceAll(/\]\([^)]*\)/g, "]");
  const sentences = plain.split(/(?<=[.!?:])\s|\n\n|\n- |\n\d\. /).map((sentence) => sentence.trim());
  const long = sentences.filter((sentence) => sentence.split(/\s+/).length > 30);
  assert.deepEqual(long, []);
});

test("the README leads to every page of the documentation", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const pages = documents.filter((name) => name.startsWith("docs/"));
  assert.deepEqual(pages.filter((name) => !readme.includes(`](${name})`)), []);
});
