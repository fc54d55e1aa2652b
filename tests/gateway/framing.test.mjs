// Section E, first half: bodies and their framing arrive unchanged, complete or visibly broken.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { useGateway } from "../harness/gateway.mjs";
import { pause, within } from "../harness/patience.mjs";
import { LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";

const gateway = useGateway();

const BINARY = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31) % 256));

for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
  test(`case 22: ${method} keeps the length of its body, byte for byte`, async () => {
    const { up } = await gateway.through({ method, target: "/bearer/x", body: BINARY });
    assert.deepEqual(up.values("content-length"), [String(BINARY.length)]);
    assert.deepEqual(up.values("transfer-encoding"), []);
    assert.ok(up.body.equals(BINARY));
  });

  test(`case 22: a chunked ${method} is sent upstream in chunks`, async () => {
    const body = Buffer.concat([chunk(BINARY.subarray(0, 10)), chunk(BINARY.subarray(10)), LAST_CHUNK]);
    const { up } = await gateway.through({ method, target: "/bearer/x", fields: [["Transfer-Encoding", "chunked"]], body });
    assert.deepEqual(up.values("content-length"), []);
    assert.deepEqual(up.values("transfer-encoding"), ["chunked"]);
    assert.ok(up.body.equals(BINARY));
  });

  test(`case 22: ${method} without a body is sent upstream without one`, async () => {
    for (const fields of [[], [["Content-Length", "0"]]]) {
      gateway.upstream.clear();
      const { up } = await gateway.through({ method, target: "/bearer/x", fields });
      assert.deepEqual(up.values("transfer-encoding"), []);
      assert.equal(up.bodyLength, 0);
    }
  });
}

test("case 22: a request with a length and chunks is sent upstream with one framing", async () => {
  const fields = [["Transfer-Encoding", "chunked"], ["Content-Length", "3"]];
  const received = await gateway.call({ method: "POST", target: "/bearer/x", fields, body: "5\r\nhello\r\n0\r\n\r\n" });
  if (received.status === 400) return;
  const [up] = gateway.upstream.exchanges;
  assert.equal(up.values("transfer-encoding").length + up.values("content-length").length, 1);
  assert.equal(up.body.toString(), "hello");
});

for (const framing of ["length", "chunks"]) {
  for (const how of ["resets", "closes"]) {
    test(`case 22: an upload with a ${framing} framing that its caller ${how} is broken for the upstream too`, async () => {
      const chunked = framing === "chunks";
      const fields = chunked ? [["Transfer-Encoding", "chunked"]] : [["Content-Length", "100"]];
      const connection = await gateway.open({ method: "POST", target: "/bearer/x", fields });
      await connection.write(chunked ? chunk(Buffer.from("half")) : Buffer.from("half"));
      const up = await gateway.upstream.next();
      if (how === "resets") connection.wire.reset();
      else connection.wire.socket.end();
      assert.equal(await within("the upload's end", up.received), false);
      connection.close();
    });
  }
}

test("a response that arrives before the end of the upload is returned", async () => {
  gateway.upstream.on("/x", async (exchange) => exchange.write(answer(413, { connection: "close" }, "too large")));
  const connection = await gateway.open({ method: "POST", target: "/bearer/x", fields: [["Content-Length", "1000000"]] });
  await connection.write(Buffer.alloc(1000));
  const down = await (await connection.answer()).collect();
  assert.equal(down.status, 413);
  assert.equal(down.text, "too large");
  connection.close();
});

test("a download keeps its length, or its chunks, byte for byte", async () => {
  gateway.upstream.on("/x", answer(200, {}, BINARY));
  const { answer: known } = await gateway.through({ target: "/bearer/x" });
  assert.equal(known.value("content-length"), String(BINARY.length));
  assert.ok(known.body.equals(BINARY));
  gateway.upstream.clear();
  gateway.upstream.on("/x", Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(BINARY), LAST_CHUNK]));
  const { answer: chunked } = await gateway.through({ target: "/bearer/x" });
  assert.equal(chunked.framing, "chunked");
  assert.ok(chunked.body.equals(BINARY));
});

for (const [framing, head] of [
  ["a length", answer(200, { "content-length": "100" }, "short")],
  ["chunks", Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("short"))])],
]) {
  for (const how of ["resets", "closes"]) {
    test(`case 39: an upstream that ${how} in a body with ${framing} causes a broken body for the caller`, async () => {
      gateway.upstream.on("/x", async (exchange) => {
        await exchange.received;
        await exchange.write(head);
        await pause(50);
        if (how === "resets") exchange.wire.reset();
        else exchange.wire.socket.end();
      });
      const down = await gateway.call({ target: "/bearer/x" });
      assert.equal(down.status, 200);
      assert.equal(down.whole, false);
    });
  }
}

