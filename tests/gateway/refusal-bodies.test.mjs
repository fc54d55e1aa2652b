// Case 55: a response whose body shows that the key is refused; every other body is unchanged.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { pause } from "../harness/patience.mjs";
import { REFUSALS } from "../harness/refusals.mjs";
import { EVERY, LAST_CHUNK, OK, answer, chunk } from "../harness/upstream.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const SECONDARY = `Bearer ${canary("SECONDARY_KEY")}`;
const keys = (gateway) => gateway.upstream.exchanges.map((exchange) => exchange.value("authorization").replace("Bearer ", ""));

for (const runtime of ["workerd", "miniflare"]) {
  describe(`on ${runtime}`, () => {
    const gateway = useGateway(runtime);

    // Refuses the first key with these bytes.
    const refusing = (bytes) =>
      gateway.upstream.on(EVERY, async (exchange) => {
        if (await exchange.received) await exchange.write(exchange.value("authorization") === SECONDARY ? OK : bytes);
      });

    for (const [kind, refusal] of Object.entries(REFUSALS)) {
      test(`${kind}: the same request, with its body, is sent with the second key`, async () => {
        refusing(refusal);
        const body = randomBytes(2_048);
        const down = await gateway.call({ method: "POST", target: "/told/x?y=1", fields: [["Content-Length", String(body.length)]], body });
        assert.deepEqual([down.status, down.text], [200, "ok\n"]);
        assert.deepEqual(keys(gateway), [canary("PRIMARY_KEY"), canary("SECONDARY_KEY")]);
        const [first, second] = gateway.upstream.exchanges;
        assert.deepEqual(second.body, first.body);
        const event = await gateway.event(down);
        assert.deepEqual([event.level, event.failover, event.attempts], ["warn", "primary_refused", 2]);
      });

      test(`${kind}: if no key is left, the caller gets that response unchanged`, async () => {
        gateway.upstream.on(EVERY, refusal);
        const down = await gateway.call({ target: "/told/x" });
        const text = refusal.toString().split("\r\n\r\n")[1];
        assert.deepEqual([down.text, down.value("content-length")], [text, String(Buffer.byteLength(text))]);
        assert.equal((await gateway.event(down)).failover, "all_refused");
        assert.equal(gateway.upstream.exchanges.length, 2);
      });
    }

    test("a body that is not a refusal is returned byte for byte, whatever its length", async () => {
      for (const length of [0, 1, 4_095, 4_096, 4_097, 65_537, 3_000_000]) {
        const body = Buffer.from(`{"data":"${randomBytes(length).toString("hex")}"}`);
        gateway.upstream.clear();
        gateway.upstream.on(EVERY, answer(200, JSON_TYPE, body));
        const down = await gateway.call({ target: "/told/x" });
        assert.ok(down.body.equals(body), String(length));
        assert.equal(down.value("content-length"), String(body.length));
        assert.equal(gateway.upstream.exchanges.length, 1);
      }
    });

    test("a refusal after the first 4 KiB is not recognised", async () => {
      gateway.upstream.on(EVERY, answer(400, JSON_TYPE, `{"x":"${"x".repeat(4_096)}","reason":"API_KEY_INVALID"}`));
      assert.equal((await gateway.call({ target: "/told/x" })).status, 400);
      assert.equal(gateway.upstream.exchanges.length, 1);
    });

    test("a refusal in several pieces is recognised", async () => {
      gateway.upstream.on(EVERY, async (exchange) => {
        if (!(await exchange.received)) return;
        if (exchange.value("authorization") === SECONDARY) return exchange.write(OK);
        await exchange.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
        for (const piece of ['{"o', 'k":f', "alse}"]) {
          await exchange.write(chunk(piece));
          await pause(30);
        }
        await exchange.write(LAST_CHUNK);
      });
      assert.equal((await gateway.call({ target: "/told/x" })).text, "ok\n");
    });

    test("bodies that are not text or JSON, event streams and bodies with a content coding are not read", async () => {
      const coded = gzipSync('{"ok":false}');
      for (const [fields, body] of [
        [{ "content-type": "application/octet-stream" }, '"ok":false'],
        [{}, '"ok":false'],
        [{ "content-type": "text/event-stream" }, 'data: "ok":false\n\n'],
        [{ ...JSON_TYPE, "content-encoding": "gzip" }, coded],
      ]) {
        gateway.upstream.clear();
        gateway.upstream.on(EVERY, answer(200, fields, body));
        const down = await gateway.call({ target: "/told/x" });
        assert.equal(down.status, 200);
        assert.ok(down.body.equals(Buffer.from(body)) || fields["content-encoding"] === "gzip", JSON.stringify(fields));
        assert.equal(gateway.upstream.exchanges.length, 1);
        assert.equal(gateway.upstream.exchanges[0].value("accept-encoding"), "identity");
      }
    });

    test("an event stream keeps its timing, and slow JSON is delayed by two seconds and a piece", async () => {
      const slow = (type) => async (exchange) => {
        if (!(await exchange.received)) return;
        await exchange.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
        for (let number = 0; number < 6; number += 1) {
          await exchange.write(chunk(`data: ${number}\n\n`));
          await pause(1_000);
        }
        await exchange.write(LAST_CHUNK);
      };
      for (const [type, most] of [["text/event-stream", 900], ["application/json", 4_500]]) {
        gateway.upstream.clear();
        gateway.upstream.on(EVERY, slow(type));
        const began = performance.now();
        const connection = await gateway.open({ target: "/told/x" });
        const down = await connection.answer();
        assert.ok(performance.now() - began < most, type);
        assert.equal((await down.collect()).text, [0, 1, 2, 3, 4, 5].map((number) => `data: ${number}\n\n`).join(""));
      }
    });

    test("a route with redaction reads the body too, and redacts what it returns", async () => {
      refusing(answer(200, JSON_TYPE, '{"ok":false}'));
      assert.equal((await gateway.call({ target: "/told/redacted/x" })).text, "ok\n");
      gateway.upstream.clear();
      gateway.upstream.on(EVERY, answer(200, JSON_TYPE, `{"ok":true,"key":"${canary("PRIMARY_KEY")}"}`));
      const down = await gateway.call({ target: "/told/redacted/x" });
      assert.ok(down.text.startsWith('{"ok":true,"key":"') && !down.text.includes("canary"), down.text);
    });

    test("a response to HEAD and an empty response are not changed", async () => {
      gateway.upstream.on(EVERY, answer(204));
      assert.equal((await gateway.call({ target: "/told/x" })).status, 204);
      gateway.upstream.on(EVERY, answer(200, JSON_TYPE, '{"ok":false}'));
      assert.equal((await gateway.call({ method: "HEAD", target: "/told/x" })).status, 200);
      assert.equal(gateway.upstream.exchanges.length, 2);
    });
  });
}
