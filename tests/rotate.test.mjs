// ostiary rotate, with everything real: the local API, the gateway under `wrangler dev` over the same store, load
// through it, and an upstream that knows exactly the keys that it is told.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { STORE, startApi } from "./api-server.mjs";
import { canary, sweep } from "./canaries.mjs";
import { bearer, startGateway } from "./gateway.mjs";
import { ostiary } from "./ostiary.mjs";
import { pause } from "./patience.mjs";
import { temporaryFolder } from "./server-process.mjs";
import { EVERY, OK, answer } from "./upstream.mjs";

const REFUSED = answer(401, {}, "who are you?\n");
const CONNECTIONS = 40;

let api;
let gateway;
let accepted;
const outputs = [];
const values = [];

before(async () => {
  api = await startApi();
  gateway = await startGateway("wrangler dev", { state: api.state });
});
after(() => Promise.all([api?.stop(), gateway?.stop()]));

beforeEach(async () => {
  await api.heal();
  await api.delay({ pending: "0s", visible: "0s", latency: "0s" });
  for (const name of ["PRIMARY_KEY", "SECONDARY_KEY"]) await put(name, canary(name));
  knows(canary("PRIMARY_KEY"), canary("SECONDARY_KEY"));
});

afterEach(() => {
  for (const output of outputs) {
    sweep(output, ["PRIMARY_KEY", "SECONDARY_KEY", "TOKEN_OPS", "TOKEN_MAIN"]);
    for (const value of values) assert.ok(!output.includes(value), "case 45");
  }
});

// The upstream accepts these keys from now on, and no other.
function knows(...keys) {
  accepted = new Set(keys.map((key) => `Bearer ${key}`));
  gateway.upstream.clear();
  gateway.upstream.on(EVERY, (exchange) => exchange.write(accepted.has(exchange.value("authorization")) ? OK : REFUSED));
}

const found = async (name) => (await api.call("GET", `stores/${STORE}/secrets?search=${name}`)).body.result.find((secret) => secret.name === name);

async function put(name, value) {
  const secret = await found(name);
  if (secret) await api.call("PATCH", `stores/${STORE}/secrets/${secret.id}`, { value });
  else await api.call("POST", `stores/${STORE}/secrets`, [{ name, value, scopes: ["workers"] }]);
}

const remove = async (name) => api.call("DELETE", `stores/${STORE}/secrets/${(await found(name)).id}`);

// A value that is swept for.
function fresh() {
  values.push(`new-canary-${values.length}-0123456789abcdef`);
  return values.at(-1);
}

const environment = () => ({
  ...api.environment,
  OSTIARY_GATEWAY_URL: `http://127.0.0.1:${gateway.port}/operator`,
  OSTIARY_OPERATOR_TOKEN: canary("TOKEN_OPS"),
});

const FILES = ["--config", "tests/gateway/gateway.toml", "--wrangler", "tests/gateway/wrangler.toml"];
const BEARER = ["primary", "--route", "bearer", "--probe", "GET /v1/balance"];

async function rotate(args, options) {
  const ran = await ostiary(["rotate", ...FILES, ...args], { environment: environment(), ...options });
  outputs.push(ran.out, ran.err);
  return ran;
}

const steps = (ran) => ran.json().events.filter(({ event }) => ["written", "probed"].includes(event)).map(({ source, event }) => `${event} ${source}`);

// What callers see while something happens.
async function underLoad(during) {
  let going = true;
  const statuses = [];
  const callers = Array.from({ length: CONNECTIONS }, async () => {
    while (going) statuses.push((await gateway.call({ target: "/bearer/x" })).status);
  });
  const result = await during();
  await pause(100);
  going = false;
  await Promise.all(callers);
  assert.ok(statuses.length > CONNECTIONS);
  assert.deepEqual(statuses.filter((status) => status !== 200), [], "no request fails");
  return result;
}

test("a key is rotated under load and the old one revoked, and no request fails", async () => {
  const value = fresh();
  await underLoad(async () => {
    knows(canary("PRIMARY_KEY"), canary("SECONDARY_KEY"), value);
    const ran = await rotate([...BEARER, "--json"], { input: value });
    assert.equal(ran.code, 0, ran.err);
    assert.deepEqual(steps(ran), ["probed 1", "probed 2", "written 2", "probed 2", "written 1", "probed 1"]);
    assert.match(ran.json().advice, /revoke the old key/);
    knows(value);
    await pause(300);
  });
  // Again with the same value there is nothing to do but to look.
  const again = await rotate([...BEARER, "--json"], { input: value });
  assert.deepEqual([again.code, steps(again)], [0, ["probed 1", "probed 2"]]);
});

