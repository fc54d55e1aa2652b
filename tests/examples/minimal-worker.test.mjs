// The built examples/minimal-worker, on Miniflare with a real local Secrets Store.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { canary, sweep } from "../harness/canaries.mjs";
import { send } from "../harness/client.mjs";
import { scripted, startMiniflare } from "../harness/miniflare.mjs";
import { pause } from "../harness/patience.mjs";
import { answer, startUpstream } from "../harness/upstream.mjs";

const FOLDER = new URL("../../examples/minimal-worker/", import.meta.url);
const configuration = readFileSync(new URL("wrangler.toml", FOLDER), "utf8");
const SECRETS = [...configuration.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(configuration);
const UPSTREAM_PATH = "/v1/balance";

const bearer = (token) => ["Authorization", `Bearer ${token}`];

// A fake binding for behaviour that a local store does not have. Like a secret, it is an RPC service with one method.
const FAULTS = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  const faults = {
    "hangs": () => new Promise((resolve) => setTimeout(resolve, 60_000, ${JSON.stringify(canary("LATE"))})),
    "throws": () => { throw new Error("the store is broken: " + ${JSON.stringify(canary("API_KEY"))}); },
    "yields nothing": () => null,
    "yields white space": () => " \\n",
    "yields bytes": () => new TextEncoder().encode(${JSON.stringify(canary("API_KEY"))}),
    "serves": () => ${JSON.stringify(canary("API_KEY_2"))},
  };
  const chosen = { primary: "serves", secondary: "serves" };
  export class Primary extends WorkerEntrypoint { get() { return faults[chosen.primary](); } }
  export class Secondary extends WorkerEntrypoint { get() { return faults[chosen.secondary](); } }
  export default {
    fetch(request) {
      Object.assign(chosen, Object.fromEntries(new URL(request.url).searchParams));
      return new Response("");
    },
  };
`;

class Running {
  #answers = "";

  constructor(worker, upstream, stored) {
    Object.assign(this, { worker, upstream, stored });
  }

  async call(fields = [bearer(canary("CALLER_TOKEN"))]) {
    this.upstream.clear();
    const answered = await send(this.worker.port, { fields });
    this.#answers += `${answered.head}${answered.text}`;
    return answered;
  }

  // The only request to the upstream for a successful call.
  async through() {
    const answered = await this.call();
    assert.equal(answered.status, 200, answered.text);
    assert.equal(this.upstream.exchanges.length, 1);
    return this.upstream.exchanges[0];
  }

  async refused(status, fields) {
    const answered = await this.call(fields);
    assert.equal(answered.status, status, answered.text);
    assert.equal(this.upstream.exchanges.length, 0, "nothing is sent upstream");
    return answered;
  }

  // The response does not name the bindings; the log names each.
  async unavailable(tried) {
    const before = this.worker.lines.length;
    assert.equal((await this.refused(503)).text, "a secret is unavailable");
    for (let attempt = 0; attempt < 100 && this.worker.lines.length === before; attempt += 1) await pause(20);
    assert.deepEqual(this.worker.lines.slice(before), [`the secret is unavailable: ${tried}`]);
  }

  // No response and no log line contains a value.
  sweep() {
    sweep(this.#answers, [...SECRETS, "LATE"]);
    sweep(this.worker.lines.join("\n"), [...SECRETS, "LATE"]);
  }

  async stop() {
    await Promise.all([this.worker.stop(), this.upstream.stop()]);
  }
}

// Runs it with these bindings instead of secrets of the store; the others have their canaries.
async function start(bindings = {}) {
  const upstream = await startUpstream();
  const secrets = SECRETS.filter((name) => !(name in bindings));
  const worker = await startMiniflare({
    build: fileURLToPath(new URL("build", FOLDER)),
    main: "index.js",
    secrets,
    variables: { UPSTREAM: `http://127.0.0.1:${upstream.port}${UPSTREAM_PATH}` },
    bindings,
    others: [scripted("faults", FAULTS)],
    compatibilityDate,
  });
  return new Running(worker, upstream, await worker.seed(Object.fromEntries(secrets.map((name) => [name, canary(name)]))));
}

