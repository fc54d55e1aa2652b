// The built Worker on bare workerd, which hands targets over as they came, with scripted secrets.

import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BINDING_MODULE, RATE_LIMIT_MODULE } from "./secret-store.mjs";
import { ServerProcess, temporaryFolder } from "./server-process.mjs";

// Its package exports the path of the native binary.
const { default: WORKERD } = createRequire(import.meta.url)("workerd");

const quoted = (text) => JSON.stringify(text);

// The modules of a build: `entry.js` first, as workerd takes the first for the entry.
function modulesOf(folder) {
  return readdirSync(folder)
    .filter((name) => /\.(js|mjs|wasm)$/.test(name))
    .sort((left, right) => (right === "entry.js") - (left === "entry.js"));
}

const moduleText = (name) => `(name = ${quoted(name)}, ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${quoted(name)})`;

function configuration({ build, secrets, rateLimits, variables, store, compatibilityDate, compatibilityFlags }) {
  const wrapped = (module) => (name) => `(name = ${quoted(name)}, wrapped = (moduleName = ${quoted(module)}, innerBindings = [(name = "store", service = "store"), (name = "binding", text = ${quoted(name)})]))`;
  const storeBindings = [...secrets.map(wrapped("store:secret")), ...rateLimits.map(wrapped("store:rate-limit"))];
  const textBindings = Object.entries(variables).map(([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`);
  return `using Workerd = import "/workerd/workerd.capnp";
const configuration :Workerd.Config = (
  logging = (structuredLogging = true),
  services = [
    (name = "gateway", worker = (
      modules = [${modulesOf(build).map(moduleText).join(", ")}],
      compatibilityDate = ${quoted(compatibilityDate)},
      compatibilityFlags = [${compatibilityFlags.map(quoted).join(", ")}],
      bindings = [${[...storeBindings, ...textBindings].join(", ")}],
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
    (name = "store", external = (address = "127.0.0.1:${store.port}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "gateway")],
  extensions = [(modules = [
    (name = "store:secret", internal = true, esModule = ${quoted(BINDING_MODULE)}),
    (name = "store:rate-limit", internal = true, esModule = ${quoted(RATE_LIMIT_MODULE)}),
  ])],
);
`;
}

export async function startWorkerd(options) {
  const folder = temporaryFolder();
  const file = join(folder, "gateway.capnp");
  // `embed` finds files beside the configuration only.
  for (const name of modulesOf(options.build)) cpSync(join(options.build, name), join(folder, name));
  writeFileSync(file, configuration(options));
  const server = new ServerProcess(WORKERD, ["serve", file, "--control-fd=3"]);
  try {
    return { server, port: await listening(server), stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function listening({ control, ended }) {
  control.setEncoding("utf8");
  let text = "";
  for await (const piece of control) {
    text += piece;
    const line = text.split("\n").find((each) => each.includes('"listen"'));
    if (line) return JSON.parse(line).port;
  }
  throw new Error(`workerd ended before it listened:\n${await ended}`);
}
