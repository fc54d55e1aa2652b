// The values, in the Secrets Store that `wrangler dev` reads and `wrangler secrets-store secret` writes without
// `--remote`. Its format on disk is internal to Miniflare, so only Miniflare accesses it.

import { Miniflare } from "miniflare";
import { NO_WORKER, OFFLINE } from "./miniflare-options.mjs";

// Miniflare binds one secret by name. A binding without a name is enough for everything except creating.
const NO_NAME = "";

export class LocalValues {
  #miniflare;
  #folder;
  #bound;

  /** `folder` is what `wrangler dev --persist-to` names, with the `v3` that it adds. The `stores` are used most. */
  static async open(folder, stores) {
    const values = new LocalValues();
    values.#folder = folder;
    values.#bound = new Set(stores.map((store) => bindingOf(store)));
    values.#miniflare = new Miniflare(values.#options());
    await values.#miniflare.ready;
    return values;
  }

  /** The secrets of a store, including those made with wrangler: `{id, name}`. */
  async list(store) {
    return (await this.#held(store)).map(({ id, name }) => ({ id, name }));
  }

  /** Makes a secret of each `{name, value}`, and replaces one with the same name. Returns the ids. */
  async create(store, secrets) {
    await this.#bind(secrets.map(({ name }) => bindingOf(store, name)));
    return Promise.all(secrets.map(async ({ name, value }) => (await this.#administration(store, name)).create(value)));
  }

  async update(store, id, value) {
    const { key } = await this.#one(store, id);
    await (await this.#administration(store)).update(value, key);
  }

  /** A secret of another name with the same value; returns its id. */
  async duplicate(store, id, name) {
    const { key } = await this.#one(store, id);
    return idOf(await (await this.#administration(store)).duplicate(key, name));
  }

  async delete(store, id) {
    const { key } = await this.#one(store, id);
    await (await this.#administration(store)).delete(key);
  }

  close() {
    return this.#miniflare.dispose();
  }

  async #one(store, id) {
    return (await this.#held(store)).find((secret) => secret.id === id);
  }

  async #held(store) {
    await this.#bind([bindingOf(store)]);
    const keys = await (await this.#administration(store)).list();
    return keys.map(({ name, metadata }) => ({ id: idOf(metadata.uuid), key: metadata.uuid, name }));
  }

  async #administration(store, name) {
    return (await this.#miniflare.getSecretsStoreSecretAPI(bindingOf(store, name)))();
  }

  // Changing the bindings takes a fifth of a second, so existing bindings are kept.
  async #bind(bindings) {
    const missing = bindings.filter((binding) => !this.#bound.has(binding));
    if (missing.length === 0) return;
    for (const binding of missing) this.#bound.add(binding);
    await this.#miniflare.setOptions(this.#options());
  }

  #options() {
    const secrets = [...this.#bound].map((binding) => {
      const [storeId, secretName] = binding.split("/");
      return [binding, { type: "secrets-store-secret", storeId, secretName }];
    });
    const config = { name: "api", exports: {}, compatibilityDate: "2026-11-17", manifest: NO_WORKER };
    return {
      ...OFFLINE,
      resourcePersistencePath: this.#folder,
      workers: [{ config: { ...config, env: Object.fromEntries(secrets) }, dev: {} }],
    };
  }
}

const bindingOf = (store, name = NO_NAME) => `${store}/${name}`;

// wrangler's local duplicates have ids with hyphens, longer than the 32 characters of the API.
const idOf = (uuid) => uuid.replaceAll("-", "");
