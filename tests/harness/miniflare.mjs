// The built Worker on Miniflare, which runs workerd with a real local Secrets Store.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { NO_WORKER, OFFLINE } from "../../api/miniflare-options.mjs";

// Any id works locally.
const STORE = "local";

function manifest(build, mainModule) {
  const names = readdirSync(build).filter((name) => /\.(js|mjs|wasm)$/.test(name));
  const read = (name) =>
    name.endsWith(".wasm")
      ? { type: "wasm", contents: new Uint8Array(readFileSync(join(build, name))) }
      : { type: "esm", contents: readFileSync(join(build, name), "utf8") };
  return {
    mainModule,
    modulesRoot: build,
    modules: Object.fromEntries(names.map((name) => [name, read(name)])),
  };
}

// Writes values to a local Secrets Store; returns a function that changes them later.
async function seed(gateway, secrets) {
  const stored = {};
  for (const [name, value] of Object.entries(secrets)) {
    const administration = (await gateway.getSecretsStoreSecretAPI(name))();
    const id = await administration.create(value);
    stored[name] = { update: (other) => administration.update(other, id), remove: () => administration.delete(id) };
  }
  return stored;
}

const stored = (secrets) =>
  Object.fromEntries(secrets.map((name) => [name, { type: "secrets-store-secret", storeId: STORE, secretName: name }]));

const limited = (rateLimits) =>
  Object.fromEntries(rateLimits.map(({ name, namespace, ...simple }) => [name, { type: "rate-limit", namespace, simple }]));

const texts = (variables) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, { type: "text", value }]));

// A Worker of that script, for a binding to it.
export function scripted(name, script) {
  const manifest = { mainModule: "index.js", modulesRoot: "/", modules: { "index.js": { type: "esm", contents: script } } };
  return { config: { name, compatibilityDate: "2026-11-17", exports: {}, manifest, env: {} }, dev: {} };
}

function options(worker, others, more) {
  return {
    ...OFFLINE,
    workers: [{ config: { name: "gateway", exports: {}, ...worker }, dev: {} }, ...others],
    ...more,
  };
}

// A runtime that did not start would keep the test process alive.
async function ready(miniflare) {
  try {
    return await miniflare.ready;
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

// `bindings` are of other kinds, `others` the Workers behind them.
export async function startMiniflare({
  build,
  main = "entry.js",
  secrets,
  rateLimits = [],
  variables,
  bindings = {},
  others = [],
  compatibilityDate,
  compatibilityFlags = [],
}) {
  const lines = [];
  const worker = {
    compatibilityDate,
    compatibilityFlags,
    manifest: manifest(build, main),
    env: { ...texts(variables), ...stored(secrets), ...limited(rateLimits), ...bindings },
  };
  const more = { handleStructuredLogs: ({ message }) => lines.push(message) };
  const gateway = new Miniflare(options(worker, others, more));
  const { port } = await ready(gateway);
  return {
    port: Number(port),
    lines,
    seed: (values) => seed(gateway, values),
    // Sends a request to one of the others instead of the gateway.
    ask: async (name, url) => (await gateway.getWorker(name)).fetch(url),
    stop: () => gateway.dispose(),
  };
}

// Writes the values to the local Secrets Store in that folder, which `wrangler dev` uses.
export async function seedStore(folder, secrets) {
  const worker = { compatibilityDate: "2026-11-17", manifest: NO_WORKER, env: stored(Object.keys(secrets)) };
  const seeding = new Miniflare(options(worker, [], { resourcePersistencePath: folder }));
  await seeding.ready;
  await seed(seeding, secrets);
  await seeding.dispose();
}
