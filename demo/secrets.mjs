// The demo's secrets in the local Secrets Store.
//   node demo/secrets.mjs break   deletes the primary key
//   node demo/secrets.mjs heal    creates it again, with a new value
// Both work while the gateway runs, because it reads a secret at the request that needs it.

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { getPlatformProxy, unstable_readConfig as readConfiguration } from "wrangler";
import { privateFolder } from "../api/private-folder.mjs";
import { wranglerFile } from "../api/wrangler-file.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONFIGURATION = wranglerFile(ROOT);
const STATE = `${ROOT}.wrangler/state`;
const PRIMARY = "DEMO_KEY";
const TOKEN = "CALLER_TOKEN";

/**
 * Gives every secret that wrangler's configuration binds a value where it has none, and returns the token that a caller
 * shows. The values are made up on the first run: no published token opens a gateway that somebody deployed
 * without reading. Each begins with its secret's name, which tells the reader which one the upstream got.
 */
export function seed() {
  return inStore(async (store) => {
    for (const { binding } of store.bound) if (!(await store.id(binding))) await store.create(binding);
    return store.value(TOKEN);
  });
}

/** Runs `act` on the very state folder of `wrangler dev`. wrangler's own commands take 2 s for each secret. */
async function inStore(act) {
  privateFolder(STATE);
  const proxy = await getPlatformProxy({
    configPath: CONFIGURATION,
    persist: { path: `${STATE}/v3` },
    remoteBindings: false,
  });
  try {
    return await act(new LocalStore(readConfiguration({ config: CONFIGURATION }).secrets_store_secrets, proxy.env));
  } finally {
    await proxy.dispose();
  }
}

class LocalStore {
  bound;
  #environment;

  constructor(bound, environment) {
    this.bound = bound;
    this.#environment = environment;
  }

  value(binding) {
    return this.#environment[binding].get();
  }

  async id(binding) {
    const held = await (await this.#administration(binding)).list();
    return held.find((secret) => secret.name === this.#name(binding))?.metadata.uuid;
  }

  async create(binding) {
    const value = `${this.#name(binding)}-${randomBytes(16).toString("hex")}`;
    await (await this.#administration(binding)).create(value);
  }

  async delete(binding) {
    await (await this.#administration(binding)).delete(await this.id(binding));
  }

  #name(binding) {
    return this.bound.find((secret) => secret.binding === binding).secret_name;
  }

  // The local store's own way to change a secret; a deployed Worker's binding does not have it.
  #administration(binding) {
    return this.#environment[binding]["SecretsStoreSecret::admin_api"]();
  }
}

const commands = {
  break: () => inStore(async (store) => (await store.id(PRIMARY)) && store.delete(PRIMARY)),
  heal: () => inStore(async (store) => (await store.id(PRIMARY)) || store.create(PRIMARY)),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const command = commands[process.argv[2]];
  if (command === undefined) {
    console.error("usage: node demo/secrets.mjs break|heal");
    process.exit(2);
  }
  await command();
}
