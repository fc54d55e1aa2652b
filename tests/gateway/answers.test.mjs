// Section D: the responses of upstreams.

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { EVERY, answer } from "../harness/upstream.mjs";

const gateway = useGateway();

// The caller's response for this response of the upstream.
async function passed(request, status, fields, body) {
  gateway.upstream.clear();
  gateway.upstream.on(EVERY, answer(status, fields, body));
  return (await gateway.through(request)).answer;
}

for (const status of [301, 302, 303, 307, 308]) {
  for (const location of ["http://other.test/x", "/x", "https://api.example.com/y"]) {
    test(`case 30: a ${status} to ${location} is returned and never followed`, async () => {
      const down = await passed({ method: "POST", target: "/bearer/x", body: "hello" }, status, { location }, "moved");
      assert.equal(down.status, status);
      assert.equal(down.text, "moved");
      assert.equal(gateway.upstream.exchanges.length, 1);
    });
  }
}

const up = () => `http://127.0.0.1:${gateway.upstream.port}`;

for (const [why, request, location, expected] of [
  ["on the upstream's own origin leads to the mount", { target: "/bearer/a/b" }, () => `${up()}/next?page=2`, "http://127.0.0.1/bearer/next?page=2"],
  ["that is a path leads to the mount", { target: "/bearer/a/b" }, () => "/next?page=2", "http://127.0.0.1/bearer/next?page=2"],
  ["that is relative leads to the mount", { target: "/bearer/a/b" }, () => "next", "http://127.0.0.1/bearer/a/next"],
  ["within the base path leads to the mount", { target: "/based/a" }, () => `${up()}/base/v1/next`, "http://127.0.0.1/based/next"],
  ["outside the base path is not changed", { target: "/based/a" }, () => `${up()}/base/v2/next`, null],
  ["on a longer base path is not changed", { target: "/based/a" }, () => `${up()}/base/v1x`, null],
  ["on another origin is not changed", { target: "/bearer/a" }, () => "https://other.test/x?a=1", null],
  ["on another port is not changed", { target: "/bearer/a" }, () => "http://127.0.0.1:1/x", null],
  ["leads to the host that the request came by", { host: "api.gw.test", target: "/a" }, () => `${up()}/base/v1/next`, "http://api.gw.test/next"],
  ["leads to the host and prefix that the request came by", { host: "gw.test", target: "/prefix/a" }, () => `${up()}/base/v1/next`, "http://gw.test/prefix/next"],
]) {
  test(`case 31: a target ${why}`, async () => {
    const value = location();
    const down = await passed(request, 201, [["Location", value], ["Content-Location", value], ["Link", `<${value}>; rel="next", <https://third.test/>; rel="x"`]], "");
    // A relative reference is kept if it has the same meaning for the caller.
    const resolved = (reference) => new URL(reference, `http://${request.host ?? "127.0.0.1"}${request.target}`).href;
    for (const name of ["location", "content-location"]) {
      if (expected === null) assert.ok([value, new URL(value, up()).href].includes(down.value(name)), down.value(name));
      else assert.equal(resolved(down.value(name)), expected, name);
    }
    const [, linked] = /^<([^>]*)>; rel="next", <https:\/\/third\.test\/>; rel="x"$/.exec(down.value("link"));
    assert.equal(resolved(linked), expected ?? value);
  });
}

const everyByte = (text) => Buffer.from(text).toString("hex").replaceAll(/../g, "%$&");

for (const [where, place] of [
  ["its parameter", (key) => `/next?key=${encodeURIComponent(key)}&page=2`],
  ["its parameter, in lower-case hex", (key) => `/next?page=2&key=${encodeURIComponent(key).toLowerCase()}`],
  ["its parameter, spelled otherwise", (key) => `/next?page=2&k%65y=${encodeURIComponent(key)}`],
  ["its parameter, behind a semicolon", (key) => `${up()}/next?page=2;key=${encodeURIComponent(key)}`],
  ["its parameter on another origin", (key) => `https://other.test/next?page=2&key=${encodeURIComponent(key)}`],
  ["another parameter on another origin", (key) => `https://other.test/next?page=2&other=${encodeURIComponent(key)}`],
  ["another parameter, every byte escaped", (key) => `https://other.test/next?page=2&other=${everyByte(key)}`],
]) {
  test(`case 31: a credential in ${where} of a link is not returned to the caller`, async () => {
    const value = place(canary("QUERY_KEY"));
    const down = await passed({ target: "/query/x" }, 302, [["Location", value], ["Content-Location", value], ["Link", `<${value}>; rel="next"`]], "");
    assert.equal(down.status, 302);
    gateway.sweep();
  });
}

// On a route whose secret has one source. With two sources, a 401 causes failover, which is case 43.
for (const status of [200, 201, 400, 401, 402, 403, 404, 405, 409, 418, 422, 429, 500, 502, 503, 504, 508, 599]) {
  test(`case 33: an upstream's ${status} is returned unchanged`, async () => {
    const down = await passed({ target: "/header/x" }, status, { "content-type": "application/problem+json", "retry-after": "7", "www-authenticate": "Basic" }, '{"code":"not_allowed"}');
    assert.equal(down.status, status);
    assert.equal(down.text, '{"code":"not_allowed"}');
    assert.equal(down.value("retry-after"), "7");
    assert.equal(down.value("www-authenticate"), "Basic");
    assert.equal(down.value("ostiary-refusal"), undefined);
    assert.match(down.value("ostiary-request-id"), /^[0-9a-f]{32}$/);
  });
}

