// `make dev`: the demo upstream, the gateway under wrangler in front of it, and what to try with them.
// PORT is where the gateway listens. Everything listens on loopback, and ends with this process.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { unstable_readConfig as readConfiguration } from "wrangler";
import { wranglerFile } from "../api/wrangler-file.mjs";
import { seed } from "./secrets.mjs";
import { startUpstream } from "./upstream.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WRANGLER = `${ROOT}node_modules/wrangler/bin/wrangler.js`;
const UPSTREAM_PORT = 8788;

const port = Number(process.env.PORT || 8787);
if (!Number.isInteger(port) || port < 1 || port > 65535) fail(`PORT is not a port: ${process.env.PORT}`);
if (!(await isFree(port))) fail(`Port ${port} is in use. Try another: make dev PORT=${port + 10}`);

console.log("==> Secrets for the demo in the local Secrets Store");
const token = await seed();

console.log("==> The demo upstream");
const upstream = await startUpstream(UPSTREAM_PORT);

console.log("==> The gateway");
const gateway = startGateway(upstream.address().port);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));
gateway.on("exit", (code) => stop(code ?? 1));

await isServing(`http://127.0.0.1:${port}/demo/health`);
explain(`http://127.0.0.1:${port}`);

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
  // The hot keys would need the terminal for themselves.
  options.push("--show-interactive-dev-session=false", "--var", `DEMO_PORT:${upstreamPort}`);
  return spawn(process.execPath, [WRANGLER, "dev", ...options], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    // A process group of its own: a Ctrl-C reaches this process alone, which then ends the whole group,
    // the runtime and a build that is under way included.
    detached: true,
  });
}

let stopping = false;
function stop(code) {
  if (stopping) return;
  stopping = true;
  upstream.close();
  upstream.closeAllConnections();
  endGroup("SIGTERM");
  const patience = setTimeout(() => endGroup("SIGKILL"), 5000);
  const watch = setInterval(() => {
    if (endGroup(0)) return;
    clearTimeout(patience);
    clearInterval(watch);
    process.exit(code);
  }, 50);
}

/** Sends the gateway's process group a signal; false when nobody is left in it. */
function endGroup(signal) {
  try {
    return process.kill(-gateway.pid, signal);
  } catch {
    return false;
  }
}

/** Any answer will do, a refusal too: wrangler holds requests back until the Worker has started. */
async function isServing(url) {
  for (;;) {
    const answered = await fetch(url).then(() => true, () => false);
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function explain(gatewayUrl) {
  console.log(`
The gateway listens on ${gatewayUrl}. In another terminal, call the demo's API through it:

  curl -i ${gatewayUrl}/demo/v1/hello -H 'authorization: Bearer ${token}'

What the upstream received is printed here: not your token but the key, which you never had. It says all of it in its
answer, too, and there [redacted:demo] stands in its place.
Then take the primary key away, call again, and see the secondary go up for the same call; and put it back:

  make break-primary
  make heal-primary

Ctrl-C stops everything. To change the routes, edit gateway.toml: the gateway is rebuilt at once.
`);
  const host = routedHost();
  if (host !== undefined) {
    console.log(`wrangler's configuration has routes, so every request comes in under ${host}, and mounts with a path only are out of reach.
[dev] host = "localhost" there brings them back.
`);
  }
}

/** The host that `wrangler dev` puts into every request; undefined where it leaves requests as they are. */
function routedHost() {
  const { routes, route, dev } = readConfiguration({ config: wranglerFile(ROOT) }, { hideWarnings: true });
  const [first] = routes ?? (route === undefined ? [] : [route]);
  if (first === undefined || dev.host !== undefined) return undefined;
  return (first.pattern ?? first).replace(/^\w+:\/\//, "").split("/")[0];
}
