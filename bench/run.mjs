// The benchmark: `node bench/run.mjs [--rounds N] [--rows NAME,…]`. NOTES.md says how it measures.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CONFIGURATIONS, SHARED_CONFIGURATIONS } from "./growth.mjs";
import { ask, drive } from "./load.mjs";
import { buildPeers, check, installPrograms, peerOf, sizes } from "./peers.mjs";
import { provePromises } from "./promises.mjs";
import { median, report } from "./report.mjs";
import { ROWS } from "./rows.mjs";
import { startServer } from "./server.mjs";
import { proveMetrics, proveReads, SIGNATURES } from "./signatures.mjs";
import { startUpstream } from "./upstream.mjs";
import { checkWaking } from "./waking.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    // `start` is a row too.
    rows: { type: "string", default: [...ROWS.map(({ name }) => name), "start"].join(",") },
    // Servers that start anew in each round, to sample their start.
    starts: { type: "string", default: "5" },
    // While developing: whether what is measured does its task is not looked at.
    unchecked: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const wanted = options.rows.split(",");
const rows = ROWS.filter(({ name }) => wanted.includes(name));
const starts = wanted.includes("start") ? Number(options.starts) : 0;
for (const name of wanted) {
  if (name !== "start" && !ROWS.some((row) => row.name === name)) throw new Error(`There is no row ${name}: ${ROWS.map((row) => row.name).join(", ")}, start.`);
}
if (!(rounds > 0)) throw new Error("--rounds is a number.");

// Cores: the server has one, everything else the other. Children inherit ours.
const SERVER_CORE = 0;
const OTHER_CORE = 1;
if (availableParallelism() < 2) throw new Error("The benchmark needs two cores: one for the server alone.");

// Until compilers have done with what runs hot: the first seconds of a server cost several times the later ones.
const WARM_SECONDS = 2;

const SMALL_GET = "/two/v1/charges/1";

try {
  // Before whatever else wants the cores; children inherit it. It takes a right that not everyone has.
  setPriority(-10);
} catch {
  console.error("Without the right to a higher priority: other work on this machine will show in the figures.");
}
installPrograms();
const peers = buildPeers();
// Those that are compared; the others are variants of them.
const NAMES = ["passthrough", "hono", "hono-same", "ostiary"];
// Those whose start is measured, and what they are asked then.
const STARTED = [
  ...NAMES.map((name) => ({ name, path: SMALL_GET })),
  ...SHARED_CONFIGURATIONS.flatMap((configuration) =>
    ["hono-same", "ostiary"].map((name) => ({ name: peerOf(name, configuration), path: `${CONFIGURATIONS[configuration].routes[0].mount}/v1/charges/1` })),
  ),
];
execFileSync("taskset", ["-a", "-c", "-p", String(OTHER_CORE), String(process.pid)], { stdio: "ignore" });
const upstream = await startUpstream();

const started = (name, slow = false) => startServer({ ...peers[name], upstreamPort: upstream.port, secretDelay: slow ? 50 : 0, core: SERVER_CORE });

// What one turn of a row came to on one server.
async function turn(server, row) {
  const before = server.cpu();
  const load = await drive({ seconds: 1, ...row, port: server.port });
  const cpu = server.cpu() - before;
  if (load.broken > 0 || load.refused !== (row.refused ? load.requests : 0)) throw new Error(`${row.name}: ${JSON.stringify(load)}`);
  return { ...load, cpu };
}

const inOrder = (order) => (left, right) => order.indexOf(left) - order.indexOf(right);

// Rows on all their servers: turn after turn, so that whatever else the machine does falls on all alike.
async function measure(servers, family, order) {
  const measured = family.flatMap((row) => row.peers.toSorted(inOrder(order)).map((name) => ({ row, name, server: servers.get(peerOf(name, row.configuration)), turns: [] })));
  for (const { server, row } of measured) await turn(server, row);
  for (let number = 0; number < Math.max(...family.map(({ turns }) => turns)); number++) {
    for (const { server, row, turns } of measured) turns.push(await turn(server, row));
  }
  const results = {};
  for (const { row, name, turns } of measured) {
    const sum = (value) => turns.reduce((total, one) => total + one[value], 0);
    const requests = sum("requests");
    const middle = (value) => median(turns.map((one) => one[value])) / 1000;
    results[row.name] ??= {};
    results[row.name][name] = {
      requests,
      cpu: (sum("cpu") * 1e6) / requests / (row.per ?? 1),
      perSecond: requests / (sum("duration") / 1e6),
      p50: middle("p50"),
      p99: middle("p99"),
    };
  }
  return results;
}

