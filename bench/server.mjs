// A peer on workerd alone, on a core of its own, with what the kernel says of its process.

import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

// Its package exports the path of the native binary.
export const { default: WORKERD } = createRequire(import.meta.url)("workerd");

const COMPATIBILITY_DATE = "2026-11-17";
// The unit of /proc/PID/stat: USER_HZ, which is 100 on every architecture that Linux has a stable interface for.
const TICK = 0.01;
// Bound to every server.
const SECRETS = [...Array.from({ length: 8 }, (_, at) => [`KEY_${at + 1}`, `KEY_${at + 1}_PREVIOUS`]).flat(), "ONE_CHARACTER"];

// What a binding yields: as long as a real key, and different for each. One is long and of one character.
export const secretValue = (binding) =>
  binding === "ONE_CHARACTER" ? "k".repeat(1_024) : `${binding.toLowerCase()}_0123456789abcdef0123456789abcdef`;

const quoted = (text) => JSON.stringify(text);

const rank = (name) => (["entry.js", "index.js"].indexOf(name) + 3) % 3;

// The entry first, as workerd takes it: `entry.js` where there is one, or `index.js`.
export function modulesOf(folder) {
  return readdirSync(folder)
    .filter((name) => /\.(js|wasm)$/.test(name))
    .sort((left, right) => rank(left) - rank(right));
}

function secretBinding(name, delay, { value = secretValue(name), fault = "" } = {}) {
  const texts = Object.entries({ value, delay: String(delay), fault }).map(([key, text]) => `(name = ${quoted(key)}, text = ${quoted(text)})`);
  return `(name = ${quoted(name)}, wrapped = (moduleName = "bench:secret", innerBindings = [${texts.join(", ")}]))`;
}

const datasetBinding = (name, tells) =>
  `(name = ${quoted(name)}, wrapped = (moduleName = "bench:dataset", innerBindings = [(name = "tells", text = ${quoted(tells ? "yes" : "no")})]))`;

function configuration({ names, before, upstreamPort, secretDelay, bindings, datasets, tellsPoints, faults, engineFlags }) {
  const modules = [
    ...Object.entries(before).map(([name, text]) => `(name = ${quoted(name)}, esModule = ${quoted(text)})`),
    ...names.map((name) => `(name = ${quoted(name)}, ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${quoted(name)})`),
  ];
  const secrets = [...SECRETS, ...bindings].map((name) => secretBinding(name, secretDelay, faults[name]));
  const points = datasets.map((name) => datasetBinding(name, tellsPoints));
  return `using Workerd = import "/workerd/workerd.capnp";
const configuration :Workerd.Config = (
  services = [
    (name = "server", worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = ${quoted(COMPATIBILITY_DATE)},
      bindings = [(name = "UPSTREAM_PORT", text = ${quoted(String(upstreamPort))}), ${[...secrets, ...points].join(", ")}],
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "server")],
  v8Flags = [${engineFlags.map(quoted).join(", ")}],
  extensions = [(modules = [
    (name = "bench:secret", internal = true, esModule = embed "secret-binding.module"),
    (name = "bench:dataset", internal = true, esModule = embed "dataset-binding.module"),
  ])],
);
`;
}

// `build` is the folder with the server's modules; `before` are texts of modules that come before them, the first of
// which is then the entry. `bindings` names secrets besides the usual ones; `faults` gives a secret another value, or
// says how its binding fails. `datasets` names bindings of Analytics Engine, which tell what is written where
// `tellsPoints` says so. `core` is where the process is pinned, if anywhere.
export async function startServer({ build, before = {}, upstreamPort, secretDelay = 0, bindings = [], datasets = [], tellsPoints = false, faults = {}, core, options = [], engineFlags = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-bench-server-"));
  const names = modulesOf(build);
  // `embed` finds files beside the configuration only.
  for (const name of names) copyFileSync(join(build, name), join(folder, basename(name)));
  for (const name of ["secret", "dataset"]) copyFileSync(new URL(`${name}-binding.js`, import.meta.url), join(folder, `${name}-binding.module`));
  const file = join(folder, "server.capnp");
  writeFileSync(file, configuration({ names, before, upstreamPort, secretDelay, bindings, datasets, tellsPoints, faults, engineFlags }));

  const spawned = performance.now();
  // taskset becomes workerd, so its process id is workerd's. The log goes where writing costs least, for all alike.
  const pinned = core === undefined ? [] : ["taskset", "-c", String(core)];
  const [command, ...parameters] = [...pinned, WORKERD, "serve", file, "--control-fd=3", ...options];
  const child = spawn(command, parameters, { cwd: folder, stdio: ["ignore", "ignore", "pipe", "pipe"] });
  const server = new Server(child, folder, spawned);
  try {
    await server.listening();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class Server {
  port;
  inspectorPort;
  #child;
  #folder;
  #ended;
  #end = () => this.#child.kill("SIGKILL");
  #errors = "";

  constructor(child, folder, spawned) {
    this.#child = child;
    this.#folder = folder;
    this.spawned = spawned;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    child.stderr.setEncoding("utf8").on("data", (text) => (this.#errors += text));
    process.once("exit", this.#end);
  }

  async listening() {
    let text = "";
    for await (const piece of this.#child.stdio[3].setEncoding("utf8")) {
      text += piece;
      const events = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
      this.inspectorPort = events.find(({ event }) => event === "listen-inspector")?.port;
      this.port = events.find(({ event }) => event === "listen")?.port;
      if (this.port) return;
    }
    throw new Error(`workerd ended before it listened:\n${this.#errors}`);
  }

  // What of its errors begins with this, without that.
  told(beginning) {
    return this.#errors.split("\n").filter((line) => line.startsWith(beginning)).map((line) => line.slice(beginning.length));
  }

  get pid() {
    return this.#child.pid;
  }

  // Seconds of CPU that the process has used, in user and kernel mode, all threads, those that ended too.
  cpu() {
    const stat = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    // The second field is a name in parentheses, and may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [user, kernel] = [fields[11], fields[12]].map(Number);
    return (user + kernel) * TICK;
  }

  // Lets the peak start anew from what is resident now.
  forgetPeakMemory() {
    writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
  }

  // In bytes, now and at its peak.
  memory() {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const kibibytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]);
    return { resident: kibibytes("VmRSS") * 1024, peak: kibibytes("VmHWM") * 1024 };
  }

  async stop() {
    process.off("exit", this.#end);
    this.#child.kill("SIGTERM");
    const timer = setTimeout(this.#end, 5_000);
    await this.#ended;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true });
  }
}
