// Links in headers and bodies are rewritten to the mount while the body streams.

import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { canary } from "../harness/canaries.mjs";
import { MAIN, useGateway } from "../harness/gateway.mjs";
import { within } from "../harness/patience.mjs";
import { EVERY, LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";

const JSON_TYPE = { "Content-Type": "application/json" };
const CHUNKED = { "Transfer-Encoding": "chunked" };

const gateway = useGateway();

const upstream = () => `http://127.0.0.1:${gateway.upstream.port}/base`;
// The host that the test client sends.
const mount = (path) => `http://127.0.0.1${path}`;
const linked = (base) => JSON.stringify({ dist: { tarball: `${base}/pkg/-/pkg-1.0.0.tgz` }, next: base, other: "https://other.test/base/x" });

for (const path of ["/links", "/links-plain"]) {
  test(`links in a body of ${path} are changed to the mount's URL, wherever the body is cut into pieces`, async () => {
    const body = Buffer.from(linked(upstream()));
    for (const size of [1, 7, body.length]) {
      gateway.reset();
      gateway.upstream.on(EVERY, async (exchange) => {
        await exchange.write(answer(200, { ...JSON_TYPE, ...CHUNKED, ETag: '"1"' }));
        for (let at = 0; at < body.length; at += size) await exchange.write(chunk(body.subarray(at, at + size)));
        await exchange.write(LAST_CHUNK);
      });
      const { answer: down, up } = await gateway.through({ target: `${path}/pkg`, fields: [["Range", "bytes=0-3"], ["Accept-Encoding", "gzip"]] });
      assert.equal(down.text, linked(mount(path)), `pieces of ${size}`);
      assert.deepEqual([up.value("range"), up.value("accept-encoding")], [undefined, "identity"]);
    }
  });

  test(`a body of ${path} with a length gets another one, and HEAD has none`, async () => {
    gateway.upstream.on(EVERY, answer(200, { ...JSON_TYPE, "Accept-Ranges": "bytes" }, linked(upstream())));
    const { answer: down } = await gateway.through({ target: `${path}/pkg` });
    assert.equal(down.text, linked(mount(path)));
    assert.deepEqual([down.value("content-length"), down.value("accept-ranges")], [undefined, undefined]);
    const head = await gateway.call({ method: "HEAD", target: `${path}/pkg` });
    assert.deepEqual([head.status, head.value("content-length"), head.value("accept-ranges")], [200, undefined, undefined]);
  });

  test(`a body of ${path} with a content coding that was not asked for is rewritten too`, async () => {
    for (const [coding, coded] of [["gzip", gzipSync], ["br", brotliCompressSync], ["deflate", deflateSync]]) {
      gateway.reset();
      gateway.upstream.on(EVERY, answer(200, { ...JSON_TYPE, "Content-Encoding": coding }, coded(linked(upstream()))));
      const { answer: down } = await gateway.through({ target: `${path}/pkg` });
      assert.equal(down.value("content-encoding"), undefined, coding);
      assert.equal(down.text, linked(mount(path)), coding);
    }
  });

  test(`a body of ${path} of another type is returned unchanged`, async () => {
    const text = linked(upstream());
    gateway.upstream.on(EVERY, answer(200, { "Content-Type": "application/octet-stream" }, text));
    const { answer: down } = await gateway.through({ target: `${path}/pkg` });
    assert.equal(down.text, text);
  });

  test(`case 41: a body of ${path} streams`, async () => {
    let arrived = () => {};
    gateway.upstream.on(EVERY, async (exchange) => {
      await exchange.write(answer(200, { ...JSON_TYPE, ...CHUNKED }));
      for (const line of ["first", "second", "third"]) {
        const seen = new Promise((resolve) => (arrived = resolve));
        await exchange.write(chunk(Buffer.from(`"${upstream()}/${line}"\n`)));
        await within(`the caller to get the ${line} line`, seen);
      }
      await exchange.write(LAST_CHUNK);
    });
    const connection = await gateway.open({ target: `${path}/lines` });
    const down = await connection.answer();
    let text = "";
    for await (const bytes of down.pieces()) {
      text += bytes;
      arrived();
    }
    connection.close();
    assert.equal(text, ["first", "second", "third"].map((line) => `"${mount(path)}/${line}"\n`).join(""));
  });

  test(`case 39: a body of ${path} that is broken off is broken for the caller`, async () => {
    gateway.upstream.on(EVERY, async (exchange) => {
      await exchange.write(answer(200, { ...JSON_TYPE, ...CHUNKED }));
      await exchange.write(chunk(Buffer.from(`"${upstream()}/x"\n`)));
      exchange.wire.reset();
    });
    assert.equal((await gateway.call({ target: `${path}/broken` })).whole, false);
  });
}

test("case 37: a rewritten body has been redacted", async () => {
  gateway.upstream.on(EVERY, answer(200, JSON_TYPE, `{"next":"${upstream()}/x?key=${canary("PRIMARY_KEY")}"}`));
  const { answer: down } = await gateway.through({ target: "/links/x" });
  assert.ok(down.text.startsWith(`{"next":"${mount("/links")}/x?key=[redacted:primary]`), down.text);
});

test("case 31: URLs of uploads and operations are changed to the mount's URL, and the upload uses it", async () => {
  const names = ["Operation-Location", "Azure-AsyncOperation", "X-Goog-Upload-URL", "Docker-Upload-Location", "X-Upload"];
  gateway.upstream.on("/base/start", answer(200, names.map((name, at) => [name, `${upstream()}/op/${at}?upload_id=1`]), ""));
  const { answer: down } = await gateway.through({ method: "POST", target: "/links/start", body: "" });
  for (const [at, name] of names.entries()) assert.equal(down.value(name), `${mount("/links")}/op/${at}?upload_id=1`, name);
  gateway.upstream.clear();
  const { pathname, search } = new URL(down.value("X-Goog-Upload-URL"));
  const { up } = await gateway.through({ method: "PUT", target: `${pathname}${search}`, body: "the file" });
  await up.received;
  assert.deepEqual([up.target, up.body.toString()], ["/base/op/2?upload_id=1", "the file"]);
  assert.deepEqual(up.values("authorization"), [`Bearer ${canary("PRIMARY_KEY")}`]);
  assert.ok(!up.head.includes(MAIN));
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
