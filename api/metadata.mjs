// The data that the local Secrets Store does not have: the stores themselves, and the scopes, comments and times of
// secrets. They are in one JSON file beside it, which has no values.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export class Metadata {
  #file;

  /** `{id, name, created, modified}` by id. */
  stores;

  /** `{scopes, comment, created, modified, active}` by store and secret id; times in ISO 8601. */
  secrets;

  constructor(file) {
    this.#file = file;
    const { stores = {}, secrets = {} } = read(file);
    // An object without inherited names, because an id may be any text.
    this.stores = new Map(Object.entries(stores));
    this.secrets = new Map(Object.entries(secrets).map(([store, held]) => [store, new Map(Object.entries(held))]));
  }

  /** The metadata of one store; the next `save` writes changes to it. */
  of(store) {
    if (!this.secrets.has(store)) this.secrets.set(store, new Map());
    return this.secrets.get(store);
  }

  /** Writes the file atomically, so that a killed process leaves it unchanged. */
  save() {
    const secrets = [...this.secrets].map(([store, held]) => [store, Object.fromEntries(held)]);
    const kept = { stores: Object.fromEntries(this.stores), secrets: Object.fromEntries(secrets) };
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}
