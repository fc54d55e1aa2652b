// Section C: valid and invalid values, and the number of reads. fallback.test.mjs has bindings that fail.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { MAIN, useGateway } from "../harness/gateway.mjs";
import { yields } from "../harness/secret-store.mjs";

const gateway = useGateway();

const authorization = async (target) => (await gateway.through({ target })).up.values("authorization");

// The number of reads of each binding, except callers' tokens.
const reads = () => Object.fromEntries([...gateway.store.reads].filter(([name]) => !name.startsWith("TOKEN_")));

test("a request has the secret that was read for it", async () => {
  assert.deepEqual(await authorization("/bearer/x"), [`Bearer ${canary("PRIMARY_KEY")}`]);
  assert.deepEqual(Object.fromEntries(gateway.store.reads), { TOKEN_MAIN: 1, TOKEN_MAIN_NEXT: 1, PRIMARY_KEY: 1 });
});

test("every form of auth puts its secret where it belongs", async () => {
  const { up } = await gateway.through({ target: "/basic/x" });
  const pair = Buffer.from(up.value("authorization").replace(/^Basic /, ""), "base64").toString();
  assert.equal(pair, `api:${canary("BASIC_PASSWORD")}`);
  gateway.reset();
  assert.deepEqual(await authorization("/template/x"), [`Key ${canary("TEMPLATE_KEY")}`]);
  gateway.reset();
  assert.deepEqual(await authorization("/classic/x"), [`Bearer ${canary("CLASSIC_KEY")}`]);
  gateway.reset();
  assert.deepEqual(await authorization("/bare/x"), []);
});

test("one request can have several secrets", async () => {
  const { up } = await gateway.through({ target: "/several/x" });
  assert.deepEqual(up.values("authorization"), [`Bearer ${canary("PRIMARY_KEY")}`]);
  assert.deepEqual(up.values("x-api-key"), [canary("HEADER_KEY")]);
  assert.equal(up.query, `key=${encodeURIComponent(canary("QUERY_KEY"))}`);
});

test("fields of a JSON secret are read with one read", async () => {
  const { up } = await gateway.through({ target: "/fields/x" });
  assert.deepEqual(up.values("x-account"), [canary("ACCOUNT_ID")]);
  assert.deepEqual(up.values("authorization"), [`Bearer ${canary("ACCOUNT_KEY")}`]);
  assert.deepEqual(reads(), { ACCOUNT: 1 });
});

for (const value of ["not JSON", "{", "[]", '"id"', "null", '{"id":"a"}', '{"id":"a","key":1}', '{"id":"a","key":""}', '{"id":"a","key":null}', '{"id":"a\\r\\nx: y","key":"k"}']) {
  test(`a JSON secret without its fields is invalid: ${value}`, async () => {
    gateway.store.set("ACCOUNT", value);
    assert.equal((await gateway.refused({ target: "/fields/x" }, "secret_unavailable")).status, 503);
  });
}

for (const end of ["\n", "\r\n", "\r\n\r\n"]) {
  test(`case 23: ${JSON.stringify(end)} at the end of a value is removed`, async () => {
    gateway.store.set("PRIMARY_KEY", `${canary("PRIMARY_KEY")}${end}`);
    assert.deepEqual(await authorization("/bearer/x"), [`Bearer ${canary("PRIMARY_KEY")}`]);
  });
}

const MISSING = ["", " ", "\n", "\t \r\n"];
const INVALID = ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "a\x01b", "a\tb", "a\x7fb", "a\u00e9", "\ufeffa", "a\u00a0b", "\u6f22"];

for (const value of [...MISSING, ...INVALID]) {
  test(`cases 23, 24: ${JSON.stringify(value)} is not put into a header, and the next source is used`, async () => {
    gateway.store.set("PRIMARY_KEY", value);
    assert.deepEqual(await authorization("/bearer/x"), [`Bearer ${canary("SECONDARY_KEY")}`]);
  });

  test(`cases 23, 24: ${JSON.stringify(value)} from the last source causes a refusal`, async () => {
    gateway.store.set("HEADER_KEY", value);
    assert.equal((await gateway.refused({ target: "/header/x" }, "secret_unavailable")).status, 503);
  });
}

for (const size of [1_024, 1_025, 16 * 1_024, 65_536]) {
  test(`case 25: a value of ${size} bytes goes into a header and into Basic`, async () => {
    const value = "v".repeat(size);
    gateway.store.set("HEADER_KEY", value);
    gateway.store.set("BASIC_PASSWORD", value);
    const header = await gateway.through({ target: "/header/x" });
    assert.equal(header.up.value("x-api-key"), value);
    gateway.upstream.clear();
    const pair = await gateway.through({ target: "/basic/x" });
    assert.equal(Buffer.from(pair.up.value("authorization").slice(6), "base64").toString(), `api:${value}`);
  });
}

