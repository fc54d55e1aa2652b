// The built Worker on bare workerd, which does not change request targets, with scripted secrets.

import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BINDING_MODULE, DATASET_MODULE, RATE_LIMIT_MODULE } from "./secret-store.mjs";
import { ServerProcess, temporaryFolder } from "./server-process.mjs";

// Its package exports the path of the native binary.
const { default: WORKERD } = createRequire(import.meta.url)("workerd");

const quoted = (text) => JSON.stringify(text);

// The modules of a build: `entry.js` first, because workerd uses the first one as the entry.
function modulesOf(folder) {
  return readdirSync(folder)
    .filter((name) => /\.(js|mjs|wasm)$/.test(name))
    .sort((left, right) => (right === "entry.js") - (left === "entry.js"));
}

const moduleText = (name) => `(name = ${quoted(name)}, ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${quoted(name)})`;

// A Worker that calls the gateway through a service binding, `GATEWAY`. When it aborts a call, the runtime cancels the
// gateway's request. On workerd, unlike on the platform, a closed connection does not cancel it.
function callerText(module, compatibilityDate) {
  return `(name = "caller", worker = (modules = [(name = "caller.js", esModule = ${quoted(module)})], compatibilityDate = ${quoted(compatibilityDate)}, bindings = [(name = "GATEWAY", service = "gateway")], globalOutbound = "loopback")),`;
}

function configuration(options) {
  const { build, secrets, rateLimits, datasets = [], variables, store, compatibilityDate, compatibilityFlags, v8Flags = [], caller, cache, fetchers = {}, internet } = options;
  const wrapped = (module) => (name) => `(name = ${quoted(name)}, wrapped = (moduleName = ${quoted(module)}, innerBindings = [(name = "store", service = "store"), (name = "binding", text = ${quoted(name)})]))`;
  const storeBindings = [...secrets.map(wrapped("store:secret")), ...rateLimits.map(wrapped("store:rate-limit")), ...datasets.map(wrapped("store:dataset"))];
  const fetcherBindings = Object.keys(fetchers).map((name) => `(name = ${quoted(name)}, service = ${quoted(`fetcher ${name}`)})`);
  const textBindings = Object.entries(variables).map(([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const configuration :Workerd.Config = (
  v8Flags = [${v8Flags.map(quoted).join(", ")}],
  logging = (structuredLogging = true),
  services = [
    (name = "gateway", worker = (
      modules = [${modulesOf(build).map(moduleText).join(", ")}],
      compatibilityDate = ${quoted(compatibilityDate)},
      compatibilityFlags = [${compatibilityFlags.map(quoted).join(", ")}],
      bindings = [${[...storeBindings, ...fetcherBindings, ...textBindings].join(", ")}],
      globalOutbound = ${quoted(internet === undefined ? "loopback" : "internet")},
      ${cache === undefined ? "" : 'cacheApiOutbound = "cache",'}
    )),
    ${cache === undefined ? "" : `(name = "cache", external = (address = "127.0.0.1:${cache.port}", http = ())),`}
    ${Object.entries(fetchers).map(([name, text]) => `(name = ${quoted(`fetcher ${name}`)}, ${text}),`).join(" ")}
    ${caller === undefined ? "" : callerText(caller, compatibilityDate)}
    ${internet === undefined ? "" : `(name = "internet", external = (address = "127.0.0.1:${internet.port}", http = (style = proxy))),`}
    (name = "loopback", network = (allow = ["local"])),
    (name = "store", external = (address = "127.0.0.1:${store.port}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "gateway")${caller === undefined ? "" : ', (name = "caller", address = "127.0.0.1:0", http = (), service = "caller")'}],
  extensions = [(modules = [
    (name = "store:secret", internal = true, esModule = ${quoted(BINDING_MODULE)}),
    (name = "store:rate-limit", internal = true, esModule = ${quoted(RATE_LIMIT_MODULE)}),
    (name = "store:dataset", internal = true, esModule = ${quoted(DATASET_MODULE)}),
  ])],
);
`;
}

export async function startWorkerd(options) {
  const folder = temporaryFolder();
  const file = join(folder, "gateway.capnp");
  // `embed` only finds files in the folder of the configuration.
  for (const name of modulesOf(options.build)) cpSync(join(options.build, name), join(folder, name));
  writeFileSync(file, configuration(options));
  const server = new ServerProcess(WORKERD, ["serve", file, "--control-fd=3"]);
  try {
    const ports = await listening(server, options.caller === undefined ? ["http"] : ["http", "caller"]);
    return { server, port: ports.http, callerPort: ports.caller, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

// The ports of these sockets.
async function listening({ control, ended }, names) {
  control.setEncoding("utf8");
  let text = "";
  for await (const piece of control) {
    text += piece;
    const lines = text.split("\n").slice(0, -1).filter((line) => line.includes('"listen"')).map((line) => JSON.parse(line));
    const ports = Object.fromEntries(lines.map(({ socket, port }) => [socket, port]));
    if (names.every((name) => name in ports)) return ports;
  }
  throw new Error(`workerd ended before it listened:\n${await ended}`);
}