for (const [given, expected] of [
  [undefined, "private"],
  ["public, max-age=60", "private, max-age=60"],
  ["max-age=60, s-maxage=600", "private, max-age=60"],
  ["no-store", "no-store"],
  ["private, max-age=5", "private, max-age=5"],
]) {
  test(`case 35: Cache-Control ${given} of an authenticated request is returned as ${expected}`, async () => {
    const down = await passed({ target: "/bearer/x" }, 200, given ? { "cache-control": given } : {}, "ok");
    assert.deepEqual(down.values("cache-control"), [expected]);
  });
}

test("case 35: with shared_cache, and for anyone, a shared cache may store a response", async () => {
  const shared = await passed({ target: "/shared/x" }, 200, { "cache-control": "public, max-age=60" }, "ok");
  assert.deepEqual(shared.values("cache-control"), ["public, max-age=60"]);
  const anyone = await passed({ target: "/public/health", token: null }, 200, { "cache-control": "public, max-age=60" }, "ok");
  assert.deepEqual(anyone.values("cache-control"), ["public, max-age=60"]);
});

test("case 35: headers for a CDN are not returned to the caller", async () => {
  const names = ["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control"];
  const down = await passed({ target: "/bearer/x" }, 200, names.map((name) => [name, "max-age=60"]), "ok");
  for (const name of names) assert.deepEqual(down.values(name), [], name);
});

test("case 35: two equal requests both reach the upstream", async () => {
  gateway.upstream.on("/x", answer(200, { "cache-control": "public, max-age=60", "etag": '"x"' }, "ok"));
  await gateway.call({ target: "/shared/x" });
  await gateway.call({ target: "/shared/x" });
  assert.equal(gateway.upstream.exchanges.length, 2);
  // Bare workerd has no cache, but it reports the option to bypass it.
  for (const received of gateway.upstream.exchanges) assert.equal(received.value("pragma"), "no-cache");
});

test("case 36: Range and conditional headers are sent upstream", async () => {
  const fields = [["Range", "bytes=0-1"], ["If-None-Match", '"x"'], ["If-Match", "*"], ["If-Modified-Since", "Mon, 23 Nov 2026 00:00:00 GMT"], ["If-Range", '"x"']];
  const { up: received } = await gateway.through({ target: "/bearer/x", fields });
  for (const [name, value] of fields) assert.deepEqual(received.values(name), [value], name);
});

test("case 36: 206 keeps its length and its range", async () => {
  const down = await passed({ target: "/bearer/x" }, 206, { "content-range": "bytes 0-1/5" }, "he");
  assert.equal(down.status, 206);
  assert.equal(down.value("content-range"), "bytes 0-1/5");
  assert.equal(down.value("content-length"), "2");
  assert.equal(down.text, "he");
});

test("case 36: 204 and 304 have no body", async () => {
  for (const status of [204, 304]) {
    const down = await passed({ target: "/bearer/x" }, status, { etag: '"x"' }, "");
    assert.equal(down.status, status);
    assert.equal(down.value("etag"), '"x"');
    assert.equal(down.framing, "none");
  }
});

test("case 36: 205 has no body, whether its upstream sends one or not", async () => {
  for (const target of ["/bearer/x", "/redact/x"]) {
    for (const [method, body] of [["GET", ""], ["POST", ""], ["GET", "text"]]) {
      gateway.upstream.on("/x", answer(205, { "x-seen": "1" }, body));
      const down = await gateway.call({ method, target });
      assert.deepEqual([down.status, down.value("x-seen"), down.text], [205, "1", ""], `${method} ${target} ${body}`);
    }
  }
});

test("case 36: HEAD has the length of the response to GET", async () => {
  gateway.upstream.on("/x", answer(200, { etag: '"x"' }, "hello"));
  const { answer: down, up: received } = await gateway.through({ method: "HEAD", target: "/bearer/x" });
  assert.equal(received.method, "HEAD");
  assert.equal(down.value("content-length"), "5");
  assert.equal(down.body.length, 0);
});

for (const status of ["101", "600", "999"]) {
  test(`case 36: an upstream's ${status} becomes a refusal`, async () => {
    gateway.upstream.on("/x", async (exchange) => {
      await exchange.received;
      await exchange.write(answer(status, {}, "no"));
      exchange.wire.socket.end();
    });
    const down = await gateway.call({ target: "/bearer/x" });
    assert.equal(down.status, 502);
    assert.equal(down.value("ostiary-refusal"), "upstream_invalid");
    assert.ok(!down.text.includes("no\n"));
  });
}

for (const [what, bytes] of [
  ["no HTTP", "garbage\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 1000 X\r\n\r\n"],
  ["a NUL in a header", "HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n"],
  ["nothing at all", ""],
]) {
  test(`case 39: an upstream that responds with ${what} causes a refusal`, async () => {
    gateway.upstream.on("/x", async (exchange) => {
      await exchange.received;
      if (bytes) await exchange.write(Buffer.from(bytes, "latin1"));
      exchange.wire.socket.end();
    });
    const down = await gateway.call({ target: "/bearer/x" });
    assert.equal(down.status, 502);
    assert.equal(down.value("ostiary-refusal"), "upstream_unreachable");
  });
}

test("case 37: a compressed body is returned unchanged, and is not decoded", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const before = gateway.process.residentMemory();
  const down = await passed({ target: "/bearer/x", fields: [["Accept-Encoding", "gzip"]] }, 200, { "content-encoding": "gzip" }, bomb);
  assert.equal(down.value("content-encoding"), "gzip");
  assert.ok(down.body.equals(bomb));
  assert.equal(down.value("content-length"), String(bomb.length));
  assert.ok(gateway.process.residentMemory() - before < 32 * 1024 * 1024);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
