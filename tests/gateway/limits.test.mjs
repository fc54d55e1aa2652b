// Rate limits, the size of uploads, and stalled responses.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { pause, within } from "../harness/patience.mjs";
import { hangs, throws, yields } from "../harness/secret-store.mjs";
import { EVERY, LAST_CHUNK, answer, chunk, silent } from "../harness/upstream.mjs";

const IDLE = 600;
const MOST = 64 * 1024;

describe("on workerd", () => {
  const gateway = useGateway();

  describe("rate limits", () => {
    const from = (address) => ["CF-Connecting-IP", address];

    test("a request is counted by its address and by its caller, and a refused one by its address", async () => {
      await gateway.through({ target: "/limited/x", fields: [from("2001:db8:1:2::7")] });
      assert.deepEqual(gateway.store.counted, [["BY_ADDRESS", "2001:db8:1:2::/64"], ["BY_CALLER", "limited/main"]]);
      gateway.reset();
      await gateway.refused({ target: "/limited/x", token: "unknown" }, "caller_unauthenticated");
      assert.deepEqual(gateway.store.counted, [["BY_ADDRESS", "unknown"]]);
    });

    for (const [binding, seconds, reads] of [["BY_ADDRESS", "60", 0], ["BY_CALLER", "10", 2]]) {
      test(`${binding} that is exceeded is 429 with Retry-After, and nothing is sent upstream`, async () => {
        gateway.store.set(binding, yields(false));
        const down = await gateway.refused({ target: "/limited/x" }, "rate_limited");
        assert.deepEqual([down.status, down.value("retry-after")], [429, seconds]);
        assert.equal(gateway.store.reads.size, reads);
      });

      for (const [name, behaviour] of [["throws", throws], ["hangs", hangs], ["yields no verdict", yields("yes")]]) {
        test(`${binding} that ${name} admits the request, with a warning`, async () => {
          gateway.store.set(binding, behaviour);
          const { answer: down } = await gateway.through({ target: "/limited/x" });
          assert.equal(down.status, 200);
          const event = await gateway.event(down);
          assert.deepEqual([event.level, event.rate_limit_unknown], ["warn", true]);
        });
      }
    }
  });

  describe("max_body", () => {
    const post = (fields) => ({ method: "POST", target: "/small/x", fields });

    test("case 42: a body above it is refused before a connection is made, and a body of exactly this length is admitted", async () => {
      await gateway.refused(post([["Content-Length", MOST + 1]]), "payload_too_large");
      gateway.reset();
      const { up } = await gateway.through({ ...post([]), body: "x".repeat(MOST) });
      assert.equal(up.bodyLength, MOST);
    });

    test("case 42: chunks are counted while they are forwarded", async () => {
      const whole = await gateway.call({ ...post([["Transfer-Encoding", "chunked"]]), body: Buffer.concat([chunk(Buffer.alloc(MOST)), LAST_CHUNK]) });
      assert.equal(whole.status, 200);
      gateway.reset();
      const connection = await gateway.open(post([["Transfer-Encoding", "chunked"]]));
      await connection.write(chunk(Buffer.alloc(MOST)));
      const up = await gateway.upstream.next();
      await connection.write(chunk(Buffer.alloc(1)));
      const down = await (await connection.answer()).collect();
      connection.close();
      assert.deepEqual([down.status, down.value("ostiary-refusal")], [413, "payload_too_large"]);
      assert.equal(await within("the upload's end", up.received), false, "what came up is not taken for whole");
      assert.ok(up.bodyLength <= MOST);
    });

    test("case 42: a response that has begun is aborted", async () => {
      gateway.upstream.on(EVERY, async (exchange) => {
        await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
        await exchange.write(chunk(Buffer.from("early")));
        await silent(exchange);
      });
      const connection = await gateway.open(post([["Transfer-Encoding", "chunked"]]));
      await connection.write(chunk(Buffer.alloc(10)));
      const down = await connection.answer();
      await connection.write(chunk(Buffer.alloc(MOST)));
      const [up] = gateway.upstream.exchanges;
      await within("the upstream's socket to be closed", up.closed);
      assert.equal((await within("the end of the answer", down.collect())).whole, false);
      connection.close();
    });
  });

  describe("idle_timeout", () => {
    const framings = { length: { "content-length": "100" }, chunks: { "transfer-encoding": "chunked" } };
    for (const [name, fields] of Object.entries(framings)) {
      test(`case 40: a response with ${name} and without progress is aborted, and its upstream is disconnected`, async () => {
        gateway.upstream.on(EVERY, async (exchange) => {
          await exchange.write(answer(200, fields));
          await exchange.write(name === "length" ? Buffer.from("half") : chunk(Buffer.from("half")));
          await silent(exchange);
        });
        const down = await gateway.call({ target: "/idle/x" });
        assert.deepEqual([down.status, down.text, down.whole], [200, "half", false]);
        assert.equal(down.framing, name === "length" ? "length" : "chunked");
        await within("the upstream's socket to be closed", gateway.upstream.exchanges[0].closed);
      });
    }

    test("case 40: a redacted response is aborted too, and the bytes that were held back are not returned", async () => {
      gateway.upstream.on(EVERY, async (exchange) => {
        await exchange.write(answer(200, { "content-length": "100" }, `${canary("PRIMARY_KEY")}\nhalf`));
        await silent(exchange);
      });
      const down = await gateway.call({ target: "/idle-redacted/x" });
      const covered = "[redacted:primary]".padEnd(canary("PRIMARY_KEY").length, "*");
      assert.deepEqual([down.status, down.text, down.whole], [200, `${covered}\n`, false]);
      await within("the upstream's socket to be closed", gateway.upstream.exchanges[0].closed);
    });

    for (const target of ["/idle/x", "/idle-redacted/x"]) {
      test(`case 41: events that arrive faster than both timeouts, and for longer, keep their timing at ${target}`, async () => {
        gateway.upstream.on(EVERY, async (exchange) => {
          await exchange.write(answer(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
          for (let event = 0; event < 5; event += 1) {
            await exchange.write(chunk(Buffer.from(`data: ${event}\n\n`)));
            await pause(IDLE / 2);
          }
          await exchange.write(LAST_CHUNK);
        });
        const connection = await gateway.open({ target });
        const down = await connection.answer();
        const arrivals = [];
        for await (const bytes of down.pieces()) arrivals.push({ at: performance.now(), text: bytes.toString() });
        connection.close();
        assert.equal(arrivals.map(({ text }) => text).join(""), "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n");
        for (let event = 1; event < arrivals.length; event += 1) {
          assert.ok(arrivals[event].at - arrivals[event - 1].at > IDLE / 4, "events come one by one");
        }
      });
    }

    test("complete responses, and responses without a body, are returned unchanged", async () => {
      for (const [status, fields, body] of [[204, {}, ""], [304, { etag: "x" }, ""], [200, {}, ""], [200, {}, "x".repeat(300_000)]]) {
        gateway.reset();
        gateway.upstream.on(EVERY, answer(status, fields, body));
        const { answer: down } = await gateway.through({ target: "/idle/x" });
        assert.deepEqual([down.status, down.text, down.whole], [status, body, true]);
      }
      gateway.reset();
      gateway.upstream.on(EVERY, answer(200, { "content-length": "100" }));
      const { answer: down } = await gateway.through({ method: "HEAD", target: "/idle/x" });
      assert.deepEqual([down.status, down.value("content-length")], [200, "100"]);
    });

    test("a response with a content coding that was not asked for is returned with its content", async () => {
      const coded = gzipSync("x".repeat(10_000));
      gateway.upstream.on(EVERY, Buffer.concat([answer(200, { "content-encoding": "gzip", "content-length": coded.length }), coded]));
      const { answer: down, up } = await gateway.through({ target: "/idle/x", fields: [["Accept-Encoding", "gzip"]] });
      assert.equal(up.value("accept-encoding"), "identity");
      assert.equal(down.whole, true);
      const body = down.value("content-encoding") === "gzip" ? gunzipSync(down.body) : down.body;
      assert.equal(body.toString(), "x".repeat(10_000));
    });

    test("case 39: a response that its upstream breaks off is broken for the caller", async () => {
      for (const fields of Object.values(framings)) {
        gateway.upstream.on(EVERY, async (exchange) => {
          await exchange.write(answer(200, fields));
          await exchange.write(fields["content-length"] ? Buffer.from("half") : chunk(Buffer.from("half")));
          await pause(100);
          exchange.wire.reset();
        });
        assert.equal((await gateway.call({ target: "/idle/x" })).whole, false);
      }
    });
  });

  describe("a caller that disconnects", () => {
    for (const route of ["bearer", "idle"]) {
      test(`case 40: aborts the request of an upstream whose response streams (${route})`, async () => {
        gateway.upstream.on(EVERY, async (exchange) => {
          await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
          for (;;) {
            await exchange.write(chunk(Buffer.alloc(1000)));
            await pause(50);
          }
        });
        const connection = await gateway.open({ target: `/${route}/x` });
        await connection.answer();
        const [up] = gateway.upstream.exchanges;
        connection.close();
        await within("the upstream's socket to be closed", up.closed);
      });
    }

    test("case 40: aborts the request of an upstream during the upload", async () => {
      gateway.upstream.on(EVERY, silent);
      const connection = await gateway.open({ method: "POST", target: "/failing/x", fields: [["Content-Length", "1000"]] });
      await connection.write(Buffer.alloc(10));
      const up = await gateway.upstream.next();
      connection.wire.reset();
      await within("the upstream's socket to be closed", up.closed);
      assert.equal(gateway.upstream.exchanges.length, 1);
    });
  });

  test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
});

describe("on Miniflare, with its own rate limits", () => {
  const gateway = useGateway("miniflare");

  // The binding BY_ADDRESS allows five requests in a minute, BY_CALLER three in ten seconds. Refused requests count for
  // the address.
  test("the caller's limit is the first to refuse, then the address's, each with its own period", async () => {
    // Both periods begin at multiples of their length.
    const left = 10_000 - (Date.now() % 10_000);
    if (left < 4_000) await pause(left);
    const limited = (address, more) => gateway.call({ target: "/limited/x", fields: [["CF-Connecting-IP", address]], ...more });
    const seen = [];
    for (let round = 0; round < 7; round += 1) {
      const down = await limited("192.0.2.7");
      seen.push(`${down.status} ${down.value("retry-after") ?? ""}`);
    }
    assert.deepEqual(seen, ["200 ", "200 ", "200 ", "429 10", "429 10", "429 60", "429 60"]);
    assert.equal((await limited("192.0.2.7", { token: "unknown" })).value("retry-after"), "60", "before the caller is looked at");
    assert.equal((await limited("192.0.2.8")).value("retry-after"), "10", "the caller's own, from another address");
    assert.equal((await limited("192.0.2.8", { token: "unknown" })).status, 401);
  });
});
