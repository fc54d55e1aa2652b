// Fails when a file uses a module of a higher layer, or when files import each other in a circle: check-layers [FOLDER]
// The imports are read as text: `use` declarations and paths that begin with `crate::` or `super::`, tests aside.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

// The modules of each crate, the lowest layer first. A module may use itself, its own layer and the layers before it in
// this list, and nothing after it. The text describes the module. `null`: the crate has no layers, and only circles are
// reported.
const LAYERS = {
  "crates/core/src": [
    ["secret_value digest request_id sort", "values; they use nothing"],
    ["http", "words of HTTP; it knows no gateway"],
    ["configuration", "what the build has checked; it uses http"],
    ["encoding", "texts as bytes, and bytes as texts"],
    ["value_syntax", "what a secret's value must be, by its place"],
    ["refusal", "the codes of refusals"],
    ["runtime", "what is asked of a runtime; it decides nothing"],
    ["signing", "signatures, made for each attempt"],
    ["secrets", "step 5"],
    ["authentication", "step 3; it reads through secrets"],
    ["value_check", "whether a secret's value fits every place that uses it"],
    ["log", "step 10; it names what the steps came to"],
    ["request", "steps 1 to 4, without authentication"],
    ["response", "step 9: the head, and links in the body"],
    ["redaction", "step 9: secrets in the head and the body"],
    ["upstream", "steps 6 to 8"],
    ["operator", "the operator's endpoints; they use the steps"],
    ["gateway lib", "the life of a request; it may use everything"],
  ],
  "crates/grammar/src": null,
  "crates/cli/src": null,
  "crates/secrets-store/src": null,
  "crates/secret-bindings/src": null,
  src: [
    ["configuration redactor rewriter waiter", "values; they call nothing of JavaScript's but web-sys"],
    ["js", "every import from JavaScript"],
    ["headers", "the headers of a message"],
    ["invocation recovery request sending log", "one request, and what is left of it"],
    ["timer", "a time that passes"],
    ["request_context", "the state of one request, as the core asks for it"],
    ["rate_limit secret_reading upstream operator_runtime cache cryptography own_request auth_runtime body_reader", "what the core asks of a runtime"],
    ["response", "what the core has decided"],
    ["lib", "the handler; it may use everything"],
  ],
};

const root = process.argv[2] ?? ".";
const crates = Object.entries(LAYERS).filter(([folder]) => existsSync(join(root, folder)));
const faults = crates.flatMap(([folder, layers]) => check(join(root, folder), layers));
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function check(folder, layers) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".rs"));
  const uses = new Map(files.map((file) => [file, imports(file, readFileSync(join(folder, file), "utf8"), files)]));
  return [...upward(folder, uses, layers), ...circles(folder, uses)];
}

function upward(folder, uses, layers) {
  if (layers === null) return [];
  const rank = new Map(layers.flatMap(([modules], at) => modules.split(" ").map((module) => [module, at])));
  const moduleOf = (file) => file.split("/")[0].replace(/\.rs$/, "");
  const faults = [];
  for (const [file, used] of uses) {
    if (!rank.has(moduleOf(file))) {
      faults.push(`${folder}/${file}: this module is in no layer of scripts/check-layers.mjs`);
      continue;
    }
    for (const other of used) {
      if (file === "lib.rs" || rank.get(moduleOf(other)) <= rank.get(moduleOf(file))) continue;
      faults.push(`${folder}/${file} uses ${other}, of a higher layer: ${layers[rank.get(moduleOf(file))]?.[1]}`);
    }
  }
  return faults;
}

function circles(folder, uses) {
  const faults = [];
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === "done") return;
    if (path.includes(file)) {
      faults.push(`${folder}: a circle: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
      return;
    }
    for (const other of uses.get(file)) visit(other, [...path, file]);
    state.set(file, "done");
  };
  for (const file of uses.keys()) visit(file, []);
  return faults;
}

// The files that a file imports. A path that ends in a folder's module means the folder's mod.rs.
function imports(file, text, files) {
  const code = text
    .replace(/#\[cfg\(test\)\]\s*mod \w+ \{[\s\S]*$/, "")
    .replace(/#\[cfg\(test\)\]\s*(pub(\(\w+\))? )?mod \w+;/g, "")
    .replace(/\/\/.*$/gm, "");
  const base = file.endsWith("/mod.rs") || file === "lib.rs" || file === "main.rs" ? dirname(file) : file.replace(/\.rs$/, "");
  const found = new Set();
  const add = (segments) => {
    for (let length = segments.length; length > 0; length -= 1) {
      const path = segments.slice(0, length).join("/");
      const target = [`${path}.rs`, `${path}/mod.rs`].find((name) => files.includes(name));
      if (target === undefined) continue;
      if (target !== file) found.add(target);
      return;
    }
  };
  const start = (word, rest) => {
    if (word === "crate") return rest;
    const parts = base === "." ? [] : base.split("/");
    let left = rest;
    parts.pop();
    while (left[0] === "super") {
      left = left.slice(1);
      parts.pop();
    }
    return [...parts, ...left];
  };
  const own = base === "." ? [] : base.split("/");
  for (const [, child] of code.matchAll(/\bmod (\w+);/g)) {
    if (new RegExp(`(?<![\\w:])${child}::`).test(code)) add([...own, child]);
  }
  for (const [, word, path] of code.matchAll(/\b(crate|super)::((?:\w+::)*(?:\w+|\{[^;]*\}))/g)) {
    for (const names of expand(path)) add(start(word, names));
  }
  return found;
}

// Expands `a::{b, c::d}` into its paths.
function expand(path) {
  const open = path.indexOf("{");
  if (open < 0) return [path.split("::")];
  const before = path.slice(0, open).split("::").filter(Boolean);
  const members = path.slice(open + 1, path.lastIndexOf("}")).split(",").map((member) => member.trim()).filter(Boolean);
  return members.map((member) => [...before, ...member.replace(/[{}]/g, "").split(/ as /)[0].split("::")]);
}
