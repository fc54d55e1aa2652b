// ostiary rotate under load, from every state of a secret.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { STORE } from "../harness/api-server.mjs";
import { canary } from "../harness/canaries.mjs";
import { bearer } from "../harness/gateway.mjs";
import { pause } from "../harness/patience.mjs";
import { BEARER, FILES, OLD, steps, useRotation } from "../harness/rotation.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { answer } from "../harness/upstream.mjs";

const world = useRotation();

test("a key is rotated under load and the old one revoked, and no request fails", async () => {
  const value = world.fresh();
  await world.underLoad(async () => {
    world.knows(...OLD, value);
    const ran = await world.rotate([...BEARER, "--json"], { input: value });
    assert.equal(ran.code, 0, ran.err);
    assert.deepEqual(steps(ran), ["probed 1", "probed 2", "written 2", "probed 2", "written 1", "probed 1"]);
    assert.match(ran.json().advice, /revoke the old key/);
    world.knows(value);
    await pause(300);
  });
  // With the same value again, it only checks.
  const again = await world.rotate([...BEARER, "--json"], { input: value });
  assert.deepEqual([again.code, steps(again)], [0, ["probed 1", "probed 2"]]);
});

test("a store that shows a value only later is waited for", async () => {
  const value = world.fresh();
  await world.api.delay({ pending: "1s", visible: "2s" });
  await world.underLoad(async () => {
    world.knows(...OLD, value);
    const ran = await world.rotate([...BEARER, "--json"], { input: value });
    assert.deepEqual([ran.code, ran.json().outcome], [0, "done"], ran.err);
    world.knows(value);
    await pause(300);
  });
  const late = await world.rotate([...BEARER, "--wait", "1s"], { input: "another-value" });
  assert.equal(late.code, 1);
  assert.match(late.err, /`SECONDARY_KEY` is written: run the same again with the same value/);
  await pause(2_500);
});

test("a mistyped value is found at the first probe, and what is printed puts the old one back", async () => {
  const mistyped = world.fresh();
  const ran = await world.underLoad(() => world.rotate(BEARER, { input: mistyped }));
  assert.equal(ran.code, 1);
  assert.match(ran.out, /^stopped\. The upstream refuses the new value, which only source 2 \(SECONDARY_KEY\) holds/m);
  // A second run with the same value has the same result; if nothing else works, it proposes nothing.
  const same = await world.rotate(BEARER, { input: mistyped });
  assert.deepEqual([same.code, same.out.match(/^ {2}ostiary .*$/m)?.[0]], [1, ran.out.match(/^ {2}ostiary .*$/m)[0]]);
  world.knows();
  const none = await world.rotate(BEARER, { input: mistyped });
  assert.equal(none.code, 1);
  assert.match(none.out, /No other source is known to work/);
  assert.doesNotMatch(none.out, /duplicate/);
  world.knows(...OLD);
  const [pasted] = ran.out.match(/^ {2}ostiary .*$/m);
  const words = pasted.trim().split(" && ").map((command) => command.split(" ").slice(1));
  for (const args of words) assert.equal((await world.run(args)).code, 0, pasted);
  await world.remove("PRIMARY_KEY");
  assert.equal(await world.status(), 200, "the secondary holds the old key");

  const value = world.fresh();
  world.knows(canary("PRIMARY_KEY"), value);
  const right = await world.underLoad(() => world.rotate([...BEARER, "--json"], { input: value }));
  assert.deepEqual([right.code, steps(right)], [0, ["probed 2", "written 1", "probed 1", "written 2", "probed 2"]]);
});

test("a dead primary is healed first, and the only key that works is not overwritten before", async () => {
  const value = world.fresh();
  await world.remove("PRIMARY_KEY");
  await world.underLoad(async () => {
    world.knows(canary("SECONDARY_KEY"), value);
    const ran = await world.rotate([...BEARER, "--json"], { input: value });
    assert.deepEqual([ran.code, steps(ran)], [0, ["probed 2", "written 1", "probed 1", "written 2", "probed 2"]], ran.err);
  });
  assert.equal(await world.status(), 200);
});

test("an upstream that does not say whether the key is good stops it before the second write", async () => {
  const value = world.fresh();
  const known = OLD.map((key) => `Bearer ${key}`);
  world.decides((exchange) => known.includes(exchange.value("authorization")), answer(500, {}, "down\n"));
  const careful = await world.rotate([...BEARER, "--json"], { input: value });
  assert.deepEqual([careful.code, steps(careful)], [1, ["probed 1", "probed 2"]], "it does not say what a wrong key gets");
  const ran = await world.rotate([...BEARER, "--no-control", "--json"], { input: value });
  assert.deepEqual([ran.code, ran.json().outcome], [1, "stopped"]);
  assert.deepEqual(steps(ran), ["probed 1", "probed 2", "written 2", "probed 2"]);
  assert.equal(await world.status(), 200);
});

