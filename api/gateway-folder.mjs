// The folder whose gateway is run: this repository's own, or the one that `make GATEWAY=FOLDER` names.

import { fileURLToPath } from "node:url";

const named = process.env.OSTIARY_FOLDER;

/** Its path, with a slash at its end. */
export const FOLDER = named ? `${named}/` : fileURLToPath(new URL("..", import.meta.url));
