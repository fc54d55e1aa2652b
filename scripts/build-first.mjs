// Runs the custom build of wrangler's configuration before wrangler does: build-first.mjs ARGUMENT..., with wrangler's
// arguments. Its exit code is that of the build.
//
// When a custom build fails, wrangler prints an internal object with some 150 lines after the build's own message.
// wrangler repeats the build, and `make` then has nothing to do. So only builds by `make` run here. A failed build does
// not end `wrangler dev` if there is a former one, so it does not run here either.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { unstable_readConfig as readConfiguration } from "wrangler";

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { config: { type: "string", short: "c" }, env: { type: "string", short: "e" }, cwd: { type: "string" }, help: { type: "boolean", short: "h" } },
  strict: false,
  allowPositionals: true,
});

/** The configuration; empty if wrangler will report what is wrong with its arguments or files. */
function configuration() {
  if (values.help || values.cwd !== undefined) return {};
  try {
    return readConfiguration({ config: values.config, env: values.env }, { hideWarnings: true });
  } catch {
    return {};
  }
}

const [command] = positionals;
const { build, main } = configuration();
const goesOnServing = command === "dev" && existsSync(main ?? "");
if (!goesOnServing && /^make\b/.test(build?.command ?? "")) {
  const { status } = spawnSync(build.command, {
    shell: true,
    cwd: build.cwd,
    stdio: "inherit",
    env: { ...process.env, WRANGLER_COMMAND: command },
  });
  process.exitCode = status ?? 1;
}
