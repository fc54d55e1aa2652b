// The peers, built and proved to do what they are compared at.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { bindingsOf, CONFIGURATIONS, datasetsOf, SHARED_CONFIGURATIONS } from "./growth.mjs";
import { ask, REQUEST_HEADERS, STRANGER } from "./load.mjs";
import { modulesOf, secretValue } from "./server.mjs";
import { LARGE_BODY } from "./upstream.mjs";
import { keepQueueMicrotask } from "./waking.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

function run(command, args, options = {}) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8", ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}

// Debian's package has the program's name or nearly.
export function installPrograms() {
  const missing = Object.entries({ wrk: "wrk", nginx: "nginx-light" }).filter(([program]) => spawnSync(program, ["-v"]).error);
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (process.getuid() !== 0 || spawnSync("apt-get", ["--version"]).error) {
    throw new Error(`The benchmark needs ${packages.join(" and ")}: install with \`apt-get install ${packages.join(" ")}\`, or as your system does.`);
  }
  run("apt-get", ["update"]);
  // A service that Debian starts by itself would take port 80 and a share of the cores.
  run("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" } });
}

const HONO = join(HERE, "peers", "hono");
const GENERATED = join(HERE, ".generated");

// What is measured: by name, the folder with its modules, and what comes before them. `names` keeps those of functions.
export function buildPeers({ names = false } = {}) {
  const ostiary = gateway(join(HERE, ".build"));
  installHono();
  const minified = names ? "--keep-names" : "--minify";
  const peers = {
    passthrough: { build: join(HERE, "peers", "passthrough") },
    hono: { build: bundle("hono", "index.ts", minified) },
    "hono-same": { build: bundle("hono-same", "same/index.ts", minified) },
    ostiary: { build: ostiary },
    "ostiary-queue-microtask": { build: ostiary, before: keepQueueMicrotask(ostiary) },
  };
  for (const configuration of Object.keys(CONFIGURATIONS)) {
    const bindings = bindingsOf(configuration);
    const alias = `--alias:generated-configuration=${join(GENERATED, configuration, "configuration.json")}`;
    peers[`ostiary/${configuration}`] = { build: gateway(join(GENERATED, configuration, "build")), bindings, datasets: datasetsOf(configuration) };
    if (SHARED_CONFIGURATIONS.includes(configuration)) peers[`hono-same/${configuration}`] = { build: bundle(configuration, "same/growth.ts", minified, alias), bindings };
  }
  peers["ostiary/signed"] = { build: gateway(join(HERE, ".signed")) };
  peers["hono-same/signed"] = { build: bundle("signed", "signed/index.ts", minified) };
  return peers;
}

// The key of a peer with a generated configuration.
export const peerOf = (name, configuration) => (configuration === undefined ? name : `${name}/${configuration}`);

function gateway(build) {
  if (!existsSync(join(build, "index.js"))) throw new Error(`The gateway is not built in ${build}: \`make bench\` builds it.`);
  return build;
}

function installHono() {
  const { dependencies } = JSON.parse(readFileSync(join(HONO, "package.json"), "utf8"));
  if (!Object.keys(dependencies).every((name) => existsSync(join(HONO, "node_modules", name)))) run("npm", ["ci", "--no-progress", "--loglevel=error"], { cwd: HONO });
}

function bundle(name, entry, ...options) {
  const built = join(HONO, ".build", name);
  mkdirSync(built, { recursive: true });
  // By path, as the folder of programs need not be on PATH.
  const esbuild = join(dirname(createRequire(import.meta.url).resolve("esbuild/package.json")), "bin", "esbuild");
  run(esbuild, [join(HONO, "src", entry), "--bundle", "--format=esm", "--log-level=error", "--target=es2024", ...options, `--outfile=${join(built, "index.js")}`]);
  return built;
}

// As an upload is weighed: modules compressed together.
export function sizes(build) {
  const modules = modulesOf(build).map((name) => readFileSync(join(build, name)));
  return { plain: Buffer.concat(modules).length, gzipped: gzipSync(Buffer.concat(modules)).length };
}

// A server that did less than its task would win.
export async function check(name, port) {
  const fail = (what, seen) => {
    throw new Error(`${name} does not do its task: ${what}, got ${JSON.stringify(seen)}`);
  };
  const expect = (what, seen, wanted) => {
    if (seen !== wanted) fail(what, seen);
  };

  const get = await ask({ port, path: "/two/v1/charges/1" });
  expect("a GET is answered", get.status, 200);
  const post = await ask({ port, path: "/two/v1/charges", method: "POST", body: Buffer.alloc(2048, "x") });
  expect("a POST is answered", post.status, 200);
  const down = await ask({ port, path: "/two/v1/large" });
  expect("a large body comes down", down.body.length, LARGE_BODY);
  const up = await ask({ port, path: "/two/v1/charges", method: "POST", body: Buffer.alloc(LARGE_BODY, "x") });
  expect("a large body goes up", up.status, 200);
  if (name === "passthrough") return;

  const seen = JSON.parse((await ask({ port, path: "/eight/v1/seen" })).body);
  expect("the first secret arrives", seen.authorization, `Bearer ${secretValue("KEY_1")}`);
  expect("the second secret arrives", seen["x-key-2"], secretValue("KEY_2"));
  expect("the eighth secret arrives", seen["x-key-8"], secretValue("KEY_8"));
  expect("cookies stay behind", seen.cookie, "");
  expect("claims stay behind", seen["x-forwarded-for"], "");
  expect("other headers pass", seen.traceparent, REQUEST_HEADERS.traceparent);
  expect("headers of the answer are stripped", get.headers["access-control-allow-origin"], undefined);
  expect("headers of the answer pass", get.headers["x-api-version"], "2026-11-17");
  const id = get.headers["ostiary-request-id"] ?? get.headers["request-id"];
  if (!/^[0-9a-f-]{32,36}$/.test(id)) fail("an answer has an id", id);

  const echo = await ask({ port, path: "/redacted/v1/echo" });
  if (!/^\{"key":"\[redacted[^"]*","more":1\}$/.test(echo.body)) fail("an echoed key is redacted", String(echo.body));
  const text = await ask({ port, path: "/redacted/v1/text" });
  expect("a text without a key comes down whole", text.body.length, LARGE_BODY);

  const refused = await ask({ port, path: "/two/v1/charges/1", headers: STRANGER });
  expect("a stranger is refused", refused.status, 401);
  if (!/^application\/(problem\+)?json$/.test(refused.headers["content-type"])) fail("a refusal is JSON", refused.headers["content-type"]);
  expect("a refusal has a code", JSON.parse(refused.body).code, "caller_unauthenticated");
  expect("what no rule admits is refused", (await ask({ port, path: "/two/v1/charges/1", method: "DELETE" })).status, 403);
  expect("what is not mounted is refused", (await ask({ port, path: "/three/v1/charges/1" })).status, 404);
}
