// git through the gateway to a real `git http-backend` (gitprotocol-http(5)). git sends a user name and a password only
// after a response that offers Basic.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { startGateway } from "../harness/gateway.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { EVERY, answer } from "../harness/upstream.mjs";
import { KEY, TOKEN, assertWithoutToken } from "./sdk.mjs";

const run = promisify(execFile);
const CREDENTIAL = `Basic ${Buffer.from(`x:${KEY}`).toString("base64")}`;

let gateway;
let served;
let home;
before(async () => {
  gateway = await startGateway();
  served = temporaryFolder();
  home = temporaryFolder();
  git("init", "--quiet", "--bare", "--initial-branch=main", join(served, "repo.git"));
  git("--git-dir", join(served, "repo.git"), "config", "http.receivepack", "true");
});
beforeEach(() => {
  gateway.reset();
  gateway.upstream.on(EVERY, backend);
});
after(() => gateway?.stop());

// Without the machine's configuration, and without a helper that would store a password or ask for one.
const environment = () => ({
  PATH: process.env.PATH,
  HOME: home,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
});

const git = (...args) => execFileSync("git", args, { env: environment(), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

// The gateway's upstream runs in this process, so it must not block while git runs.
const remote = (...args) => run("git", args, { env: environment() });

const url = (token) => `http://x:${encodeURIComponent(token)}@127.0.0.1:${gateway.port}/git/repo.git`;

// Checks the credential and runs the CGI program, like a host of repositories.
async function backend(exchange) {
  await exchange.received;
  if (exchange.value("authorization") !== CREDENTIAL) {
    return exchange.write(answer(401, { "www-authenticate": 'Basic realm="upstream"' }, "who?"));
  }
  const program = spawn("git", ["http-backend"], {
    env: {
      ...environment(),
      GIT_PROJECT_ROOT: served,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: exchange.method,
      PATH_INFO: exchange.path.replace(/^\/git/, ""),
      QUERY_STRING: exchange.query ?? "",
      CONTENT_TYPE: exchange.value("content-type") ?? "",
      CONTENT_LENGTH: String(exchange.body.length),
      HTTP_CONTENT_ENCODING: exchange.value("content-encoding") ?? "",
      GIT_PROTOCOL: exchange.value("git-protocol") ?? "",
      REMOTE_USER: "x",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  program.stdin.end(exchange.body);
  const output = Buffer.concat(await Array.fromAsync(program.stdout));
  const end = output.indexOf("\r\n\r\n");
  const fields = output.subarray(0, end).toString("latin1").split("\r\n").map((line) => line.split(/: (.*)/, 2));
  const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
  return exchange.write(answer(parseInt(status, 10), fields.filter(([name]) => name !== "Status"), output.subarray(end + 4)));
}

test("case 67: git clones, pushes and lists with the token in the URL", async () => {
  const folder = join(temporaryFolder(), "clone");
  await remote("clone", "--quiet", url(TOKEN), folder);
  // More than one buffer, so that the push is sent in chunks after a probe.
  writeFileSync(join(folder, "file"), Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7919) % 251)));
  git("-C", folder, "add", "file");
  git("-C", folder, "commit", "--quiet", "--message", "first");
  await remote("-C", folder, "-c", "http.postBuffer=4096", "push", "--quiet", "origin", "HEAD:main");
  const { stdout } = await remote("ls-remote", url(TOKEN));
  assert.match(stdout, /^[0-9a-f]{40}\trefs\/heads\/main$/m);
  const again = join(temporaryFolder(), "again");
  await remote("clone", "--quiet", url(TOKEN), again);
  assert.deepEqual(readFileSync(join(again, "file")), readFileSync(join(folder, "file")));
  for (const up of gateway.upstream.exchanges) assert.deepEqual(up.values("authorization"), [CREDENTIAL]);
  assert.ok(gateway.upstream.exchanges.some((up) => up.value("git-protocol") === "version=2"));
  assertWithoutToken(gateway.upstream);
});

test("git without a valid token gets an error, and the upstream gets no request", async () => {
  await assert.rejects(remote("ls-remote", url("unknown")), /Authentication failed|could not read/);
  assert.deepEqual(gateway.upstream.exchanges, []);
});

test("git gets an error for a repository without a route", async () => {
  await assert.rejects(remote("ls-remote", url(TOKEN).replace("/git/", "/nowhere/")), /not found/);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
