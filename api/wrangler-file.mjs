// Finds the configuration that wrangler uses by default.

import { existsSync } from "node:fs";
import { join } from "node:path";

const NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/** Its path in this folder. */
export function wranglerFile(folder) {
  const name = NAMES.find((each) => existsSync(join(folder, each)));
  if (name === undefined) throw new Error(`there is no ${NAMES.join(", ")} in ${folder}`);
  return join(folder, name);
}
