// The tables of a run, with the goals.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem } from "node:os";
import { SHARED_CONFIGURATIONS } from "./growth.mjs";
import { peerOf } from "./peers.mjs";
import { GOALS, HARDEST_BODY, ROWS, SECTIONS } from "./rows.mjs";
import { WORKERD } from "./server.mjs";

const SIZE_LIMIT = 200 * 1024;

export function median(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The kernel's accounting has steps of 10 ms, which a median of short times cannot see through.
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The median of the ratios of the rounds, and between what they lay.
function ratio(of, to) {
  if (of.length === 0 || to.length === 0) return undefined;
  const ratios = of.map((each, at) => each / to[at]);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

const shown = (ratio) => (ratio ? `${ratio.median.toFixed(3)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})` : "");
const middle = (values, digits = 1) => (values.length > 0 ? median(values).toFixed(digits) : "");
const table = (head, lines) => [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const mebibytes = (bytes) => (bytes / (1024 * 1024)).toFixed(0);
const kibibytes = (bytes) => (bytes / 1024).toFixed(1);
const verdict = (met) => (met ? "met" : "**missed**");

class Run {
  constructor({ rounds, size, names }) {
    Object.assign(this, { rounds, size, names });
  }

  // One value of a row on a server, of each round.
  of(row, name, value = "cpu") {
    return this.rounds.map((round) => round[row]?.[name]?.[value]).filter((each) => each !== undefined);
  }

  measured(section) {
    return SECTIONS[section].filter(({ name }) => this.rounds[0][name] !== undefined);
  }

  between(row, of, to) {
    return ratio(this.of(row, of), this.of(row, to));
  }

  // How many times what the row costs that it is compared with.
  growth({ name, than }, peer) {
    return than && ratio(this.of(name, peer), this.of(than, peer));
  }

  // Starts are many in a round, so a round's value is their median.
  start(name, value = "total") {
    const each = this.rounds.map((round) => round.start[name].map((start) => start[value])).filter(({ length }) => length > 0);
    return each.map(value === "cpu" ? mean : median);
  }

  get hasStarts() {
    return this.start("ostiary").length > 0;
  }
}

function goals(run) {
  const lines = GOALS.map((goal) => ({ ...goal, seen: goal.than ? run.growth({ name: goal.row, than: goal.than }, goal.of) : run.between(goal.row, goal.of, goal.to) }))
    .filter(({ seen }) => seen)
    .map(({ what, limit, to, seen }) => [what, `≤ ${limit.toFixed(2)} × ${to}`, shown(seen), verdict(seen.median <= limit)]);
  const hardest = run
    .measured("bodies")
    .map((row) => ({ title: row.title, seen: run.growth(row, "ostiary") }))
    .filter(({ seen }) => seen)
    .sort((left, right) => right.seen.median - left.seen.median)[0];
  if (hardest) {
    const { title, seen } = hardest;
    lines.push([`CPU, the hardest body to redact: ${title}`, `≤ ${HARDEST_BODY} × plain text`, shown(seen), verdict(seen.median <= HARDEST_BODY)]);
  }
  for (const row of ["down", "up"]) {
    const [ours, floor] = ["ostiary", "passthrough"].map((name) => run.of(row, name, "memory"));
    if (ours.length === 0) continue;
    // Four bodies are under way at once: if they were held whole, four would show.
    const more = median(ours) - median(floor);
    lines.push([`memory, 10 MiB ${row}`, "flat: less than one body above passthrough", `${mebibytes(more)} MiB`, verdict(more < 10 * 1024 * 1024)]);
  }
  const slow = ratio(run.of("eight-slow", "ostiary", "p50"), run.of("one-slow", "ostiary", "p50"));
  if (slow) lines.push(["latency, 8 secrets at 50 ms each", "≤ 1.30 × one at 50 ms", shown(slow), verdict(slow.median <= 1.3)]);
  if (run.hasStarts) {
    const start = ratio(run.start("ostiary"), run.start("hono"));
    lines.push(["start until first answer", "≤ 1.20 × hono", shown(start), verdict(start.median <= 1.2)]);
  }
  const { gzipped } = run.size.ostiary;
  lines.push(["size, gzipped", `≤ ${SIZE_LIMIT / 1024} KiB`, `${kibibytes(gzipped)} KiB`, verdict(gzipped <= SIZE_LIMIT)]);
  return table(["what", "goal", "measured", ""], lines);
}

function cpu(run) {
  const lines = run.measured("main").map(({ name, title, per }) => [
    title + (per ? ", for 1 MiB" : ""),
    ...run.names.map((peer) => middle(run.of(name, peer))),
    ...["hono-same", "hono", "passthrough"].map((to) => shown(run.between(name, "ostiary", to))),
    shown(run.between(name, "hono-same", "hono")),
  ]);
  return table(["row", ...run.names, "ostiary / hono-same", "ostiary / hono", "ostiary / passthrough", "hono-same / hono"], lines);
}

function growth(run, section) {
  const peers = ["hono-same", "ostiary"];
  const lines = run.measured(section).map((row) => [
    row.title,
    ...peers.map((peer) => middle(run.of(row.name, peer))),
    shown(run.between(row.name, "ostiary", "hono-same")),
    row.than ? ROWS.find(({ name }) => name === row.than).title : "",
    ...peers.map((peer) => shown(run.growth(row, peer))),
  ]);
  return table(["row", ...peers, "ostiary / hono-same", "compared with", ...peers.map((peer) => `${peer}, ×`)], lines);
}

function configurations(run) {
  const peers = ["hono-same", "ostiary"];
  const lines = SHARED_CONFIGURATIONS.map((configuration) => {
    const names = peers.map((peer) => peerOf(peer, configuration));
    return [configuration, ...names.map((name) => kibibytes(run.size[name].gzipped)), ...names.map((name) => middle(run.start(name)))];
  });
  return table(["configuration", ...peers.map((peer) => `${peer}, KiB gzipped`), ...peers.map((peer) => `${peer}, ms until a first answer`)], lines);
}

function bodies(run) {
  const lines = run.measured("bodies").map((row) => [row.title, middle(run.of(row.name, "ostiary")), shown(run.growth(row, "ostiary"))]);
  return table(["body", "ostiary, µs for 1 MiB", "× plain text"], lines);
}

function waking(run) {
  const names = ["ostiary", "ostiary-queue-microtask"];
  const lines = run.measured("waking").map(({ name }) => [...names.map((peer) => middle(run.of(name, peer))), shown(run.between(name, ...names))]);
  return table(["by a resolved promise", "by `queueMicrotask`", "promise / `queueMicrotask`"], lines);
}

function information(run) {
  const { names } = run;
  const lines = run.measured("main").map(({ name, title }) => [
    title,
    ...names.map((peer) => (run.of(name, peer).length > 0 ? `${middle(run.of(name, peer, "p50"), 2)} / ${middle(run.of(name, peer, "p99"), 2)}` : "")),
    ...names.map((peer) => middle(run.of(name, peer, "perSecond"), 0)),
    ...names.map((peer) => (run.of(name, peer, "memory").length > 0 ? mebibytes(median(run.of(name, peer, "memory"))) : "")),
  ]);
  return table(["row", ...names.map((name) => `${name} latency`), ...names.map((name) => `${name} 1/s`), ...names.map((name) => `${name} MiB`)], lines);
}

function starts(run) {
  const lines = [["total", "until a first answer, ms"], ["listening", "of it until it listens, ms"], ["cpu", "CPU of it, ms"]].map(([value, title]) => [
    title,
    ...run.names.map((name) => middle(run.start(name, value))),
    ...["hono-same", "hono", "passthrough"].map((to) => shown(ratio(run.start("ostiary", value), run.start(to, value)))),
  ]);
  return table(["", ...run.names, "ostiary / hono-same", "ostiary / hono", "ostiary / passthrough"], lines);
}

const sizes = ({ names, size }) =>
  table(["", ...names], [["plain", ...names.map((name) => kibibytes(size[name].plain))], ["gzipped", ...names.map((name) => kibibytes(size[name].gzipped))]]);

export function report(measured) {
  const run = new Run(measured);
  const has = (section) => run.measured(section).length > 0;
  const sections = [
    "# Results of the benchmark\n",
    `${setting(run.rounds.length)}\n`,
    "A ratio is the median of the ratios of the rounds, with the least and the most in parentheses. `NOTES.md` says how it is measured, what each change gave, and what the remaining cost is.\n",
    `## Goals\n\n${goals(run)}\n`,
    has("main") && `## CPU for a request, in microseconds\n\n${cpu(run)}\n`,
    has("signed") && `## What is signed, and who shows a signed token: CPU for a request, in microseconds\n\n${growth(run, "signed")}\n`,
    has("growth") && `## How cost grows: CPU of a small GET with 2 secrets, in microseconds\n\n${growth(run, "growth")}\n`,
    has("growth") && run.hasStarts && `Size and start with these configurations:\n\n${configurations(run)}\n`,
    has("bodies") && `## Bodies of 1 MiB that are hard to redact\n\n${bodies(run)}\n`,
    has("waking") && `## How tasks are woken: CPU of a small GET, in microseconds\n\n${waking(run)}\n`,
    has("main") &&
      `## For information\n\nLatency in milliseconds (median / 99th percentile) and requests in a second, with the core full but for the rows at 50 ms; what bodies of 10 MiB, four at a time, add to the resident memory of a new process at its peak, in MiB.\n\n${information(run)}\n`,
    run.hasStarts && `## Start of the process\n\n${starts(run)}\n`,
    `## Size in KiB\n\n${sizes(run)}\n`,
  ];
  return sections.filter(Boolean).join("\n");
}

function setting(rounds) {
  const [{ model }] = cpus();
  const output = (command, args) => {
    const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
    return `${stdout}${stderr}`;
  };
  const versions = {
    workerd: execFileSync(WORKERD, ["--version"], { encoding: "utf8" }).replace("workerd", "").trim(),
    hono: JSON.parse(readFileSync(new URL("peers/hono/package.json", import.meta.url))).dependencies.hono,
    esbuild: createRequire(import.meta.url)("esbuild/package.json").version,
    rust: /channel = "(.*)"/.exec(readFileSync(new URL("../rust-toolchain.toml", import.meta.url), "utf8"))?.[1],
    nginx: /nginx\/(\S+)/.exec(output("nginx", ["-v"]))?.[1],
    wrk: /wrk (?:debian\/)?(\S+)/.exec(output("wrk", ["-v"]))?.[1],
  };
  const listed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${new Date().toISOString().slice(0, 10)}, ${rounds} rounds. ${model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release().split("-")[0]}; ${listed.join(", ")}.`;
}
