// Configurations that are small or large in one way, for the rows that show how cost grows:
// `node bench/growth.mjs NAME` writes one into `bench/.generated/NAME`, for the gateway to be built from and for the
// peer.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TOKEN } from "./load.mjs";
import { secretValue } from "./server.mjs";

export const ROUTES = 1_000;
export const DIGEST_CALLERS = 1_000;
export const TOKEN_SECRETS = 50;
export const RULES = 200;

const AUTH = ["KEY_1", "KEY_2"];
const RULE = "GET,POST /v1/**";

const count = (length, each) => Array.from({ length }, (_, at) => each(at));
const digestOf = (token) => createHash("sha256").update(token).digest("hex");

// The caller of the benchmark comes last, so that whoever stops at the first match would win nothing.
const benchmark = { name: "benchmark", digest: digestOf(TOKEN) };
const route = (name, allow) => ({ name, mount: `/${name}`, allow });
const byToken = (at) => ({ name: `token-${at}`, binding: `TOKEN_${at}` });

// The token whose secret is read with all the others.
export const lastToken = secretValue(`TOKEN_${TOKEN_SECRETS}`);
export const firstToken = secretValue("TOKEN_1");

// By name: what the gateway of each knows.
export const CONFIGURATIONS = {
  "one-of-each": {
    callers: [benchmark],
    routes: [route("route", { benchmark: [RULE] })],
  },
  // The same, with a data point for each request.
  metered: {
    callers: [benchmark],
    routes: [route("route", { benchmark: [RULE] })],
    metrics: "METRICS",
  },
  "many-routes": {
    callers: [benchmark],
    routes: count(ROUTES, (at) => route(`route-${at + 1}`, { benchmark: [RULE] })),
  },
  "many-callers": {
    callers: [
      ...count(DIGEST_CALLERS - 1, (at) => ({ name: `digest-${at + 1}`, digest: digestOf(`the token of caller ${at + 1}`) })),
      benchmark,
      ...count(TOKEN_SECRETS, (at) => byToken(at + 1)),
    ],
    routes: [
      route("digests", Object.fromEntries([...count(DIGEST_CALLERS - 1, (at) => [`digest-${at + 1}`, [RULE]]), ["benchmark", [RULE]]])),
      route("token", { "token-1": [RULE] }),
      route("tokens", Object.fromEntries(count(TOKEN_SECRETS, (at) => [`token-${at + 1}`, [RULE]]))),
      route("rules", { benchmark: [...count(RULES - 1, (at) => `GET,POST /v1/resource-${at + 1}/*`), RULE] }),
    ],
  },
};

// The bindings of a configuration, besides those that every server has.
export const bindingsOf = (name) => CONFIGURATIONS[name]?.callers.flatMap(({ binding }) => binding ?? []) ?? [];

// Its bindings of Analytics Engine.
export const datasetsOf = (name) => [CONFIGURATIONS[name].metrics ?? []].flat();

// Those that both gateways have.
export const SHARED_CONFIGURATIONS = Object.keys(CONFIGURATIONS).filter((name) => datasetsOf(name).length === 0);

const quoted = (text) => JSON.stringify(text);

function gatewayToml({ callers, routes, metrics }) {
  const tokens = callers.filter(({ binding }) => binding);
  return `version = 1
${metrics ? `\n[gateway]\nmetrics = ${quoted(metrics)}\n` : ""}
[secrets]
${AUTH.map((binding) => `${binding.toLowerCase()} = [${quoted(binding)}, ${quoted(`${binding}_PREVIOUS`)}]`).join("\n")}
${tokens.map(({ name, binding }) => `${name} = [${quoted(binding)}]`).join("\n")}

${callers.map(({ name, digest }) => `[callers.${name}]\n${digest ? `bearer_sha256 = [${quoted(digest)}]` : `bearer = ${quoted(`\${${name}}`)}`}\n`).join("\n")}
${routes
  .map(
    ({ name, mount, allow }) => `[routes.${name}]
mount    = ${quoted(mount)}
upstream = "http://127.0.0.1:\${var.UPSTREAM_PORT}"
auth     = [{ bearer = "\${key_1}" }, { header = "x-key-2", value = "\${key_2}" }]
redact   = false

[routes.${name}.allow]
${Object.entries(allow).map(([caller, rules]) => `${caller} = [${rules.map(quoted).join(", ")}]`).join("\n")}
`,
  )
  .join("\n")}`;
}

function wranglerToml({ callers, metrics }) {
  const bindings = [...AUTH.flatMap((name) => [name, `${name}_PREVIOUS`]), ...callers.flatMap(({ binding }) => binding ?? [])];
  const store = bindings.map((binding) => `[[secrets_store_secrets]]\nbinding = ${quoted(binding)}\nstore_id = "bench"\nsecret_name = ${quoted(binding.toLowerCase())}\n`);
  return `name = "ostiary-bench"
main = "index.js"
compatibility_date = "2026-11-17"

[vars]
UPSTREAM_PORT = "8080"

${metrics ? `[[analytics_engine_datasets]]\nbinding = ${quoted(metrics)}\ndataset = "bench"\n\n` : ""}${store.join("\n")}`;
}

const [, script, name] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  const configuration = CONFIGURATIONS[name];
  if (configuration === undefined) throw new Error(`There is no configuration ${name}: ${Object.keys(CONFIGURATIONS).join(", ")}.`);
  const folder = fileURLToPath(new URL(`.generated/${name}`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "configuration.json"), JSON.stringify(configuration));
  writeFileSync(join(folder, "wrangler.toml"), wranglerToml(configuration));
  writeFileSync(join(folder, "gateway.toml"), gatewayToml(configuration));
}
