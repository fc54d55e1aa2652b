// Load: one request after another on each of a few kept connections, and single requests that check a server.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const TOKEN = "benchmark-caller-token-0123456789abcdef";

// Twelve, as an SDK and the proxies before a gateway send them. Two of them must not go up.
export const REQUEST_HEADERS = {
  accept: "application/json",
  "accept-encoding": "gzip, deflate, br",
  "accept-language": "en-GB,en;q=0.8",
  authorization: `Bearer ${TOKEN}`,
  "content-type": "application/json",
  cookie: "session=0123456789abcdef",
  "idempotency-key": "6f1d2b0c-6a0e-4b53-8a57-3d9a2f0c1e11",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "user-agent": "example-sdk/4.12.0 (linux; x64)",
  "x-api-version": "2026-11-17",
  "x-client-runtime": "node/24.9.0",
  "x-forwarded-for": "192.0.2.1",
};

export const STRANGER = { ...REQUEST_HEADERS, authorization: "Bearer a-token-that-nobody-has-0123456789abcd" };

const luaTable = (entries) => `{ ${Object.entries(entries).map(([name, value]) => `[${JSON.stringify(name)}] = ${JSON.stringify(value)}`).join(", ")} }`;

// One request for each token, in turn, made before the time begins.
const inTurn = `
local requests, at = {}, 0
function init()
  for token in io.lines("%s") do
    wrk.headers["authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format()
  end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
`;

// With constants only, wrk makes the request once. Times are in microseconds.
const script = ({ method, headers, bodyLength }, tokens) => `
${tokens === undefined ? "" : inTurn.replace("%s", tokens).replace("%%", "%")}
wrk.method = "${method}"
wrk.headers = ${luaTable(headers)}
${bodyLength > 0 ? `wrk.body = string.rep("x", ${bodyLength})` : ""}
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\nREPORT {"requests":%d,"duration":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
`;

export const drive = (load) => (load.count === undefined ? driveFor(load) : driveCount(load));

// For a time, with wrk: as much as the server can do. Of `tokens` each request shows the next one. What is under way at
// the end is not counted, which is one request on each connection.
async function driveFor({ port, path, method = "GET", headers = REQUEST_HEADERS, bodyLength = 0, tokens, connections, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-bench-load-"));
  const file = join(folder, "request.lua");
  const list = tokens && join(folder, "tokens");
  if (tokens) writeFileSync(list, tokens.join("\n"));
  writeFileSync(file, script({ method, headers, bodyLength }, list));
  const target = `http://127.0.0.1:${port}${path}`;
  const child = spawn("wrk", ["--threads", "1", "--connections", String(connections), "--duration", `${seconds}s`, "--timeout", "20s", "--script", file, target], { stdio: ["ignore", "pipe", "inherit"] });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  await new Promise((resolve) => child.once("close", resolve));
  process.off("exit", end);
  rmSync(folder, { recursive: true });
  const report = /^REPORT (.*)$/m.exec(output)?.[1];
  if (report === undefined) throw new Error(`wrk reported nothing:\n${output}`);
  return JSON.parse(report);
}

// A count of requests, for those so large that the ones under way at the end of a time would weigh.
async function driveCount({ port, path, method, headers, bodyLength = 0, connections, count }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const body = bodyLength > 0 ? Buffer.alloc(bodyLength, "x") : undefined;
  const times = [];
  let [left, refused] = [count, 0];
  const started = performance.now();
  const connection = async () => {
    while (left-- > 0) {
      const asked = performance.now();
      const { status } = await ask({ port, path, method, headers, body, agent, keep: false });
      if (status > 399) refused++;
      times.push((performance.now() - asked) * 1000);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
  } finally {
    agent.destroy();
  }
  times.sort((left, right) => left - right);
  const at = (share) => times[Math.min(count - 1, Math.floor(share * count))];
  return { requests: count, duration: (performance.now() - started) * 1000, p50: at(0.5), p99: at(0.99), refused, broken: 0 };
}

// One request. `keep: false` drops the answer's body as it comes.
export function ask({ port, path, method = "GET", headers = REQUEST_HEADERS, body, agent = false, keep = true }) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": body.length };
    const request = http.request({ host: "127.0.0.1", port, path, method, headers: { ...headers, ...length }, agent, timeout: 20_000 }, (response) => {
      const pieces = [];
      response.on("data", (piece) => keep && pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }));
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.end(body);
  });
}
