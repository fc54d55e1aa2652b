// The table of a run, with the goals.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem } from "node:os";
import { GOALS, ROWS } from "./rows.mjs";
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
function ratio(pairs) {
  const ratios = pairs.map(([of, to]) => of / to);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

const shown = ({ median, least, most }) => `${median.toFixed(3)} (${least.toFixed(2)}–${most.toFixed(2)})`;
const table = (head, lines) => [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const mebibytes = (bytes) => (bytes / (1024 * 1024)).toFixed(0);
const kibibytes = (bytes) => (bytes / 1024).toFixed(1);

export function report({ rounds, size, names }) {
  const of = (row, name, value) => rounds.map((round) => round[row]?.[name]?.[value]).filter((each) => each !== undefined);
  const measured = (row) => rounds[0][row.name] !== undefined;
  const between = (row, value, [ofName, toName]) => {
    const [first, second] = [of(row, ofName, value), of(row, toName, value)];
    return first.length > 0 && second.length > 0 ? ratio(first.map((each, at) => [each, second[at]])) : undefined;
  };
  const cell = (each, digits = 1) => (each.length > 0 ? median(each).toFixed(digits) : "");
  const ratioCell = (each) => (each ? shown(each) : "");

  const cpuLines = ROWS.filter((row) => measured(row)).map((row) => [
    row.title + (row.per ? ", for 1 MiB" : ""),
    ...names.map((name) => cell(of(row.name, name, "cpu"))),
    ratioCell(between(row.name, "cpu", ["ostiary", "hono"])),
    ratioCell(between(row.name, "cpu", ["ostiary", "passthrough"])),
    ratioCell(between(row.name, "cpu", ["hono", "passthrough"])),
  ]);
  const latencyLines = ROWS.filter((row) => measured(row)).map((row) => [
    row.title,
    ...names.map((name) => (of(row.name, name, "p50").length > 0 ? `${cell(of(row.name, name, "p50"), 2)} / ${cell(of(row.name, name, "p99"), 2)}` : "")),
    ...names.map((name) => cell(of(row.name, name, "perSecond"), 0)),
    ...names.map((name) => (of(row.name, name, "memory").length > 0 ? mebibytes(median(of(row.name, name, "memory"))) : "")),
  ]);

  // Starts are many in a round, so a round's value is their median.
  const startOf = (name, value) => rounds.map((round) => round.start[name].map((each) => each[value])).filter((each) => each.length > 0).map(value === "cpu" ? mean : median);
  const hasStarts = rounds[0].start.ostiary.length > 0;
  const startRatio = (value, ofName, toName) => ratio(startOf(ofName, value).map((each, at) => [each, startOf(toName, value)[at]]));
  const startLines = hasStarts
    ? [["total", "until a first answer, ms"], ["listening", "of it until it listens, ms"], ["cpu", "CPU of it, ms"]].map(([value, title]) => [
        title,
        ...names.map((name) => median(startOf(name, value)).toFixed(1)),
        shown(startRatio(value, "ostiary", "hono")),
        shown(startRatio(value, "ostiary", "passthrough")),
      ])
    : [];

  const goals = GOALS.filter(({ row }) => rounds[0][row] !== undefined).map((goal) => {
    const seen = between(goal.row, "cpu", [goal.of, goal.to]);
    return [goal.what, `≤ ${goal.limit.toFixed(2)} × ${goal.to}`, shown(seen), verdict(seen.median <= goal.limit)];
  });
  for (const row of ["down", "up"]) {
    const [ours, floor] = ["ostiary", "passthrough"].map((name) => of(row, name, "memory"));
    if (ours.length === 0) continue;
    // Four bodies are under way at once: if they were held whole, four would show.
    const more = median(ours) - median(floor);
    goals.push([`memory, 10 MiB ${row}`, "flat: less than one body above passthrough", `${mebibytes(more)} MiB`, verdict(more < 10 * 1024 * 1024)]);
  }
  if (rounds[0]["eight-slow"] && rounds[0]["one-slow"]) {
    const seen = ratio(of("eight-slow", "ostiary", "p50").map((each, at) => [each, of("one-slow", "ostiary", "p50")[at]]));
    goals.push(["latency, 8 secrets at 50 ms each", "≤ 1.30 × one at 50 ms", shown(seen), verdict(seen.median <= 1.3)]);
  }
  if (hasStarts) {
    const seen = startRatio("total", "ostiary", "hono");
    goals.push(["start until first answer", "≤ 1.20 × hono", shown(seen), verdict(seen.median <= 1.2)]);
  }
  goals.push(["size, gzipped", `≤ ${SIZE_LIMIT / 1024} KiB`, `${kibibytes(size.ostiary.gzipped)} KiB`, verdict(size.ostiary.gzipped <= SIZE_LIMIT)]);

  const sections = [
    "# Results of the benchmark\n",
    `${setting(rounds.length)}\n`,
    "A ratio is the median of the ratios of the rounds, with the least and the most in parentheses. `NOTES.md` says how it is measured, what each change gave, and what the remaining cost is.\n",
    "## Goals\n",
    `${table(["what", "goal", "measured", ""], goals)}\n`,
    "## CPU for a request, in microseconds\n",
    `${table(["row", ...names, "ostiary / hono", "ostiary / passthrough", "hono / passthrough"], cpuLines)}\n`,
    "## For information\n",
    "Latency in milliseconds (median / 99th percentile) and requests in a second, with the core full but for the rows at 50 ms; what bodies of 10 MiB, four at a time, add to the resident memory of a new process at its peak, in MiB.\n",
    `${table(["row", ...names.map((name) => `${name} latency`), ...names.map((name) => `${name} 1/s`), ...names.map((name) => `${name} MiB`)], latencyLines)}\n`,
    hasStarts ? `## Start of the process\n\n${table(["", ...names, "ostiary / hono", "ostiary / passthrough"], startLines)}\n` : "",
    `## Size in KiB\n\n${table(["", ...names], [["plain", ...names.map((name) => kibibytes(size[name].plain))], ["gzipped", ...names.map((name) => kibibytes(size[name].gzipped))]])}\n`,
  ];
  return sections.filter(Boolean).join("\n");
}

const verdict = (met) => (met ? "met" : "**missed**");

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
