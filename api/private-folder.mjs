// A folder that nobody but its owner reads. Miniflare writes secrets' values in files that everybody may read, so the
// folder around them is what keeps them from the machine's other users.

import { chmodSync, mkdirSync } from "node:fs";

const OWNER_ONLY = 0o700;

/** Makes the folder where it is missing, and takes it away from everybody else where it is not. */
export function privateFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY });
  chmodSync(folder, OWNER_ONLY);
}
