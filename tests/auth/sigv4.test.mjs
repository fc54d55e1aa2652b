// Signature Version 4: boto3 calls moto, which verifies signatures, through the gateway.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { TOKEN, startGateway } from "./gateway.mjs";

const PYTHON = fileURLToPath(new URL("../../.tools/python/bin/python", import.meta.url));
const script = (name) => fileURLToPath(new URL(`aws/${name}`, import.meta.url));
const skip = existsSync(PYTHON) ? false : "there is no Python with boto3 and moto";

// The server, with the lines of its output.
async function startMoto() {
  const server = spawn(PYTHON, [script("server.py")], { stdio: ["pipe", "pipe", "ignore"] });
  process.once("exit", () => server.kill("SIGKILL"));
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const said = async () => (await lines.next()).value;
  const { port, pairs } = JSON.parse(await said());
  return {
    port,
    pairs,
    async revoke({ id }) {
      server.stdin.write(`${id}\n`);
      assert.equal(await said(), "deleted");
    },
    stop() {
      server.kill("SIGKILL");
    },
  };
}

const boto3 = async (gateway) => {
  const { stdout } = await promisify(execFile)(PYTHON, [script("client.py"), `http://127.0.0.1:${gateway.port}`, TOKEN]);
  return JSON.parse(stdout);
};

describe("a stock boto3, with moto's checks of signatures on", { skip }, () => {
  let moto;
  let gateway;
  const pair = (pair) => JSON.stringify(pair);
  before(async () => {
    moto = await startMoto();
    const [first, second] = moto.pairs;
    gateway = await startGateway({ AWS_PAIR: pair(first), AWS_PAIR_PREVIOUS: pair(second) }, { AWS_PORT: String(moto.port) });
  });
  after(() => Promise.all([moto?.stop(), gateway?.stop()]));

  const bearer = (target) => gateway.call({ target });

  test("moto takes no signature that was made with another key", async () => {
    const [first, second] = moto.pairs;
    gateway.store.setAll({ AWS_PAIR: pair({ ...first, key: "other" }), AWS_PAIR_PREVIOUS: pair({ ...second, key: "other" }) });
    const response = await bearer("/s3/?list-type=2");
    assert.equal(response.status, 403, response.text);
    gateway.store.setAll({ AWS_PAIR: pair(first), AWS_PAIR_PREVIOUS: pair(second) });
  });

  test("works with the gateway as its endpoint and a token as its access key id", async () => {
    const done = await boto3(gateway);
    assert.equal(done.length, 8, done.join());
  });

  test("a caller without an SDK is served too", async () => {
    assert.equal((await bearer("/s3/")).status, 200);
  });

  test("works with the second pair once the first one has been revoked", async () => {
    await moto.revoke(moto.pairs[0]);
    const response = await bearer("/s3/");
    assert.equal(response.status, 200, response.text);
    assert.equal((await boto3(gateway)).length, 8);
  });
});