for (const method of ["GET", "POST"]) {
  test(`case 39: an upstream that resets before its head causes a refusal of ${method}, after one attempt`, async () => {
    // A new connection: on a used one, workerd itself repeats a request without a body.
    gateway.upstream.on("/first", answer(200, { connection: "close" }, "ok"));
    gateway.upstream.on("/x", async (exchange) => {
      await exchange.received;
      exchange.wire.reset();
    });
    await gateway.call({ target: "/bearer/first" });
    gateway.upstream.exchanges = [];
    const body = method === "POST" ? { body: "hello" } : {};
    const down = await gateway.call({ method, target: "/bearer/x", ...body });
    assert.equal(down.status, 502);
    assert.equal(down.value("ostiary-refusal"), "upstream_unreachable");
    assert.equal(gateway.upstream.exchanges.length, 1);
  });
}

const MEGABYTES = 300;
const PIECE = Buffer.alloc(1024 * 1024, "0123456789abcdef");
const ALLOWED_GROWTH = 96 * 1024 * 1024;

// The peak memory of the process during `action`, minus its memory before.
async function growth(action) {
  const before = gateway.process.residentMemory();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, gateway.process.residentMemory())), 20);
  await action();
  clearInterval(timer);
  return Math.max(most, gateway.process.residentMemory()) - before;
}

const digestOf = (pieces) => {
  const hash = createHash("sha256");
  for (let piece = 0; piece < pieces; piece += 1) hash.update(PIECE);
  return hash.digest("hex");
};

for (const framing of ["length", "chunks"]) {
  test(`case 42: ${MEGABYTES} MB are streamed upstream with a ${framing} framing and without growth of memory`, async () => {
    const fields = framing === "length" ? [["Content-Length", String(MEGABYTES * PIECE.length)]] : [["Transfer-Encoding", "chunked"]];
    const grown = await growth(async () => {
      const connection = await gateway.open({ method: "POST", target: "/bearer/x", fields });
      for (let piece = 0; piece < MEGABYTES; piece += 1) await connection.write(framing === "length" ? PIECE : chunk(PIECE));
      if (framing === "chunks") await connection.write(LAST_CHUNK);
      const down = await (await connection.answer()).collect();
      assert.equal(down.status, 200);
      connection.close();
    });
    const [up] = gateway.upstream.exchanges;
    assert.equal(up.bodyLength, MEGABYTES * PIECE.length);
    assert.equal(up.digest, digestOf(MEGABYTES));
    assert.ok(grown < ALLOWED_GROWTH, `grown by ${grown} bytes`);
  });

  test(`case 42: ${MEGABYTES} MB are streamed to the caller with a ${framing} framing and without growth of memory`, async () => {
    gateway.upstream.on("/x", async (exchange) => {
      const head = framing === "length" ? { "content-length": String(MEGABYTES * PIECE.length) } : { "transfer-encoding": "chunked" };
      await exchange.write(answer(200, head));
      for (let piece = 0; piece < MEGABYTES; piece += 1) await exchange.write(framing === "length" ? PIECE : chunk(PIECE));
      if (framing === "chunks") await exchange.write(LAST_CHUNK);
    });
    const hash = createHash("sha256");
    const grown = await growth(async () => {
      const connection = await gateway.open({ target: "/bearer/x" });
      const down = await connection.answer();
      for await (const bytes of down.pieces()) hash.update(bytes);
      connection.close();
    });
    assert.equal(hash.digest("hex"), digestOf(MEGABYTES));
    assert.ok(grown < ALLOWED_GROWTH, `grown by ${grown} bytes`);
  });
}

test("case 42: a caller that reads slowly slows the upstream down, without growth of memory", async () => {
  let written = 0;
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
    for (let piece = 0; piece < MEGABYTES; piece += 1) {
      await exchange.write(chunk(PIECE));
      written += 1;
    }
  });
  const grown = await growth(async () => {
    const connection = await gateway.open({ target: "/bearer/x" });
    await connection.answer();
    await pause(1_000);
    connection.close();
  });
  assert.ok(written < MEGABYTES, "the upstream was held up");
  assert.ok(grown < ALLOWED_GROWTH, `grown by ${grown} bytes`);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
