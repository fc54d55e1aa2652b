// Attack 64: only this machine's user can use the local API, and not pages in a browser or other users.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ACCOUNT, STORE, startApi } from "../harness/api-server.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";

const SECRETS = `/client/v4/accounts/${ACCOUNT}/secrets_store/stores/${STORE}/secrets`;
const TARGETS = [SECRETS, "/faults", "/delays", "/client/v4/nothing"];

let api;
before(async () => (api = await startApi()));
after(() => api?.stop());

// Node's own client, because `fetch` sets `Host` itself.
function get(path, headers) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const options = { port: api.port, host: "127.0.0.1", path, headers: { authorization: "Bearer any", ...headers } };
  http
    .get(options, async (response) => resolve({ status: response.statusCode, text: (await response.toArray()).join("") }))
    .once("error", reject);
  return promise;
}

test("case 64: a request under a foreign host is refused and told nothing", async () => {
  for (const host of ["evil.example", "evil.example:8799", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example@localhost", "192.168.0.1", "[::2]"]) {
    for (const target of TARGETS) {
      const { status, text } = await get(target, { host });
      assert.equal(status, 403, `${host} ${target}`);
      assert.deepEqual(JSON.parse(text).result, null, text);
    }
  }
});

test("case 64: a request of a page is refused under every host", async () => {
  for (const origin of ["https://evil.example", "null", `http://localhost:${api.port}`]) {
    const { status } = await get(SECRETS, { host: `localhost:${api.port}`, origin });
    assert.equal(status, 403, origin);
  }
});

test("the names of this machine are served, whatever the port", async () => {
  for (const host of [`127.0.0.1:${api.port}`, "localhost", "LOCALHOST:1", "[::1]:8799"]) {
    assert.equal((await get(SECRETS, { host })).status, 200, host);
    assert.equal((await get("/faults", { host })).status, 200, host);
  }
});

test("case 64: no other user reads the state folder, whoever made it", { skip: process.platform === "win32" && "Windows has no such permissions" }, async () => {
  assert.equal(statSync(api.state).mode & 0o777, 0o700);
  const folder = join(temporaryFolder(), "open");
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const other = await startApi({ state: folder });
  try {
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  } finally {
    await other.stop();
  }
});