describe("with a local store", () => {
  let running;
  before(async () => {
    running = await start();
  });
  after(() => running?.stop());

  test("the key goes to the upstream, and the caller's token does not", async () => {
    const sent = await running.through();
    assert.equal(`${sent.method} ${sent.target}`, `GET ${UPSTREAM_PATH}`);
    assert.deepEqual(sent.values("authorization"), [`Bearer ${canary("API_KEY")}`]);
    assert.ok(!sent.head.includes(canary("CALLER_TOKEN")));
  });

  test("a caller without the token gets nothing, and nothing is sent upstream", async () => {
    const shown = [[], [bearer("wrong")], [bearer(canary("API_KEY"))], [["Authorization", canary("CALLER_TOKEN")]], [["Authorization", ""]]];
    for (const fields of shown) await running.refused(401, fields);
  });

  test("a redirect is not followed", async () => {
    const location = `http://127.0.0.1:${running.upstream.port}/elsewhere`;
    const answered = running.call();
    running.upstream.on(UPSTREAM_PATH, answer(302, { location }));
    assert.equal((await answered).status, 302);
    assert.equal((await answered).value("location"), location);
    assert.deepEqual(running.upstream.exchanges.map(({ path }) => path), [UPSTREAM_PATH]);
  });

  test("an upstream that cannot be reached is a 502 without a value", async () => {
    const answered = running.call();
    running.upstream.on(UPSTREAM_PATH, ({ wire }) => wire.reset());
    assert.equal((await answered).status, 502);
  });

  test("an updated key is used by the next request", async () => {
    await running.stored.API_KEY.update("updated");
    assert.deepEqual((await running.through()).values("authorization"), ["Bearer updated"]);
    await running.stored.API_KEY.update(canary("API_KEY"));
    assert.deepEqual((await running.through()).values("authorization"), [`Bearer ${canary("API_KEY")}`]);
  });

  test("the secondary is used if the primary is missing; without both, the response is an error without a value", async () => {
    await running.stored.API_KEY.remove();
    assert.deepEqual((await running.through()).values("authorization"), [`Bearer ${canary("API_KEY_2")}`]);
    await running.stored.API_KEY_2.remove();
    await running.unavailable("API_KEY missing, API_KEY_2 missing");
  });

  test("no response and no line of the log contains a value", () => running.sweep());
});

describe("with a store that does something else", () => {
  let running;
  before(async () => {
    const entrypoint = (exportName) => ({ type: "worker", worker: "faults", exportName });
    running = await start({ API_KEY: entrypoint("Primary"), API_KEY_2: entrypoint("Secondary") });
  });
  after(() => running?.stop());

  const choose = (primary, secondary) =>
    running.worker.ask("faults", `http://faults/?${new URLSearchParams({ primary, secondary })}`);
  const outcomes = {
    "hangs": "timed out",
    "throws": "failed",
    "yields nothing": "missing",
    "yields white space": "empty",
    "yields bytes": "failed",
  };
  for (const [fault, outcome] of Object.entries(outcomes)) {
    test(`a primary that ${fault}: the secondary serves`, async () => {
      await choose(fault, "serves");
      assert.deepEqual((await running.through()).values("authorization"), [`Bearer ${canary("API_KEY_2")}`]);
    });

    test(`a primary that ${fault} and a secondary that throws: the log says ${outcome}`, async () => {
      await choose(fault, "throws");
      await running.unavailable(`API_KEY ${outcome}, API_KEY_2 failed`);
    });
  }

  test("no response and no line of the log contains a value", () => running.sweep());
});

const misbound = {
  "null and a text": [{ type: "json", value: null }, { type: "text", value: canary("API_KEY") }],
  "an object and a number": [{ type: "json", value: { get: canary("API_KEY") } }, { type: "json", value: 1 }],
};
for (const [kinds, [primary, secondary]] of Object.entries(misbound)) {
  test(`${kinds} under the names of secrets: both have failed`, async () => {
    const running = await start({ API_KEY: primary, API_KEY_2: secondary });
    try {
      await running.unavailable("API_KEY failed, API_KEY_2 failed");
      running.sweep();
    } finally {
      await running.stop();
    }
  });
}
