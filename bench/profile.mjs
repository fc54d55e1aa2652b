// Where a server's CPU goes under the load of a row:
// node bench/profile.mjs [--peer ostiary] [--row get] [--build FOLDER] [--seconds 5] [--top 40] [--native]
//   [--save FILE]
//
// Without `--native` it is the inspector's CPU profile: time in functions themselves. The inspector makes everything
// dearer, console.log most of all, so its shares are hints. With `--native` the kernel samples the undisturbed
// process (Debian's linux-perf), and time is counted with what a function calls.
//
// NOTES.md says how to build with the names of all functions.

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { drive } from "./load.mjs";
import { buildPeers, installPrograms, peerOf } from "./peers.mjs";
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
    native: { type: "boolean", default: false },
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

async function inspected(server, load) {
  const inspector = await Inspector.connect(server.inspectorPort);
  await inspector.send("Profiler.enable");
  await inspector.send("Profiler.setSamplingInterval", { interval: 200 });
  await inspector.send("Profiler.start");
  const { requests } = await drive(load);
  const { profile } = await inspector.send("Profiler.stop");
  inspector.close();
  if (options.save) writeFileSync(options.save, JSON.stringify(profile));
  const times = selfTimes(profile).filter(([name]) => name !== "(idle)");
  const total = times.reduce((sum, [, time]) => sum + time, 0);
  return { requests, shares: times.map(([name, time]) => [name, time / total]) };
}

async function sampled(server, load) {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-bench-profile-"));
  try {
    const file = join(folder, "samples");
    const recorder = spawn("perf", ["record", "--freq", "1999", "--call-graph", "fp", "--pid", String(server.pid), "--output", file], { stdio: "ignore" });
    const recorded = new Promise((done, failed) => {
      recorder.once("close", done);
      recorder.once("error", () => failed(new Error("perf is missing: `apt-get install linux-perf`.")));
    });
    const { requests } = await Promise.race([drive(load), recorded.then(() => { throw new Error("perf ended early."); })]);
    recorder.kill("SIGINT");
    await recorded;
    if (options.save) copyFileSync(file, options.save);
    const text = execFileSync("perf", ["report", "--input", file, "--children", "--sort", "sym", "--stdio", "--call-graph", "none"], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
    const shares = new Map();
    for (const line of text.split("\n")) {
      const [, share, name] = /^\s*([\d.]+)%\s+[\d.]+%\s+\[[.k]\] (.*?)\s*$/.exec(line) ?? [];
      // What was compiled twice is one function: V8 marks the tier. Of the runtime's templates only the plain names
      // tell.
      const plain = name?.replace(/^JS:[*+^~']*/, "JS ").replace(/ file:\/\/\S*\/|-\d+-(turbofan|liftoff)$/g, " ");
      if (plain && !/<.*<.*</.test(plain.replace(/^JS .*/, ""))) shares.set(plain, (shares.get(plain) ?? 0) + Number(share) / 100);
    }
    return { requests, shares: [...shares].sort(([, left], [, right]) => right - left) };
  } finally {
    rmSync(folder, { recursive: true });
    // Where V8 writes what its code is called.
    rmSync(`/tmp/perf-${server.pid}.map`, { force: true });
  }
}

installPrograms();
const peer = buildPeers({ names: true })[peerOf(options.peer, row.configuration)];
if (!peer) throw new Error(`${options.peer} does not take part in the row ${row.name}.`);
if (options.build) peer.build = resolve(options.build);
try {
  setPriority(-10);
} catch {
  // Then other work shows in the figures.
}
execFileSync("taskset", ["-a", "-c", "-p", "1", String(process.pid)], { stdio: "ignore" });
const upstream = await startUpstream();
let server;
try {
  const way = options.native ? { engineFlags: ["--perf-basic-prof", "--interpreted-frames-native-stack"] } : { options: ["--inspector-addr=127.0.0.1:0"] };
  server = await startServer({ ...peer, upstreamPort: upstream.port, secretDelay: row.slow ? 50 : 0, core: 0, ...way });
  const load = { seconds: Number(options.seconds), ...row, port: server.port };
  await drive({ ...load, seconds: 4 });
  const before = server.cpu();
  const { requests, shares } = await (options.native ? sampled : inspected)(server, load);
  const each = ((server.cpu() - before) * 1e6) / requests;
  console.log(`${options.peer}, ${row.title}: ${requests} requests, ${each.toFixed(0)} µs of CPU for each while profiled`);
  console.log("  share  µs/request  function");
  for (const [name, share] of shares.slice(0, Number(options.top))) {
    console.log(`${(100 * share).toFixed(1).padStart(6)}% ${(share * each).toFixed(1).padStart(11)}  ${name.slice(0, 160)}`);
  }
} finally {
  await server?.stop();
  await upstream.stop();
}
