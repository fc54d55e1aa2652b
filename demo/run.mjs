// `make dev`: the gateway under wrangler. For the demo's configuration, it also runs the demo's upstream, and prints a
// request to try. PORT is the gateway's port. Everything listens on loopback, and ends with this process.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { unstable_readConfig as readConfiguration } from "wrangler";
import { FOLDER } from "../api/gateway-folder.mjs";
import { wranglerFile } from "../api/wrangler-file.mjs";
import { seed } from "./secrets.mjs";
import { startUpstream } from "./upstream.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WRANGLER = `${ROOT}node_modules/wrangler/bin/wrangler.js`;
const UPSTREAM_PORT = 8788;

const port = Number(process.env.PORT || 8787);
if (!Number.isInteger(port) || port < 1 || port > 65535) fail(`PORT is not a port: ${process.env.PORT}`);
if (!(await isFree(port))) fail(`Port ${port} is in use. Try another: make dev PORT=${port + 10}`);

console.log("==> The local Secrets Store");
const { token, missing } = await seed();
for (const line of withoutValue(missing)) console.log(line);

const isDemo = token !== undefined;
if (isDemo) console.log("==> The demo upstream");
const upstream = isDemo ? await startUpstream(UPSTREAM_PORT) : undefined;

console.log("==> The gateway");
const gateway = startGateway(upstream?.address().port);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));
gateway.on("exit", (code) => stop(code ?? 1));

const url = `http://127.0.0.1:${port}`;
await isServing(url);
console.log(isDemo ? demoToTry(url) : `\nThe gateway listens on ${url}. Ctrl-C stops it. A change of gateway.toml rebuilds it.\n`);
explainHost();

function fail(message) {
  console.error(message);
  process.exit(1);
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

function startGateway(upstreamPort) {
  const options = ["--ip", "127.0.0.1", "--port", port, "--inspector-ip", "127.0.0.1"];
  // wrangler's hot keys would need the terminal.
  options.push("--show-interactive-dev-session=false");
  if (upstreamPort !== undefined) options.push("--var", `DEMO_PORT:${upstreamPort}`);
  return spawn(process.execPath, [WRANGLER, "dev", ...options], {
    cwd: FOLDER,
    stdio: ["ignore", "inherit", "inherit"],
    // Its own process group: a Ctrl-C only reaches this process, which then ends the whole group, including the runtime
    // and a running build.
    detached: true,
  });
}

let stopping = false;
function stop(code) {
  if (stopping) return;
  stopping = true;
  upstream?.close();
  upstream?.closeAllConnections();
  endGroup("SIGTERM");
  const patience = setTimeout(() => endGroup("SIGKILL"), 5000);
  const watch = setInterval(() => {
    if (endGroup(0)) return;
    clearTimeout(patience);
    clearInterval(watch);
    process.exit(code);
  }, 50);
}

/** Sends the gateway's process group a signal; false when no process is left in it. */
function endGroup(signal) {
  try {
    return process.kill(-gateway.pid, signal);
  } catch {
    return false;
  }
}

/** Any response means that the Worker has started, also a refusal: wrangler holds requests back until then. */
async function isServing(url) {
  for (;;) {
    const answered = await fetch(url).then(() => true, () => false);
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The message for bindings without a value, with the command that creates one. */
function withoutValue(bindings) {
  if (bindings.length === 0) return [];
  const commands = bindings.map(({ binding, secret_name: name, store_id: store }) =>
    `    ostiary secrets create ${name} --local --store ${store}     # ${binding}`);
  return ["  These secrets have no value in the local store. Requests that need them are refused until they have one:", ...commands];
}

function demoToTry(gatewayUrl) {
  return `
The gateway listens on ${gatewayUrl}. In another terminal, call the demo's API through it:

  curl -i ${gatewayUrl}/demo/v1/hello -H 'authorization: Bearer ${token}'

What the upstream received is printed here: it received the key and not your token. The upstream repeats the key in its
response, and the gateway replaces it there with [redacted:demo].
Then delete the primary key and call again: the secondary key serves the same call. The last command puts it back:

  make break-primary
  make heal-primary

Ctrl-C stops everything. A change of gateway.toml rebuilds the gateway. For a gateway of your own: docs/your-gateway.md.
`;
}

function explainHost() {
  const host = routedHost();
  if (host === undefined) return;
  console.log(`wrangler's configuration has routes, so every request arrives under the host ${host}, and mounts with a path only
cannot be reached. Write host = "localhost" under [dev] there to reach them.
`);
}

/** The host that `wrangler dev` puts into every request; undefined if it leaves requests as they are. */
function routedHost() {
  const { routes, route, dev } = readConfiguration({ config: wranglerFile(FOLDER) }, { hideWarnings: true });
  const [first] = routes ?? (route === undefined ? [] : [route]);
  if (first === undefined || dev.host !== undefined) return undefined;
  return (first.pattern ?? first).replace(/^\w+:\/\//, "").split("/")[0];
}
