// The folder of the gateway: this repository, or the one of `make GATEWAY=FOLDER`.

import { fileURLToPath } from "node:url";

const named = process.env.OSTIARY_FOLDER;

/** Its path, with a slash at its end. */
export const FOLDER = named ? `${named}/` : fileURLToPath(new URL("..", import.meta.url));
