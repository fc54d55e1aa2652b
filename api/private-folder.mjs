// A folder that only its owner can read. Miniflare writes secrets' values in files that everybody may read, so the
// folder around them is what keeps them from the machine's other users.

import { chmodSync, mkdirSync } from "node:fs";

const OWNER_ONLY = 0o700;

/** Makes the folder if it is missing, and removes the access of other users if it is not. */
export function privateFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY });
  chmodSync(folder, OWNER_ONLY);
}
