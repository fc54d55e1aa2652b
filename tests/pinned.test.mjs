// Checks that every build and deployment uses the versions in the lock files, which have checksums.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (name) => readFileSync(join(ROOT, name), "utf8");

test("every npm package has a checksum, and none runs a script when it is installed", () => {
  for (const folder of ["", "tests/clients/"]) {
    const { packages } = JSON.parse(read(`${folder}package-lock.json`));
    const unchecked = Object.entries(packages).filter(([name, { integrity }]) => name !== "" && integrity === undefined);
    assert.deepEqual(unchecked.map(([name]) => name), []);
    assert.match(read(`${folder}.npmrc`), /^ignore-scripts=true$/m);
  }
});

test("every crate of a registry has a checksum", () => {
  for (const lock of ["Cargo.lock", "tools/Cargo.lock", "fuzz/Cargo.lock"]) {
    const packages = read(lock).split("[[package]]").slice(1);
    assert.ok(packages.length > 0, lock);
    const unchecked = packages.filter((text) => /^source = /m.test(text) && !/^checksum = "[0-9a-f]{64}"$/m.test(text));
    assert.deepEqual(unchecked, [], lock);
  }
});

test("cargo is never called in a way that changes what is locked", () => {
  const scripts = readdirSync(join(ROOT, "scripts")).map((name) => `scripts/${name}`);
  const calls = ["Makefile", ...scripts].flatMap((name) => {
    // A call may continue on the next line. `cargo fmt` and `--version` compile nothing.
    const text = read(name).replaceAll(/\\\n\s*/g, " ").replaceAll(/^\s*(#|\/\/).*$/gm, "");
    return [...text.matchAll(/\bcargo (build|check|clippy|install|run|test)\b(?! --version).*|worker-build" --release.*|worker-build --release.*/g)].map(([call]) => `${name}: ${call}`);
  });
  assert.ok(calls.length > 5, calls.join("\n"));
  for (const call of calls) assert.match(call, /--locked/, call);
});
