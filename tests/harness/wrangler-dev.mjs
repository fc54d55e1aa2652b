// The Worker under `wrangler dev`, whose proxy normalises targets before workerd, with a real local Secrets Store.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { dirname, join } from "node:path";
import { seedStore } from "./miniflare.mjs";
import { ServerProcess, temporaryFolder } from "./server-process.mjs";

export const WRANGLER = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// The configuration with these variables, for a second Worker, because `--var` applies only to the first one.
function written(configuration, variables) {
  const absolute = (main) => `main = ${JSON.stringify(join(dirname(configuration), main))}`;
  let text = readFileSync(configuration, "utf8").replace(/^main = "(.*)"/m, (_, main) => absolute(main));
  for (const [name, value] of Object.entries(variables)) text = text.replace(new RegExp(`^${name} = .*$`, "m"), `${name} = ${JSON.stringify(value)}`);
  const path = join(temporaryFolder(), "wrangler.toml");
  writeFileSync(path, text);
  return path;
}

// Requests go to the Worker of the configuration, or to that of `caller`, which calls it through a service binding.
export async function startWranglerDev({ configuration, caller, variables, workerSecrets, secrets, state = temporaryFolder() }) {
  await seedStore(join(state, "v3"), secrets);
  const classic = join(state, "secrets.env");
  writeFileSync(classic, Object.entries(workerSecrets).map(([name, value]) => `${name}='${value}'\n`).join(""));
  // wrangler does not support port 0.
  const port = await freePort();
  const named = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const configurations = (caller ? [caller, written(configuration, variables)] : [configuration]).flatMap((path) => ["--config", path]);
  const server = new ServerProcess(
    process.execPath,
    [WRANGLER, "dev", ...configurations, "--ip", "127.0.0.1", "--port", port, "--inspector-port", "0", "--persist-to", state, "--env-file", classic, "--show-interactive-dev-session=false", ...named],
    { env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1", NO_COLOR: "1" } },
  );
  try {
    await server.said((output) => output.includes(`Ready on http://127.0.0.1:${port}`), 60_000);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { server, port, stop: () => server.stop() };
}
