// `make api`: the local API for the Secrets Store of this repository, or of the folder of GATEWAY=.
//
//   API_PORT              the port on loopback; 8799
//   API_STATE             the folder that `wrangler dev --persist-to` names; .wrangler/state
//   API_STORES            ids of the stores that exist, separated by commas; those in wrangler's configuration
//   API_PENDING, API_VISIBLE, API_LATENCY   durations, see delays.mjs
//   API_FAULTS            JSON, see faults.mjs
//   API_ENDS_WITH_INPUT   ends it when its standard input ends, for `ostiary --local`

import { fileURLToPath } from "node:url";
import { unstable_readConfig as readConfiguration } from "wrangler";
import { FOLDER } from "./gateway-folder.mjs";
import { Malformed } from "./malformed.mjs";
import { BASE, serve } from "./server.mjs";
import { wranglerFile } from "./wrangler-file.mjs";

const { API_PORT, API_STATE, API_STORES, API_PENDING, API_VISIBLE, API_LATENCY, API_FAULTS, API_ENDS_WITH_INPUT } = process.env;

const port = Number(API_PORT || 8799);
if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`API_PORT is not a port: ${API_PORT}`);

const server = await serve({
  state: API_STATE || `${FOLDER}.wrangler/state`,
  stores: API_STORES ? API_STORES.split(",") : boundStores(),
  port,
  faults: faults(API_FAULTS || "[]"),
  delays: { pending: API_PENDING || "0s", visible: API_VISIBLE || "0s", latency: API_LATENCY || "0s" },
  record: ({ method, operation, status, ms }) => console.log(`${method} ${operation} ${status} ${ms} ms`),
}).catch((error) => {
  if (error.code === "EADDRINUSE") fail(`Port ${port} is in use. Try another: make api API_PORT=${port + 1}`);
  if (error instanceof Malformed) fail(error.message);
  throw error;
});

const end = () => server.close().then(() => process.exit(0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, end);
if (API_ENDS_WITH_INPUT) process.stdin.once("end", end).resume();

console.log(`The Secrets Store API listens on http://127.0.0.1:${server.port}${BASE}. In another terminal:

  export CLOUDFLARE_API_BASE_URL=http://127.0.0.1:${server.port}${BASE}
  export CLOUDFLARE_API_TOKEN=any CLOUDFLARE_ACCOUNT_ID=any
  ${fileURLToPath(new URL("../scripts/wrangler", import.meta.url))} secrets-store store list --remote
`);

function fail(message) {
  console.error(message);
  process.exit(1);
}

function faults(text) {
  try {
    return JSON.parse(text);
  } catch {
    return fail(`API_FAULTS is not JSON: ${text}`);
  }
}

// Each environment has its own bindings.
function boundStores() {
  const config = wranglerFile(FOLDER);
  const read = (env) => readConfiguration({ config, env }, { hideWarnings: true });
  const configurations = [undefined, ...(read().definedEnvironments ?? [])].map(read);
  return [...new Set(configurations.flatMap((each) => each.secrets_store_secrets).map(({ store_id: id }) => id))];
}
