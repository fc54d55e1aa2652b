// The benchmark: `node bench/run.mjs [--rounds N] [--rows NAME,…]`. NOTES.md says how it measures.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, setPriority } from "node:os";
import { parseArgs } from "node:util";
import { ask, drive } from "./load.mjs";
import { buildPeers, check, installPrograms, sizes } from "./peers.mjs";
import { median, report } from "./report.mjs";
import { ROWS } from "./rows.mjs";
import { startServer } from "./server.mjs";
import { startUpstream } from "./upstream.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    // `start` is a row too.
    rows: { type: "string", default: [...ROWS.map(({ name }) => name), "start"].join(",") },
    // Servers that start anew in each round, to sample their start.
    starts: { type: "string", default: "5" },
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

try {
  // Before whatever else wants the cores; children inherit it. It takes a right that not everyone has.
  setPriority(-10);
} catch {
  console.error("Without the right to a higher priority: other work on this machine will show in the figures.");
}
installPrograms();
const builds = buildPeers();
const names = Object.keys(builds);
execFileSync("taskset", ["-a", "-c", "-p", String(OTHER_CORE), String(process.pid)], { stdio: "ignore" });
const upstream = await startUpstream();

const started = (name, slow) => startServer({ build: builds[name], upstreamPort: upstream.port, secretDelay: slow ? 50 : 0, core: SERVER_CORE });

// What one turn of a row came to on one server.
async function turn(server, row) {
  const before = server.cpu();
  const load = await drive({ seconds: 1, ...row, port: server.port });
  const cpu = server.cpu() - before;
  if (load.broken > 0 || load.refused !== (row.refused ? load.requests : 0)) throw new Error(`${row.name}: ${JSON.stringify(load)}`);
  return { ...load, cpu };
}

// A row on all its servers: turn after turn, so that whatever else the machine does falls on all alike.
async function measure(servers, row) {
  const turns = new Map();
  for (const [name, server] of servers) {
    await turn(server, row);
    turns.set(name, []);
  }
  for (let number = 0; number < row.turns; number++) {
    for (const [name, server] of servers) turns.get(name).push(await turn(server, row));
  }
  const measured = ([name, each]) => {
    const sum = (value) => each.reduce((total, one) => total + one[value], 0);
    const requests = sum("requests");
    const middle = (value) => median(each.map((one) => one[value])) / 1000;
    return [name, {
      requests,
      cpu: (sum("cpu") * 1e6) / requests / (row.per ?? 1),
      perSecond: requests / (sum("duration") / 1e6),
      p50: middle("p50"),
      p99: middle("p99"),
    }];
  };
  return Object.fromEntries([...turns].map(measured));
}

// What large bodies add to the memory of a process that has seen none: one that has served long keeps pages in
// reserve, in which they would not show. As many small requests come first, since the first ones fill memory too:
// with what is compiled for them.
async function measureMemory(name, row) {
  const server = await started(name, false);
  try {
    await drive({ port: server.port, path: "/two/v1/charges/1", connections: row.connections, count: row.count });
    const { resident } = server.memory();
    server.forgetPeakMemory();
    await turn(server, row);
    return server.memory().peak - resident;
  } finally {
    await server.stop();
  }
}

// From the start of the process until a first answer has come in whole, and the CPU of it.
async function measureStart(name) {
  const server = await started(name, false);
  try {
    const listening = performance.now() - server.spawned;
    await ask({ port: server.port, path: "/two/v1/charges/1" });
    return { listening, total: performance.now() - server.spawned, cpu: server.cpu() * 1000 };
  } finally {
    await server.stop();
  }
}

// One round: every server starts anew, since one process differs from the next in the layout of its memory; then
// each row on each server in turn. Who begins changes with the round.
async function round(number) {
  const order = names.map((_, at) => names[(at + number) % names.length]);
  const results = {};
  for (const slow of [false, true]) {
    const due = rows.filter((row) => Boolean(row.slow) === slow);
    const servers = new Map();
    try {
      for (const name of order.filter((each) => due.some((row) => row.peers.includes(each)))) {
        const server = await started(name, slow);
        servers.set(name, server);
        if (number === 0) await check(name, server.port);
        if (!slow) await drive({ port: server.port, path: "/two/v1/charges/1", connections: 16, seconds: WARM_SECONDS });
      }
      for (const row of due) {
        results[row.name] = await measure(new Map([...servers].filter(([name]) => row.peers.includes(name))), row);
      }
    } finally {
      for (const server of servers.values()) await server.stop();
    }
  }
  for (const row of rows.filter((each) => each.per)) {
    for (const name of order) results[row.name][name].memory = await measureMemory(name, row);
  }
  results.start = Object.fromEntries(names.map((name) => [name, []]));
  for (let sample = 0; sample < starts; sample++) {
    for (const name of order) results.start[name].push(await measureStart(name));
  }
  return results;
}

try {
  const results = [];
  for (let number = 0; number < rounds; number++) {
    console.error(`Round ${number + 1} of ${rounds}`);
    results.push(await round(number));
  }
  const size = Object.fromEntries(names.map((name) => [name, sizes(builds[name])]));
  const folder = new URL(".", import.meta.url);
  writeFileSync(new URL("raw.json", folder), JSON.stringify({ rounds: results, size }, null, 1));
  const text = report({ rounds: results, size, names });
  // A part of the rows is a look while developing; the whole is the result.
  if (rows.length === ROWS.length && starts > 0) writeFileSync(new URL("RESULTS.md", folder), text);
  console.log(text);
} finally {
  await upstream.stop();
}
