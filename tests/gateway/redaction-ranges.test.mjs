// Case 50: on a route with redaction, HEAD and GET agree, and the joined ranges are the same as the whole redacted
// body.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { EVERY, answer } from "../harness/upstream.mjs";

const KEY = canary("PRIMARY_KEY");
const mark = (covered, name = "primary") => `[redacted:${name}]`.padEnd(covered.length, "*");
const JSON_KEY = JSON.stringify(KEY).slice(1, -1);

const gateway = useGateway();

// An upstream with this body that supports ranges, entity tags and HEAD.
function store(body, fields = {}) {
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    const common = { etag: '"v1"', "accept-ranges": "bytes", "content-type": "application/octet-stream", ...fields };
    const range = exchange.value("if-range") === undefined || exchange.value("if-range") === '"v1"' ? exchange.value("range") : undefined;
    const suffix = /^bytes=-(\d+)$/.exec(range ?? "");
    const wanted = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
    if (exchange.value("if-none-match") === '"v1"') return exchange.write(answer(304, common));
    if (exchange.method === "HEAD") return exchange.write(answer(200, { ...common, "content-length": body.length }));
    if (suffix === null && wanted === null) return exchange.write(answer(200, common, body));
    const first = suffix === null ? Number(wanted[1]) : Math.max(0, body.length - Number(suffix[1]));
    const last = suffix === null && wanted[2] !== "" ? Math.min(Number(wanted[2]), body.length - 1) : body.length - 1;
    if (first > last) return exchange.write(answer(416, { ...common, "content-range": `bytes */${body.length}` }));
    const part = body.subarray(first, last + 1);
    return exchange.write(answer(206, { ...common, "content-range": `bytes ${first}-${last}/${body.length}` }, part));
  });
}

const get = (target, fields = [], method = "GET") => gateway.call({ method, target, fields });
const ranged = (range, more = []) => get("/redact/x", [["Range", range], ...more]);

const BODY = Buffer.from(`${"text before it; ".repeat(300)}"${JSON_KEY}" ${KEY}${"more ".repeat(700)}${encodeURIComponent(KEY)}`);
const REDACTED = Buffer.from(
  BODY.toString().replace(JSON_KEY, mark(JSON_KEY)).replace(KEY, mark(KEY)).replace(encodeURIComponent(KEY), mark(encodeURIComponent(KEY))),
);

test("HEAD and GET agree on length, entity tag and ranges", async () => {
  store(BODY);
  const heads = [];
  for (const method of ["HEAD", "GET"]) {
    const down = await get("/redact/x", [], method);
    heads.push(["content-length", "etag", "accept-ranges"].map((name) => down.value(name)));
    if (method === "GET") assert.ok(down.body.equals(REDACTED));
    assert.equal(down.status, 200);
  }
  assert.deepEqual(heads, [[String(BODY.length), '"v1"', "bytes"], [String(BODY.length), '"v1"', "bytes"]]);
});

test("an entity tag works in conditional requests", async () => {
  store(BODY);
  const { value } = { value: (await get("/redact/x")).value("etag") };
  const down = await get("/redact/x", [["If-None-Match", value]]);
  assert.deepEqual([down.status, down.value("etag")], [304, '"v1"']);
});

test("a client that asks for the length and then for ranges gets the redacted whole", async () => {
  store(BODY);
  for (const size of [1, 7, 100, 1_000, 4_096].map((size) => Math.max(size, Math.ceil(BODY.length / 60)))) {
    const total = Number((await get("/redact/x", [], "HEAD")).value("content-length"));
    const pieces = [];
    for (let first = 0; first < total; first += size) {
      const last = Math.min(first + size, total) - 1;
      const down = await ranged(`bytes=${first}-${last}`);
      assert.deepEqual(
        [down.status, down.value("content-range"), down.value("content-length"), down.value("etag"), down.whole],
        [206, `bytes ${first}-${last}/${total}`, String(last - first + 1), '"v1"', true],
      );
      pieces.push(down.body);
    }
    assert.ok(Buffer.concat(pieces).equals(REDACTED), `${size}`);
  }
});

test("every byte of a secret is overwritten, whatever range is requested", async () => {
  store(BODY);
  const at = BODY.indexOf(KEY);
  for (let first = at - 3; first < at + KEY.length + 3; first += 1) {
    const down = await ranged(`bytes=${first}-${first + 4}`);
    assert.equal(down.text, REDACTED.subarray(first, first + 5).toString(), `${first - at}`);
  }
});

test("suffixes, open ranges and ranges that are longer than the body", async () => {
  store(BODY);
  const total = BODY.length;
  for (const [range, first, last] of [
    ["bytes=-500", total - 500, total - 1],
    [`bytes=-${total + 5}`, 0, total - 1],
    [`bytes=${total - 30}-`, total - 30, total - 1],
    [`bytes=${total - 30}-${total + 100}`, total - 30, total - 1],
    ["bytes=0-0", 0, 0],
    ["bytes=0-", 0, total - 1],
  ]) {
    const down = await ranged(range);
    assert.deepEqual([down.status, down.value("content-range")], [206, `bytes ${first}-${last}/${total}`], range);
    assert.ok(down.body.equals(REDACTED.subarray(first, last + 1)), range);
  }
});

test("a range that begins after the end is 416, also directly after it", async () => {
  store(BODY);
  for (const first of [BODY.length, BODY.length + 10, BODY.length + 100_000]) {
    const down = await ranged(`bytes=${first}-${first + 9}`);
    assert.deepEqual([down.status, down.value("content-range"), down.text], [416, `bytes */${BODY.length}`, ""], `${first}`);
  }
  const down = await ranged("bytes=-0");
  assert.deepEqual([down.status, down.value("content-range")], [416, `bytes */${BODY.length}`]);
});

