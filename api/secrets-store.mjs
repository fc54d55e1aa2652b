// Stores and their secrets, for the twelve operations. Values are in the local Secrets Store and are never returned.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { impossible, invalid, unknown } from "./envelope.mjs";
import { LocalValues } from "./local-values.mjs";
import { Metadata } from "./metadata.mjs";

// https://developers.cloudflare.com/secrets-store/manage-secrets/#limits: of one account.
const MOST_STORES = 1;
export const MOST_SECRETS = 100;

// The scope of a secret that was made with wrangler.
const SCOPES_OF_WRANGLER = ["workers"];

const now = () => new Date().toISOString();

export class SecretsStore {
  #values;
  #metadata;
  #delays;
  #turn = Promise.resolve();
  #late = new Map();

  /**
   * @param state the folder that `wrangler dev --persist-to` names
   * @param stores ids of stores that exist without having been created, because bindings use them
   * @param delays how long secrets are `pending`, and old values visible
   */
  static async open(state, stores, delays) {
    const store = new SecretsStore();
    store.#metadata = new Metadata(join(state, "v3", "secrets-store-api.json"));
    store.#delays = delays;
    const time = now();
    for (const id of stores) {
      if (!store.#metadata.stores.has(id)) store.#metadata.stores.set(id, { id, name: id, created: time, modified: time });
    }
    store.#metadata.save();
    store.#values = await LocalValues.open(join(state, "v3"), [...store.#metadata.stores.keys()]);
    return store;
  }

  stores() {
    return [...this.#metadata.stores.values()];
  }

  store(id) {
    const store = this.#metadata.stores.get(id);
    if (store === undefined) throw unknown("store");
    return store;
  }

  createStore(name) {
    if (typeof name !== "string" || name === "") throw invalid("store_name_empty");
    if (this.#metadata.stores.size >= MOST_STORES) throw impossible("maximum_stores_exceeded");
    const time = now();
    const store = { id: randomBytes(16).toString("hex"), name, created: time, modified: time };
    this.#metadata.stores.set(store.id, store);
    this.#metadata.save();
    return store;
  }

  deleteStore(id, force) {
    return this.#alone(async () => {
      const held = await this.#held(id);
      if (held.length > 0 && !force) throw impossible("store_not_empty", 409);
      for (const secret of held) await this.#delete(id, secret.id);
      this.#metadata.secrets.delete(id);
      this.#metadata.stores.delete(id);
      this.#metadata.save();
    });
  }

  secrets(store) {
    return this.#alone(() => this.#held(store));
  }

  secret(store, id) {
    return this.#alone(() => this.#one(store, id));
  }

  /** Creates all of the `{name, value, scopes, comment}` or none. */
  create(store, secrets) {
    return this.#alone(async () => {
      await this.#roomFor(store, secrets.map(({ name }) => name));
      const ids = await this.#values.create(store, secrets);
      secrets.forEach(({ scopes, comment }, at) => this.#remember(store, ids[at], { scopes, comment }));
      return Promise.all(ids.map((id) => this.#one(store, id)));
    });
  }

  /** Changes the given fields. */
  update(store, id, { value, ...fields }) {
    return this.#alone(async () => {
      await this.#one(store, id);
      if (value !== undefined) await this.#write(store, id, value);
      const held = this.#metadata.of(store).get(id);
      const active = value === undefined ? held.active : this.#activeFrom();
      this.#metadata.of(store).set(id, { ...held, ...fields, modified: now(), active });
      this.#metadata.save();
      return this.#one(store, id);
    });
  }

  /** Copies the value, and the scopes unless others are given. */
  duplicate(store, id, { name, scopes, comment }) {
    return this.#alone(async () => {
      const source = await this.#one(store, id);
      await this.#roomFor(store, [name]);
      const copy = await this.#values.duplicate(store, id, name);
      this.#remember(store, copy, { scopes: scopes ?? source.scopes, comment });
      return this.#one(store, copy);
    });
  }

  /** Deletes all of them or none. */
  delete(store, ids) {
    return this.#alone(async () => {
      for (const id of ids) await this.#one(store, id);
      for (const id of new Set(ids)) await this.#delete(store, id);
      this.#metadata.save();
    });
  }

  /** The number of secrets in all stores. */
  usage() {
    return this.#alone(async () => {
      let usage = 0;
      for (const store of this.#metadata.stores.keys()) usage += (await this.#held(store)).length;
      return usage;
    });
  }

  /** Writes the values that are not visible yet, and closes. */
  async close() {
    for (const write of [...this.#late.values()]) await write();
    await this.#turn;
    await this.#values.close();
  }

  // Operations run one after the other, so that a limit holds and a list is consistent.
  #alone(act) {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #held(store) {
    this.store(store);
    const metadata = this.#metadata.of(store);
    const held = await this.#values.list(store);
    const ids = new Set(held.map(({ id }) => id));
    for (const id of metadata.keys()) if (!ids.has(id)) metadata.delete(id);
    const news = held.filter(({ id }) => !metadata.has(id));
    for (const { id } of news) this.#remember(store, id, { scopes: SCOPES_OF_WRANGLER, comment: null }, now());
    // In the order of creation: the local store lists by name.
    const names = new Map(held.map(({ id, name }) => [id, name]));
    return [...metadata].map(([id, fields]) => shown(store, id, names.get(id), fields));
  }

  async #one(store, id) {
    const secret = (await this.#held(store)).find((each) => each.id === id);
    if (secret === undefined) throw unknown("secret");
    return secret;
  }

  async #roomFor(store, names) {
    const taken = new Set((await this.#held(store)).map(({ name }) => name));
    for (const name of names) {
      if (taken.has(name)) throw impossible(`secret_name_already_exists: ${name}`);
      taken.add(name);
    }
    let usage = 0;
    for (const each of this.#metadata.stores.keys()) usage += (await this.#held(each)).length;
    if (usage + names.length > MOST_SECRETS) throw impossible("maximum_secrets_exceeded");
  }

  #remember(store, id, fields, active = this.#activeFrom()) {
    const time = now();
    this.#metadata.of(store).set(id, { ...fields, created: time, modified: time, active });
    this.#metadata.save();
  }

  #activeFrom() {
    return new Date(Date.now() + this.#delays.pending).toISOString();
  }

  // With a delay, the response is sent first and the value becomes visible later; the last value wins.
  async #write(store, id, value) {
    clearTimeout(this.#late.get(id)?.timer);
    this.#late.delete(id);
    if (this.#delays.visible === 0) return this.#values.update(store, id, value);
    const write = () => {
      clearTimeout(write.timer);
      this.#late.delete(id);
      return this.#alone(async () => {
        // wrangler may have deleted it meanwhile.
        if ((await this.#held(store)).some((secret) => secret.id === id)) await this.#values.update(store, id, value);
      });
    };
    write.timer = setTimeout(write, this.#delays.visible);
    this.#late.set(id, write);
  }

  async #delete(store, id) {
    clearTimeout(this.#late.get(id)?.timer);
    this.#late.delete(id);
    await this.#values.delete(store, id);
    this.#metadata.of(store).delete(id);
  }
}

function shown(store, id, name, { scopes, comment, created, modified, active }) {
  const status = active > now() ? "pending" : "active";
  return { id, name, store_id: store, comment, scopes, created, modified, status };
}
