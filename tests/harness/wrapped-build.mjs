// A build whose entry is wrapped, so that a test sees or does what no request can.

import { cpSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./server-process.mjs";

/** A copy of the build, in which the entry is `gateway.js`, with these modules beside it; `entry.js` must be one. */
export function wrappedBuild(build, modules) {
  const folder = temporaryFolder();
  cpSync(build, folder, { recursive: true });
  renameSync(join(folder, "entry.js"), join(folder, "gateway.js"));
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  return folder;
}
