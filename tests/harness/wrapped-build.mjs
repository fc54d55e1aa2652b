// A build with a wrapped entry, for tests that need more than requests.

import { cpSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./server-process.mjs";

/** A copy of the build, in which the entry is renamed to `gateway.js`, with these modules; one of them must be `entry.js`. */
export function wrappedBuild(build, modules) {
  const folder = temporaryFolder();
  cpSync(build, folder, { recursive: true });
  renameSync(join(folder, "entry.js"), join(folder, "gateway.js"));
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  return folder;
}
