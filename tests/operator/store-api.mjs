// The local Secrets Store API, with secrets that were created and changed some days ago.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STORE, startApi } from "../harness/api-server.mjs";

const DAY = 86_400_000;

/** When something was, so many days ago: as the API writes it. */
export const daysAgo = (days) => new Date(Date.now() - days * DAY).toISOString();

/**
 * Starts it.
 *
 * @param ages names of secrets, each with how many days ago it was created and changed
 */
export async function startStoreApi(ages) {
  const first = await startApi();
  const secrets = Object.keys(ages).map((name) => ({ name, value: "canary-of-the-store", scopes: ["workers"], comment: "canary-comment" }));
  const { body } = await first.call("POST", `stores/${STORE}/secrets`, secrets);
  await first.stop();
  const file = join(first.state, "v3", "secrets-store-api.json");
  const metadata = JSON.parse(readFileSync(file, "utf8"));
  for (const { id, name } of body.result) {
    const [created, modified] = ages[name].map(daysAgo);
    Object.assign(metadata.secrets[STORE][id], { created, modified });
  }
  writeFileSync(file, JSON.stringify(metadata));
  return startApi({ state: first.state });
}