test("killed after each step and run again, it goes on, and no request fails", async () => {
  for (const step of [
    /source 1.*works/, /source 2.*works/, /source 2.*is written/, /source 2.*is active/, /source 2.*reads the new/,
    /reads the new[^]*source 2.*works/, /source 1.*is written/, /source 1.*is active/, /source 1.*reads the new/,
  ]) {
    const value = fresh();
    await underLoad(async () => {
      knows(canary("PRIMARY_KEY"), canary("SECONDARY_KEY"), ...values);
      const killed = await rotate(BEARER, { input: value, killAt: step });
      assert.equal(killed.signal, "SIGKILL", `${step}: ${killed.out}`);
      const ran = await rotate([...BEARER, "--json"], { input: value });
      assert.deepEqual([ran.code, ran.json().outcome], [0, "done"], ran.err);
      knows(value);
      await pause(100);
    });
  }
});

test("a store that shows a value only later is waited for", async () => {
  const value = fresh();
  await api.delay({ pending: "1s", visible: "2s" });
  await underLoad(async () => {
    knows(canary("PRIMARY_KEY"), canary("SECONDARY_KEY"), value);
    const ran = await rotate([...BEARER, "--json"], { input: value });
    assert.deepEqual([ran.code, ran.json().outcome], [0, "done"], ran.err);
    knows(value);
    await pause(300);
  });
  const late = await rotate([...BEARER, "--wait", "1s"], { input: "another-value" });
  assert.equal(late.code, 1);
  assert.match(late.err, /nothing is lost: run the same again/);
  await pause(2_500);
});

test("a mistyped value is found at the first probe, and what is printed puts the old one back", async () => {
  const mistyped = fresh();
  const ran = await underLoad(() => rotate(BEARER, { input: mistyped }));
  assert.equal(ran.code, 1);
  assert.match(ran.out, /^stopped\. The upstream refuses the new value, which only source 2 \(SECONDARY_KEY\) holds/m);
  const [pasted] = ran.out.match(/^ {2}ostiary .*$/m);
  const words = pasted.trim().split(" && ").map((command) => command.split(" ").slice(1));
  for (const args of words) assert.equal((await ostiary(args, { environment: environment() })).code, 0, pasted);
  await remove("PRIMARY_KEY");
  assert.equal((await gateway.call({ target: "/bearer/x" })).status, 200, "the secondary holds the old key");

  const value = fresh();
  knows(canary("PRIMARY_KEY"), value);
  const right = await underLoad(() => rotate([...BEARER, "--json"], { input: value }));
  assert.deepEqual([right.code, steps(right)], [0, ["probed 2", "written 1", "probed 1", "written 2", "probed 2"]]);
});

test("a dead primary is healed first, and the only key that works is not overwritten before", async () => {
  const value = fresh();
  await remove("PRIMARY_KEY");
  await underLoad(async () => {
    knows(canary("SECONDARY_KEY"), value);
    const ran = await rotate([...BEARER, "--json"], { input: value });
    assert.deepEqual([ran.code, steps(ran)], [0, ["probed 2", "written 1", "probed 1", "written 2", "probed 2"]], ran.err);
  });
  assert.equal((await gateway.call({ target: "/bearer/x" })).status, 200);
});

test("an upstream that does not say whether the key is good stops it before the second write", async () => {
  const value = fresh();
  knows(canary("PRIMARY_KEY"), canary("SECONDARY_KEY"));
  gateway.upstream.on("/v1/balance", (exchange) => {
    exchange.write(accepted.has(exchange.value("authorization")) ? OK : answer(500, {}, "down\n"));
  });
  const ran = await rotate([...BEARER, "--json"], { input: value });
  assert.deepEqual([ran.code, ran.json().outcome], [1, "stopped"]);
  assert.deepEqual(steps(ran), ["probed 1", "probed 2", "written 2", "probed 2"]);
  assert.equal((await gateway.call({ target: "/bearer/x" })).status, 200);
});