test("a rehearsal writes nothing", async () => {
  const before = [await world.found("PRIMARY_KEY"), await world.found("SECONDARY_KEY")];
  const ran = await world.rotate([...BEARER, "--dry-run"], { input: world.fresh() });
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /source 2 \(SECONDARY_KEY\): would write[^]*source 1 \(PRIMARY_KEY\): would write[^]*Nothing was written/);
  assert.deepEqual([await world.found("PRIMARY_KEY"), await world.found("SECONDARY_KEY")], before);
});

test("a key id and its key are rotated together under load, and no request fails", async () => {
  const [id, key] = [world.fresh(), world.fresh()];
  const pairs = new Set([`${canary("ID_FIRST")} ${canary("PAIR_FIRST")}`, `${canary("ID_SECOND")} ${canary("PAIR_SECOND")}`, `${id} ${key}`]);
  let halves = 0;
  world.decides((exchange) => {
    const known = pairs.has(`${exchange.value("x-id")} ${exchange.value("x-key")}`);
    if (!known) halves += 1;
    return known;
  });
  const file = join(temporaryFolder(), "pair.json");
  writeFileSync(file, JSON.stringify({ pair_id: id, pair_key: key }));
  // Every write takes so long that requests come between the two of a pair.
  await world.api.delay({ latency: "300ms" });
  const request = { target: "/pair/x" };
  await world.underLoad(async () => {
    const ran = await world.rotate(["pair_id", "pair_key", "--route", "pair", "--from", file, "--probe", "GET /x", "--json"]);
    assert.deepEqual([ran.code, steps(ran)], [0, ["probed 1", "probed 2", "written 2", "probed 2", "written 1", "probed 1"]], ran.err);
    pairs.clear();
    pairs.add(`${id} ${key}`);
    await pause(300);
  }, request);
  assert.ok(halves > 0, "half a pair was sent upstream, and the next source was used");
});

test("sync asks the gateway which values are equal, and changes the others", async () => {
  const value = world.fresh();
  const file = join(temporaryFolder(), "values.json");
  writeFileSync(file, JSON.stringify({ PRIMARY_KEY: canary("PRIMARY_KEY"), SECONDARY_KEY: value }));
  const sync = async (...args) => {
    const ran = await world.run(["sync", "--store", STORE, ...FILES, "--from", file, "--json", ...args]);
    return ran.json().filter(({ difference }) => difference !== "extra").map(({ name, difference, action }) => `${name} ${difference} ${action}`);
  };
  assert.deepEqual(await sync("--update"), ["PRIMARY_KEY same kept", "SECONDARY_KEY differs updated"]);
  assert.deepEqual(await sync("--update"), ["PRIMARY_KEY same kept", "SECONDARY_KEY same kept"]);
});

test("a caller's token stops half way with both accepted, and is finished when told to", async () => {
  const token = world.fresh();
  const status = (shown) => world.status([bearer(shown)]);
  const early = await world.rotate(["main", "--finish"], { input: token });
  assert.equal(early.code, 1);
  assert.match(early.out, /Run it without --finish first/);
  // The two sources have different tokens, so a rotation may be half done already.
  const stopped = await world.rotate(["main"], { input: token });
  assert.equal(stopped.code, 1);
  assert.match(stopped.out, /--overwrite 2/);
  const ran = await world.rotate(["main", "--overwrite", "2", "--json"], { input: token });
  assert.deepEqual([ran.code, ran.json().outcome], [0, "half"], ran.err);
  assert.deepEqual([await status(canary("TOKEN_MAIN")), await status(token)], [200, 200]);
  const finished = await world.rotate(["main", "--finish", "--json"], { input: token });
  assert.deepEqual([finished.code, finished.json().outcome], [0, "done"], finished.err);
  assert.deepEqual([await status(canary("TOKEN_MAIN")), await status(token)], [401, 200]);
});

test("a command line that makes no sense is an error with exit code 2", async () => {
  for (const [args, message] of [
    [["primary", "--route", "bearer"], /--probe/],
    [["primary", "--probe", "GET /x"], /--route/],
    [["primary", "--route", "bearer", "--probe", "POST /x"], /GET or HEAD/],
    [["main", "--probe", "GET /x"], /no upstream/],
    [[...BEARER, "--finish"], /caller's token/],
    [["nobody"], /has no secret `nobody`/],
    [["classic", "--probe", "GET /x"], /Worker secret/],
  ]) {
    const ran = await world.rotate(args, { input: "x" });
    assert.equal(ran.code, 2, `${args.join(" ")}: ${ran.err}`);
    assert.match(ran.err, message);
  }
});
