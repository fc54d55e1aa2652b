// Wraps documents and comments at 120 characters: node scripts/wrap-prose.mjs FILE… . A paragraph, an item of a list or
// a comment is changed only where a line of it is too long. Tables, code and links stay as they are.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WIDTH = 120;
const isLong = (line) => [...line].length > WIDTH;
const MARK = /^([-*] |\d+\. )?(.*)$/s;
const KEPT = /^(\||#|<|```|---|\[[^\]]+\]: |    )/;
const NEXT = /^\s*([-*] |\d+\. |```|\||#|<|\[[^\]]+\]: )/;

/** Breaks text between words, and never within inline code. */
function lines(text, first, others) {
  const words = text.match(/(?:(`+)(?!`).*?(?<!`)\1(?!`)|[^\s`]|`)+/g) ?? [""];
  const made = [first + words.shift()];
  for (const word of words) {
    const longer = `${made.at(-1)} ${word}`;
    if (isLong(longer)) made.push(others + word);
    else made[made.length - 1] = longer;
  }
  return made;
}

/** The block that begins at a line: how far it goes and what it becomes. */
function wrapped(block, prefix, body) {
  const [, mark = "", first] = MARK.exec(body[0]);
  if (!block.some(isLong)) return block;
  return lines([first, ...body.slice(1)].join(" "), prefix + mark, prefix + " ".repeat(mark.length));
}

export function wrapDocument(text) {
  const all = text.split("\n");
  const made = [];
  let isCode = false;
  for (let at = 0; at < all.length; ) {
    const line = all[at];
    if (/^\s*```/.test(line)) isCode = !isCode;
    if (isCode || line.trim() === "" || KEPT.test(line) || /^\s*```/.test(line)) {
      made.push(line);
      at += 1;
      continue;
    }
    let end = at + 1;
    while (end < all.length && all[end].trim() !== "" && !NEXT.test(all[end])) end += 1;
    const block = all.slice(at, end);
    made.push(...wrapped(block, /^\s*/.exec(line)[0], block.map((each) => each.trim())));
    at = end;
  }
  return made.join("\n");
}

export function wrapComments(text) {
  const all = text.split("\n");
  const made = [];
  const comment = (line) => /^(\s*\/\/[/!]? )(\S.*)$/.exec(line) ?? undefined;
  for (let at = 0; at < all.length; ) {
    const [, prefix] = comment(all[at]) ?? [];
    if (prefix === undefined) {
      made.push(all[at]);
      at += 1;
      continue;
    }
    const isMore = (line) => line !== undefined && comment(line)?.[1] === prefix && !/^([-*|#]|\d+\. |```)/.test(comment(line)[2]);
    let end = at + 1;
    const isHeading = comment(all[at])[2].startsWith("#");
    while (!isHeading && isMore(all[end])) end += 1;
    const block = all.slice(at, end);
    const isKept = /^[|#`]/.test(comment(block[0])[2]) && !/^`[^`]/.test(comment(block[0])[2]);
    made.push(...(isKept ? block : wrapped(block, prefix, block.map((each) => comment(each)[2]))));
    at = end;
  }
  return made.join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of process.argv.slice(2)) {
    const before = readFileSync(path, "utf8");
    const after = path.endsWith(".md") ? wrapDocument(before) : wrapComments(before);
    if (after !== before) writeFileSync(path, after);
  }
}
