// A project that `wrangler dev` builds with this repository's Makefile and scripts/build-worker, and with fakes of
// cargo and worker-build, so that a build takes half a second. It serves the text of its gateway.toml. The word `typo`
// in it is an error of the configuration, `doubtful` a warning, and `does not compile` an error of Rust.

import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { temporaryFolder } from "./server-process.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const WRANGLER = `name = "project"
main = "build/entry.js"
compatibility_date = "2026-11-17"

[build]
command = "make --silent build"
watch_dir = ["src", "gateway.toml"]
`;

// The build script does not run for a text that it has seen, like the real one.
const CARGO = `#!/bin/sh
text=$(cat "\${OSTIARY_CONFIGURATION:-.}/gateway.toml")
case $text in
*"does not compile"*)
    echo 'error[E0308]: mismatched types' >&2
    exit 101 ;;
*typo*)
    printf 'error: the diagnosis\\n --> gateway.toml:1:1\\n\\n' >"$OSTIARY_REPORT"
    echo 'error: failed to run custom build command' >&2
    sleep 0.4
    exit 101 ;;
esac
[ "$text" != "$(cat checked 2>/dev/null)" ] || exit 0
printf %s "$text" >checked
: >"$OSTIARY_REPORT"
case $text in
*doubtful*) printf 'warning: the doubt\\n --> gateway.toml:1:1\\n\\n' >"$OSTIARY_REPORT" ;;
esac
`;

// It compiles the gateway.toml as it was at the start. Two concurrent builds leave a trace.
const WORKER_BUILD = `#!/bin/sh
set -eu
kill -0 "$(cat compiling)" 2>/dev/null && echo overlap >>overlaps
echo $$ >compiling
mkdir -p "$3"
printf 'export const text = "%s";' "$(tr -d '\\n' <"\${OSTIARY_CONFIGURATION:-.}/gateway.toml")" >"$3/index.js"
: >"$3/index_bg.wasm"
echo "\${5:-}" >>options
echo "\${OSTIARY_WRANGLER_CONFIG:-}" >proved
sleep 0.4
rm compiling
`;

// The machine's Node is too old for wrangler.
const NODE = `#!/bin/sh
echo 'error: this Node is too old' >&2
exit 1
`;

const ENTRY = `import { text } from "./index.js";
export default { fetch: () => new Response(text) };
`;

/** Makes the project and returns its folder. */
export function buildProject(text) {
  const folder = temporaryFolder();
  const write = (name, content, mode = 0o644) => {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  };
  for (const name of ["src", "crates", "tools", "scripts", "programs", ".tools"]) mkdirSync(join(folder, name));
  for (const name of ["Makefile", "scripts/build-current", "scripts/build-first.mjs", "scripts/build-worker", "scripts/deployed-configuration", "scripts/step", "scripts/wrangler"]) cpSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  // The prerequisites of the tools, which have to be older than the tools.
  for (const name of ["rust-toolchain.toml", ".npmrc"]) write(name, "");
  for (const name of ["package.json", "package-lock.json"]) write(name, "{}");
  for (const name of ["install-rust", "install-packages", "install-tools"]) write(`scripts/${name}`, "");
  for (const name of ["rust", "packages"]) write(`.tools/${name}`, "");
  write(".tools/worker-build", WORKER_BUILD, 0o755);
  write("programs/cargo", CARGO, 0o755);
  write("programs/node", NODE, 0o755);
  write("src/entry.js", ENTRY);
  write("wrangler.toml", WRANGLER);
  write("gateway.toml", text);
  return folder;
}

/** The environment with the fakes in its PATH. */
export const projectEnvironment = (folder) => ({
  ...process.env,
  PATH: `${join(folder, "programs")}:${process.env.PATH}`,
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  // A make that is not started by another one does not name its level.
  MAKELEVEL: undefined,
  MAKEFLAGS: undefined,
});