// What large bodies add to the memory of a process that has seen none: one that has served long keeps pages in
// reserve, in which they would not show. As many small requests come first, since the first ones fill memory too:
// with what is compiled for them.
async function measureMemory(name, row) {
  const server = await started(name);
  try {
    await drive({ port: server.port, path: SMALL_GET, connections: row.connections, count: row.count });
    const { resident } = server.memory();
    server.forgetPeakMemory();
    await turn(server, row);
    return server.memory().peak - resident;
  } finally {
    await server.stop();
  }
}

// From the start of the process until a first answer has come in whole, and the CPU of it.
async function measureStart({ name, path }) {
  const server = await started(name);
  try {
    const listening = performance.now() - server.spawned;
    await ask({ port: server.port, path });
    return { listening, total: performance.now() - server.spawned, cpu: server.cpu() * 1000 };
  } finally {
    await server.stop();
  }
}

// Each peer is measured at what it is compared at only when it does that.
async function checkPeers() {
  await checkWaking({ build: peers.ostiary.build, upstreamPort: upstream.port, core: SERVER_CORE });
  for (const name of ["hono-same", "ostiary"]) {
    await provePromises(name, peers[name]);
    const signed = peers[peerOf(name, "signed")];
    await provePromises(name, signed, SIGNATURES);
    await proveReads(name, signed, upstream.port);
  }
  await proveMetrics(peers["ostiary/metered"], upstream.port);
  for (const name of NAMES) {
    const server = await started(name);
    try {
      await check(name, server.port);
    } finally {
      await server.stop();
    }
  }
}

// One round: every server starts anew, since one process differs from the next in the layout of its memory; then
// each row on each server in turn. Who begins changes with the round.
async function round(number) {
  const names = Object.keys(peers);
  const order = names.map((_, at) => names[(at + number) % names.length]);
  const results = {};
  for (const slow of [false, true]) {
    const due = rows.filter((row) => Boolean(row.slow) === slow);
    const pathOf = (name) => due.find((row) => row.peers.some((peer) => peerOf(peer, row.configuration) === name));
    const servers = new Map();
    try {
      for (const name of order.filter(pathOf)) {
        const server = await started(name, slow);
        servers.set(name, server);
        const { configuration, path, headers } = pathOf(name);
        const warm = configuration === undefined ? { path: SMALL_GET } : { path, headers };
        if (!slow) await drive({ port: server.port, connections: 16, seconds: WARM_SECONDS, ...warm });
      }
      for (const family of Map.groupBy(due, ({ name, family }) => family ?? name).values()) {
        Object.assign(results, await measure(servers, family, order));
      }
    } finally {
      for (const server of servers.values()) await server.stop();
    }
  }
  for (const row of rows.filter(({ per, family }) => per && !family)) {
    for (const name of row.peers.toSorted(inOrder(order))) results[row.name][name].memory = await measureMemory(name, row);
  }
  results.start = Object.fromEntries(STARTED.map(({ name }) => [name, []]));
  for (let sample = 0; sample < starts; sample++) {
    for (const each of STARTED) results.start[each.name].push(await measureStart(each));
  }
  return results;
}

try {
  if (!options.unchecked) await checkPeers();
  const results = [];
  for (let number = 0; number < rounds; number++) {
    console.error(`Round ${number + 1} of ${rounds}`);
    results.push(await round(number));
  }
  const size = Object.fromEntries(STARTED.map(({ name }) => [name, sizes(peers[name].build)]));
  const folder = new URL(".", import.meta.url);
  writeFileSync(new URL("raw.json", folder), JSON.stringify({ rounds: results, size }, null, 1));
  const text = report({ rounds: results, size, names: NAMES });
  // A part of the rows is a look while developing; the whole is the result.
  if (rows.length === ROWS.length && starts > 0) {
    const file = fileURLToPath(new URL("RESULTS.md", folder));
    writeFileSync(file, text);
    execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/wrap-prose.mjs", folder)), file]);
  }
  console.log(text);
} finally {
  await upstream.stop();
}