test("a rehearsal writes nothing", async () => {
  const before = [await found("PRIMARY_KEY"), await found("SECONDARY_KEY")];
  const ran = await rotate([...BEARER, "--dry-run"], { input: fresh() });
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /source 2 \(SECONDARY_KEY\): would write[^]*source 1 \(PRIMARY_KEY\): would write[^]*Nothing was written/);
  assert.deepEqual([await found("PRIMARY_KEY"), await found("SECONDARY_KEY")], before);
});

test("a key id and its key are rotated together", async () => {
  const [id, key] = [fresh(), fresh()];
  const pairs = new Set([`${canary("ID_FIRST")} ${canary("PAIR_FIRST")}`, `${canary("ID_SECOND")} ${canary("PAIR_SECOND")}`, `${id} ${key}`]);
  gateway.upstream.clear();
  gateway.upstream.on(EVERY, (exchange) => exchange.write(pairs.has(`${exchange.value("x-id")} ${exchange.value("x-key")}`) ? OK : REFUSED));
  const file = join(temporaryFolder(), "pair.json");
  writeFileSync(file, JSON.stringify({ pair_id: id, pair_key: key }));
  const ran = await rotate(["pair_id", "pair_key", "--route", "pair", "--from", file, "--probe", "GET /x", "--json"]);
  assert.deepEqual([ran.code, steps(ran)], [0, ["probed 1", "probed 2", "written 2", "probed 2", "written 1", "probed 1"]], ran.err);
  pairs.clear();
  pairs.add(`${id} ${key}`);
  assert.equal((await gateway.call({ target: "/pair/x" })).status, 200);
});

test("sync asks the gateway which values are equal, and changes the others", async () => {
  const value = fresh();
  const file = join(temporaryFolder(), "values.json");
  writeFileSync(file, JSON.stringify({ PRIMARY_KEY: canary("PRIMARY_KEY"), SECONDARY_KEY: value }));
  const sync = async (...args) => {
    const ran = await ostiary(["sync", "--store", STORE, ...FILES, "--from", file, "--json", ...args], { environment: environment() });
    outputs.push(ran.out, ran.err);
    return ran.json().filter(({ difference }) => difference !== "extra").map(({ name, difference, action }) => `${name} ${difference} ${action}`);
  };
  assert.deepEqual(await sync("--update"), ["PRIMARY_KEY same kept", "SECONDARY_KEY differs updated"]);
  assert.deepEqual(await sync("--update"), ["PRIMARY_KEY same kept", "SECONDARY_KEY same kept"]);
});

test("a caller's token stops half way with both accepted, and is finished when told to", async () => {
  const token = fresh();
  const status = async (shown) => (await gateway.call({ target: "/bearer/x", fields: [bearer(shown)] })).status;
  const early = await rotate(["main", "--finish"], { input: token });
  assert.equal(early.code, 1);
  assert.match(early.out, /Run it without --finish first/);
  const ran = await rotate(["main", "--json"], { input: token });
  assert.deepEqual([ran.code, ran.json().outcome], [0, "half"], ran.err);
  assert.deepEqual([await status(canary("TOKEN_MAIN")), await status(token)], [200, 200]);
  const finished = await rotate(["main", "--finish", "--json"], { input: token });
  assert.deepEqual([finished.code, finished.json().outcome], [0, "done"], finished.err);
  assert.deepEqual([await status(canary("TOKEN_MAIN")), await status(token)], [401, 200]);
});

test("what cannot be meant is told with exit code 2", async () => {
  for (const [args, message] of [
    [["primary", "--route", "bearer"], /--probe/],
    [["primary", "--probe", "GET /x"], /--route/],
    [["primary", "--route", "bearer", "--probe", "POST /x"], /GET or HEAD/],
    [["main", "--probe", "GET /x"], /no upstream/],
    [[...BEARER, "--finish"], /proves a caller/],
    [["nobody"], /has no secret `nobody`/],
    [["classic", "--probe", "GET /x"], /Worker secret/],
  ]) {
    const ran = await rotate(args, { input: "x" });
    assert.equal(ran.code, 2, `${args.join(" ")}: ${ran.err}`);
    assert.match(ran.err, message);
  }
});
