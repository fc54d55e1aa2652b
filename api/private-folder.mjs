// A folder that only its owner can read. Miniflare writes secrets' values to files that everyone can read, so the
// folder has to protect them from the machine's other users.

import { chmodSync, mkdirSync } from "node:fs";

const OWNER_ONLY = 0o700;

/** Creates the folder, or removes the access of other users if it exists. */
export function privateFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY });
  chmodSync(folder, OWNER_ONLY);
}