test("case 25: a value of 8 KiB goes into a query", async () => {
  gateway.store.set("QUERY_KEY", "v".repeat(8_192));
  const { up } = await gateway.through({ target: "/query/x" });
  assert.equal(up.query, `key=${"v".repeat(8_192)}`);
});

for (const value of ["%s%d%n", "${primary}", "$${x}", "$1$&$`", `"quoted"'`, "a:b", "\\n", "a b  c", "%41", "{{x}}"]) {
  test(`case 26: ${value} is inserted literally`, async () => {
    gateway.store.set("HEADER_KEY", value);
    gateway.store.set("TEMPLATE_KEY", value);
    gateway.store.set("QUERY_KEY", value);
    assert.equal((await gateway.through({ target: "/header/x" })).up.value("x-api-key"), value);
    gateway.upstream.clear();
    assert.equal((await gateway.through({ target: "/template/x" })).up.value("authorization"), `Key ${value}`);
    gateway.upstream.clear();
    const { up } = await gateway.through({ target: "/query/x" });
    assert.equal(decodeURIComponent(up.query.slice("key=".length)), value);
    assert.doesNotMatch(up.query.slice("key=".length), /[&;=#+ ]/);
  });
}

test("case 26: a colon in a Basic user name is refused, and in a password it is not", async () => {
  gateway.store.set("BASIC_PASSWORD", "pass:word");
  const { up } = await gateway.through({ target: "/pair-basic/x" });
  assert.equal(Buffer.from(up.value("authorization").slice(6), "base64").toString(), `${canary("BASIC_USERNAME")}:pass:word`);
  gateway.store.set("BASIC_USERNAME", "user:name");
  gateway.upstream.clear();
  await gateway.refused({ target: "/pair-basic/x" }, "secret_unavailable");
});

test("case 28: a binding is read exactly once for each request", async () => {
  for (let request = 1; request <= 3; request += 1) {
    gateway.upstream.clear();
    await gateway.through({ target: "/several/x" });
    assert.deepEqual(reads(), { PRIMARY_KEY: request, HEADER_KEY: request, QUERY_KEY: request });
  }
});

test("case 28: a secret rotated between two requests is used by the second", async () => {
  await gateway.through({ target: "/bearer/x" });
  gateway.store.set("PRIMARY_KEY", "rotated");
  gateway.upstream.clear();
  assert.deepEqual(await authorization("/bearer/x"), ["Bearer rotated"]);
});

test("case 29: an unauthenticated or forbidden request does not read a secret for the upstream", async () => {
  await gateway.refused({ target: "/bearer/x", token: null }, "caller_unauthenticated");
  assert.deepEqual(Object.fromEntries(gateway.store.reads), {}, "without a token nothing is read at all");
  await gateway.refused({ target: "/bearer/x", token: "unknown" }, "caller_unauthenticated");
  assert.deepEqual(reads(), {});
  await gateway.refused({ target: "/rules/v2" }, "not_allowed");
  assert.deepEqual(reads(), {});
  await gateway.refused({ target: "/nowhere/x" }, "no_route");
  assert.deepEqual(reads(), {});
});

describe("many secrets", () => {
  // The fastest of a few, because the machine also runs other tests.
  const quickest = async (target) => {
    let least = Infinity;
    for (let run = 0; run < 4; run += 1) {
      gateway.upstream.clear();
      const started = performance.now();
      await gateway.through({ target });
      least = Math.min(least, performance.now() - started);
    }
    return least;
  };

  const slow = (...names) => {
    for (const name of names) gateway.store.set(name, yields(canary(name), 100));
  };

  test("eight secrets of 100 ms each take less than twice one", async () => {
    slow("HEADER_KEY", ...[1, 2, 3, 4, 5, 6, 7, 8].map((key) => `KEY_${key}`));
    const one = await quickest("/header/x");
    const eight = await quickest("/eight/x");
    assert.ok(eight < 2 * one, `${eight} ms against ${one} ms`);
    const [up] = gateway.upstream.exchanges;
    for (let key = 1; key <= 8; key += 1) assert.deepEqual(up.values(`x-k${key}`), [canary(`KEY_${key}`)]);
  });

  test("tokens of callers are read concurrently too", async () => {
    slow("TOKEN_MAIN", "TOKEN_MAIN_NEXT", "TOKEN_OTHER", "PRIMARY_KEY");
    const two = await quickest("/bearer/x");
    const three = await quickest("/rules/v1/x");
    assert.ok(three < 1.4 * two, `${three} ms against ${two} ms`);
  });
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