test("If-Range is forwarded", async () => {
  store(BODY);
  const same = await ranged("bytes=0-9", [["If-Range", '"v1"']]);
  assert.deepEqual([same.status, same.text], [206, REDACTED.subarray(0, 10).toString()]);
  const other = await ranged("bytes=0-9", [["If-Range", '"v0"']]);
  assert.equal(other.status, 200);
  assert.ok(other.body.equals(REDACTED));
});

test("several ranges, other units and malformed ranges get the whole body", async () => {
  store(BODY);
  for (const range of ["bytes=0-1,5-6", "bytes=0-1, -5", "items=0-1", "bytes=9-1", "bytes=x"]) {
    gateway.upstream.exchanges.length = 0;
    const down = await ranged(range, [["If-Range", '"v1"']]);
    assert.equal(down.status, 200, range);
    assert.ok(down.body.equals(REDACTED), range);
    const [up] = gateway.upstream.exchanges;
    assert.deepEqual([up.values("range"), up.values("if-range")], [[], []], range);
  }
});

test("Azure's own range header works like Range", async () => {
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(exchange.value("x-ms-range"));
    const until = Math.min(Number(last), BODY.length - 1);
    const part = BODY.subarray(Number(first), until + 1);
    await exchange.write(answer(206, { "content-range": `bytes ${first}-${until}/${BODY.length}` }, part));
  });
  const at = BODY.indexOf(KEY);
  const down = await get("/redact/x", [["x-ms-range", `bytes=${at + 2}-${at + 9}`]]);
  assert.deepEqual([down.status, down.text], [206, REDACTED.subarray(at + 2, at + 10).toString()]);
});

test("a range is requested only with GET", async () => {
  gateway.upstream.on(EVERY, answer(200, {}, "ok"));
  for (const method of ["HEAD", "POST"]) {
    gateway.upstream.exchanges.length = 0;
    await get("/redact/x", [["Range", "bytes=0-9"]], method);
    assert.deepEqual(gateway.upstream.exchanges[0].values("range"), [], method);
  }
});

test("an upstream without ranges responds with the whole body", async () => {
  gateway.upstream.on(EVERY, answer(200, {}, BODY));
  const down = await ranged("bytes=10-19");
  assert.equal(down.status, 200);
  assert.ok(down.body.equals(REDACTED));
});

for (const [what, fields] of [
  ["none", {}],
  ["what the caller asked for", { "content-range": "bytes 3000-3009/10000" }],
  ["another", { "content-range": "bytes 0-99/10000" }],
  ["of another unit", { "content-range": "items 0-99/10000" }],
  ["without an end", { "content-range": "bytes 0-99/*" }],
  ["of many parts", { "content-type": "multipart/byteranges; boundary=x" }],
]) {
  test(`a partial response whose Content-Range is ${what} is refused`, async () => {
    gateway.upstream.on(EVERY, answer(206, fields, BODY.subarray(0, 100)));
    const down = await ranged("bytes=3000-3009");
    assert.deepEqual([down.status, down.value("ostiary-refusal")], [502, "upstream_invalid"]);
  });
}

test("a partial response that was not requested, or that has a content coding, is refused", async () => {
  gateway.upstream.on(EVERY, answer(206, { "content-range": "bytes 0-99/10000" }, BODY.subarray(0, 100)));
  assert.equal((await get("/redact/x")).value("ostiary-refusal"), "upstream_invalid");
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(exchange.value("range"));
    await exchange.write(answer(206, { "content-range": `bytes ${first}-${last}/100000`, "content-encoding": "gzip" }, gzipSync("x")));
  });
  assert.equal((await ranged("bytes=3000-3009")).value("ostiary-refusal"), "upstream_invalid");
});

test("a partial response that is shorter than its announced length is a broken body", async () => {
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(exchange.value("range"));
    const fields = { "content-range": `bytes ${first}-${last}/100000`, "content-length": last - first + 1 };
    await exchange.write(answer(206, fields, Buffer.alloc(50, ".")));
    exchange.wire.socket.end();
  });
  const down = await ranged("bytes=3000-3999");
  assert.equal(down.whole, false);
});

test("if the key is too short for a search, the requested range is sent upstream unchanged", async () => {
  const body = Buffer.from("no secret is here; ".repeat(100));
  store(body);
  gateway.store.set("PRIMARY_KEY", "short");
  for (const [range, first, last] of [
    ["bytes=100-199", 100, 199],
    ["bytes=-8", body.length - 8, body.length - 1],
    [`bytes=${body.length - 30}-`, body.length - 30, body.length - 1],
  ]) {
    const down = await ranged(range, [["If-Range", '"v1"']]);
    assert.deepEqual([down.status, down.value("content-range"), down.value("content-length")], [206, `bytes ${first}-${last}/${body.length}`, String(last - first + 1)], range);
    assert.ok(down.body.equals(body.subarray(first, last + 1)), range);
  }
  const after = await ranged(`bytes=${body.length}-`);
  assert.deepEqual([after.status, after.value("content-range")], [416, `bytes */${body.length}`]);
});

test("a decoded body has no length, for HEAD and for GET", async () => {
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    const coded = gzipSync(BODY);
    const fields = { etag: '"v1"', "accept-ranges": "bytes", "content-encoding": "gzip", "content-length": coded.length };
    await exchange.write(answer(200, fields, exchange.method === "HEAD" ? "" : coded));
  });
  for (const method of ["HEAD", "GET"]) {
    const down = await get("/redact/x", [], method);
    const said = ["content-length", "content-encoding", "accept-ranges", "etag"].map((name) => down.value(name));
    assert.deepEqual(said, [undefined, undefined, undefined, 'W/"v1"'], method);
  }
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
