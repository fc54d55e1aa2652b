// Section E, second half: the deadline for an upstream's head, which must not end slow bodies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useGateway } from "../harness/gateway.mjs";
import { pause, within } from "../harness/patience.mjs";
import { LAST_CHUNK, answer, chunk, silent } from "../harness/upstream.mjs";

// The route `brief` waits 500 ms for a head.
const DEADLINE = 500;

const gateway = useGateway();

for (const [method, body] of [["GET", undefined], ["POST", "hello"], ["POST", undefined]]) {
  test(`case 40: ${method} ${body ? "with" : "without"} a body to an upstream that never responds ends at the deadline, and its socket is closed at once`, async () => {
    gateway.upstream.on("/x", silent);
    const started = performance.now();
    const down = await gateway.call({ method, target: "/brief/x", ...(body ? { body } : {}) });
    const took = performance.now() - started;
    assert.equal(down.status, 504);
    assert.equal(down.value("ostiary-refusal"), "upstream_timeout");
    assert.ok(took >= DEADLINE - 50 && took < DEADLINE + 3_000, `${took} ms`);
    const [up] = gateway.upstream.exchanges;
    await within("the upstream's socket to be closed", up.closed, DEADLINE);
    assert.equal(gateway.upstream.exchanges.length, 1);
  });
}

test("case 40: interim responses do not count as a response", async () => {
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    await exchange.write(Buffer.from("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"));
    await silent(exchange);
  });
  const down = await gateway.call({ target: "/brief/x" });
  assert.equal(down.status, 504);
});

test("case 40: a response that is already streaming is not cut off", async () => {
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
    for (let piece = 0; piece < 6; piece += 1) {
      await exchange.write(chunk(Buffer.from(`${piece}`)));
      await pause(DEADLINE / 2);
    }
    await exchange.write(LAST_CHUNK);
  });
  const down = await gateway.call({ target: "/brief/x" });
  assert.equal(down.text, "012345");
  assert.equal(down.whole, true);
});

for (const framing of ["length", "chunks"]) {
  test(`case 40: an upload with a ${framing} framing that is slower than the deadline is not cut off`, async () => {
    const chunked = framing === "chunks";
    const fields = chunked ? [["Transfer-Encoding", "chunked"]] : [["Content-Length", "6"]];
    const connection = await gateway.open({ method: "POST", target: "/brief/x", fields });
    for (let piece = 0; piece < 6; piece += 1) {
      await connection.write(chunked ? chunk(Buffer.from(`${piece}`)) : Buffer.from(`${piece}`));
      await pause(DEADLINE / 2);
    }
    if (chunked) await connection.write(LAST_CHUNK);
    const down = await (await connection.answer()).collect();
    connection.close();
    assert.equal(down.status, 200);
    const [up] = gateway.upstream.exchanges;
    assert.equal(up.body.toString(), "012345");
    assert.equal(up.framing, chunked ? "chunked" : "length");
  });
}

test("case 40: the deadline is counted from the last progress of the upload", async () => {
  gateway.upstream.on("/x", silent);
  const connection = await gateway.open({ method: "POST", target: "/brief/x", fields: [["Content-Length", "4"]] });
  for (const piece of ["a", "b", "c", "d"]) {
    await connection.write(Buffer.from(piece));
    await pause(DEADLINE / 2);
  }
  const down = await (await connection.answer()).collect();
  connection.close();
  assert.equal(down.status, 504);
  const [up] = gateway.upstream.exchanges;
  assert.equal(up.bodyLength, 4);
});

for (const framing of ["length", "chunks"]) {
  for (const [what, sent] of [["stops in the middle", "half"], ["sends nothing", ""]]) {
    test(`case 40: a caller that ${what} of an upload with a ${framing} framing ends at the deadline`, async () => {
      const chunked = framing === "chunks";
      const fields = chunked ? [["Transfer-Encoding", "chunked"]] : [["Content-Length", "10"]];
      const connection = await gateway.open({ method: "POST", target: "/brief/x", fields });
      if (sent) await connection.write(chunked ? chunk(Buffer.from(sent)) : Buffer.from(sent));
      const started = performance.now();
      const down = await (await connection.answer()).collect();
      connection.close();
      assert.ok(performance.now() - started < DEADLINE + 4_000);
      assert.deepEqual([down.status, down.value("ostiary-refusal")], [504, "upstream_timeout"]);
      for (const up of gateway.upstream.exchanges) {
        assert.equal(await within("the upload's end", up.received), false, "the upload is incomplete for the upstream");
      }
    });
  }
}

test("case 40: if the caller disconnects, the request to the upstream is aborted", async () => {
  gateway.upstream.on("/x", silent);
  const connection = await gateway.open({ target: "/bearer/x" });
  const up = await gateway.upstream.next();
  connection.wire.reset();
  await within("the upstream's socket to be closed", up.closed);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
