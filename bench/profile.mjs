// Where a server's CPU goes under the load of a row:
// `node bench/profile.mjs [--peer ostiary] [--row get] [--build FOLDER] [--seconds 5] [--top 40] [--save FILE]`.
// A build with `worker-build --profiling --out-dir bench/.profile` keeps the names of WebAssembly's functions.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { drive } from "./load.mjs";
import { buildPeers, installPrograms } from "./peers.mjs";
import { ROWS } from "./rows.mjs";
import { startServer } from "./server.mjs";
import { startUpstream } from "./upstream.mjs";

const { values: options } = parseArgs({
  options: {
    peer: { type: "string", default: "ostiary" },
    row: { type: "string", default: "get" },
    build: { type: "string" },
    seconds: { type: "string", default: "5" },
    top: { type: "string", default: "40" },
    // For a viewer of V8's CPU profiles.
    save: { type: "string" },
  },
});
const row = ROWS.find(({ name }) => name === options.row);
if (!row) throw new Error(`There is no row ${options.row}: ${ROWS.map(({ name }) => name).join(", ")}.`);

// The inspector's protocol: each command is answered by a message with its number.
class Inspector {
  #socket;
  #waiting = new Map();
  #number = 0;

  static async connect(port) {
    const [{ webSocketDebuggerUrl }] = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
    const inspector = new Inspector();
    inspector.#socket = new WebSocket(webSocketDebuggerUrl);
    inspector.#socket.addEventListener("message", ({ data }) => inspector.#receive(JSON.parse(data)));
    await new Promise((done, failed) => {
      inspector.#socket.addEventListener("open", done);
      inspector.#socket.addEventListener("error", () => failed(new Error("The inspector cannot be reached.")));
    });
    return inspector;
  }

  #receive({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result);
  }

  send(method, params = {}) {
    const id = ++this.#number;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close() {
    this.#socket.close();
  }
}

// Time in a function itself, summed over everywhere that it is called from.
function selfTimes({ nodes, samples, timeDeltas }) {
  const byNode = new Map();
  samples.forEach((id, at) => byNode.set(id, (byNode.get(id) ?? 0) + Math.max(0, timeDeltas[at])));
  const byFunction = new Map();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber, columnNumber } = callFrame;
    // Minified functions without a name are told apart by their place.
    const place = url.startsWith("wasm") ? "wasm" : url && `${url.split("/").at(-1)}:${lineNumber + 1}:${columnNumber + 1}`;
    const name = `${functionName || "(anonymous)"}${place ? `  ${place}` : ""}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + (byNode.get(id) ?? 0));
  }
  return [...byFunction].sort(([, left], [, right]) => right - left);
}

installPrograms();
const builds = buildPeers();
const build = options.build ? resolve(options.build) : builds[options.peer];
execFileSync("taskset", ["-a", "-c", "-p", "1", String(process.pid)], { stdio: "ignore" });
const upstream = await startUpstream();
let server;
try {
  server = await startServer({ build, upstreamPort: upstream.port, secretDelay: row.slow ? 50 : 0, core: 0, options: ["--inspector-addr=127.0.0.1:0"] });
  const load = { ...row, port: server.port };
  await drive({ seconds: 4, ...load });
  const inspector = await Inspector.connect(server.inspectorPort);
  await inspector.send("Profiler.enable");
  await inspector.send("Profiler.setSamplingInterval", { interval: 200 });
  await inspector.send("Profiler.start");
  const before = server.cpu();
  const { requests } = await drive({ seconds: Number(options.seconds), ...load });
  const cpu = server.cpu() - before;
  const { profile } = await inspector.send("Profiler.stop");
  inspector.close();
  if (options.save) writeFileSync(options.save, JSON.stringify(profile));

  const times = selfTimes(profile).filter(([name]) => name !== "(idle)");
  const total = times.reduce((sum, [, time]) => sum + time, 0);
  console.log(`${options.peer}, ${row.title}: ${requests} requests, ${((cpu * 1e6) / requests).toFixed(0)} µs of CPU for each with the profiler on`);
  console.log("  share  µs/request  function");
  for (const [name, time] of times.slice(0, Number(options.top))) {
    console.log(`${((100 * time) / total).toFixed(1).padStart(6)}% ${(time / requests).toFixed(2).padStart(11)}  ${name}`);
  }
} finally {
  await server?.stop();
  await upstream.stop();
}
