// The demo's secrets in the local Secrets Store.
//   node demo/secrets.mjs break   deletes the primary key
//   node demo/secrets.mjs heal    creates it again, with a new value
// Both work while the gateway runs, because it reads a secret for each request that needs it.

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { getPlatformProxy, unstable_readConfig as readConfiguration } from "wrangler";
import { FOLDER } from "../api/gateway-folder.mjs";
import { privateFolder } from "../api/private-folder.mjs";
import { wranglerFile } from "../api/wrangler-file.mjs";

const CONFIGURATION = wranglerFile(FOLDER);
const STATE = `${FOLDER}.wrangler/state`;
const PRIMARY = "DEMO_KEY";
const TOKEN = "CALLER_TOKEN";

/** The demo's own bindings and their secrets. No other secrets get a value here. */
const DEMO = new Map([
  [PRIMARY, "demo-key"],
  ["DEMO_KEY_2", "demo-key-2"],
  [TOKEN, "caller-token"],
]);
const DEMO_STORE = "demo";

const isDemo = ({ binding, secret_name: name, store_id: store }) => store === DEMO_STORE && DEMO.get(binding) === name;

/**
 * Gives the demo's secrets values if they have none. The values are random, so that no published token works with a
 * gateway that was deployed without changes. Each value begins with its secret's name, which shows which one the
 * upstream received.
 *
 * @returns `token`, the token of the demo's caller; undefined for another configuration. `missing`, the other bindings
 * whose secret has no value in the local store.
 */
export function seed() {
  return inStore(async (store) => {
    const missing = [];
    for (const bound of store.bound) {
      if (await store.id(bound.binding)) continue;
      if (isDemo(bound)) await store.create(bound.binding);
      else missing.push(bound);
    }
    const token = store.bound.filter(isDemo).length === DEMO.size ? await store.value(TOKEN) : undefined;
    return { token, missing };
  });
}

/** Runs `act` on the state folder of `wrangler dev`. wrangler's own commands would take 2 s for each secret. */
async function inStore(act) {
  privateFolder(STATE);
  const proxy = await getPlatformProxy({
    configPath: CONFIGURATION,
    persist: { path: `${STATE}/v3` },
    remoteBindings: false,
  });
  try {
    const { secrets_store_secrets: bound } = readConfiguration({ config: CONFIGURATION }, { hideWarnings: true });
    return await act(new LocalStore(bound ?? [], proxy.env));
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
  break: () => inDemo(async (store) => (await store.id(PRIMARY)) && store.delete(PRIMARY)),
  heal: () => inDemo(async (store) => (await store.id(PRIMARY)) || store.create(PRIMARY)),
};

function inDemo(act) {
  return inStore(async (store) => {
    if (store.bound.some((bound) => bound.binding === PRIMARY && isDemo(bound))) return act(store);
    console.error(`${CONFIGURATION} does not bind the demo's primary key, ${PRIMARY}: this is for the demo alone.`);
    process.exitCode = 1;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const command = commands[process.argv[2]];
  if (command === undefined) {
    console.error("usage: node demo/secrets.mjs break|heal");
    process.exit(2);
  }
  await command();
}
