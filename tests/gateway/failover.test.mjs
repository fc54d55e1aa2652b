// Case 43: when the upstream refuses the first key, the second one serves the same request.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { pause, within } from "../harness/patience.mjs";
import { hangs } from "../harness/secret-store.mjs";
import { EVERY, LAST_CHUNK, OK, answer, chunk, silent } from "../harness/upstream.mjs";
import { echo } from "../harness/websocket.mjs";

const PRIMARY = `Bearer ${canary("PRIMARY_KEY")}`;
const SECONDARY = `Bearer ${canary("SECONDARY_KEY")}`;
const EXPIRED = answer(401, { "x-why": "expired" }, "no\n");
const KIBIBYTE = 1024;
// Before garbage would be collected.
const AT_ONCE = 2_000;

// Refuses the first key after it has read the request.
async function revoked(exchange) {
  if (!(await exchange.received)) return;
  await exchange.write(exchange.value("authorization") === PRIMARY ? EXPIRED : OK);
}

const keys = (gateway) => gateway.upstream.exchanges.map((exchange) => exchange.value("authorization"));

describe("on workerd", () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  beforeEach(() => {
    gateway.reset();
    gateway.upstream.on(EVERY, revoked);
  });
  after(() => gateway?.stop());

  test("case 43: the second key serves a request without a body, and the log says so", async () => {
    const down = await gateway.call({ target: "/failing/x?y=1", fields: [["X-Note", "a"]] });
    assert.deepEqual([down.status, down.text], [200, "ok\n"]);
    assert.deepEqual(keys(gateway), [PRIMARY, SECONDARY]);
    const [first, second] = gateway.upstream.exchanges;
    assert.equal(first.head.replace(PRIMARY, ""), second.head.replace(SECONDARY, ""));
    const event = await gateway.event(down);
    assert.deepEqual([event.level, event.failover, event.attempts], ["warn", "primary_refused", 2]);
    assert.deepEqual(event.secrets, [
      { secret: "primary", binding: "PRIMARY_KEY", source: 1, failure: "refused", status: 401 },
      { secret: "primary", binding: "SECONDARY_KEY", source: 2 },
    ]);
  });

  for (const size of [0, 1, 2 * KIBIBYTE, 64 * KIBIBYTE, 64 * KIBIBYTE + 1, 256 * KIBIBYTE]) {
    for (const framing of ["length", "chunked"]) {
      test(`case 43: a body of ${size} bytes with ${framing} framing is replayed byte for byte with its framing`, async () => {
        const body = randomBytes(size);
        const digest = createHash("sha256").update(body).digest("hex");
        const chunked = framing === "chunked";
        const down = await gateway.call({
          method: "POST",
          target: "/failing/x",
          fields: [["Idempotency-Key", "k-1"], ...(chunked ? [["Transfer-Encoding", "chunked"]] : [])],
          body: chunked ? Buffer.concat([chunk(body.subarray(0, size >> 1)), chunk(body.subarray(size >> 1)), LAST_CHUNK].filter((piece) => piece.length > 5 || piece === LAST_CHUNK)) : body,
        });
        assert.equal(down.status, 200);
        assert.deepEqual(keys(gateway), [PRIMARY, SECONDARY]);
        const [first, second] = gateway.upstream.exchanges;
        assert.equal(second.head, first.head.replace(PRIMARY, SECONDARY));
        for (const up of [first, second]) {
          assert.deepEqual([up.bodyLength, up.digest, up.framing], [size, digest, framing]);
          assert.deepEqual(up.values("idempotency-key"), ["k-1"]);
        }
      });
    }
  }

  for (const chunked of [false, true]) {
    test(`case 43: a ${chunked ? "chunked " : ""}body above the replay limit is sent once and completely, and its response is returned`, async () => {
      const body = randomBytes(256 * KIBIBYTE + 1);
      const down = await gateway.call({
        method: "POST",
        target: "/failing/x",
        fields: chunked ? [["Transfer-Encoding", "chunked"]] : [],
        body: chunked ? Buffer.concat([chunk(body), LAST_CHUNK]) : body,
      });
      assert.deepEqual([down.status, down.value("x-why"), down.text], [401, "expired", "no\n"]);
      assert.deepEqual(keys(gateway), [PRIMARY]);
      assert.equal(gateway.upstream.exchanges[0].bodyLength, body.length);
      const event = await gateway.event(down);
      assert.deepEqual([event.level, event.failover], ["info", "not_replayable"]);
      assert.equal(gateway.store.reads.get("SECONDARY_KEY"), undefined, "no read that cannot be of use");
    });
  }

  // The head of the response arrives before the body has been sent.
  const early = async (exchange) => {
    if (exchange.value("authorization") === PRIMARY) await exchange.write(EXPIRED);
    else await revoked(exchange);
  };

  for (const chunked of [false, true]) {
    test(`case 43: an upstream that refuses before it has read a ${chunked ? "chunked " : ""}body loses no byte of it`, async () => {
      gateway.upstream.on(EVERY, early);
      const body = randomBytes(200 * KIBIBYTE);
      const half = body.length >> 1;
      const framed = (bytes) => (chunked ? chunk(bytes) : bytes);
      const connection = await gateway.open({
        method: "POST",
        target: "/failing/x",
        fields: [chunked ? ["Transfer-Encoding", "chunked"] : ["Content-Length", body.length]],
      });
      await connection.write(framed(body.subarray(0, half)));
      await gateway.upstream.next();
      await pause(100);
      await connection.write(framed(body.subarray(half)));
      if (chunked) await connection.write(LAST_CHUNK);
      const down = await (await connection.answer()).collect();
      connection.close();
      assert.deepEqual([down.status, down.text], [200, "ok\n"]);
      assert.deepEqual(keys(gateway), [PRIMARY, SECONDARY]);
      const second = gateway.upstream.exchanges[1];
      assert.equal(second.digest, createHash("sha256").update(body).digest("hex"));
      assert.equal(second.framing, chunked ? "chunked" : "length");
    });
  }

  test("case 43: above the limit, the first attempt is completed although its response came early", async () => {
    const body = randomBytes(400 * KIBIBYTE);
    gateway.upstream.on(EVERY, async (exchange) => {
      await exchange.write(answer(401, { "x-why": "expired", "content-length": "3" }));
      await exchange.received;
      await exchange.write(Buffer.from("no\n"));
    });
    const connection = await gateway.open({ method: "POST", target: "/failing/x", fields: [["Transfer-Encoding", "chunked"]] });
    await connection.write(chunk(body.subarray(0, 1000)));
    const up = await gateway.upstream.next();
    await pause(100);
    await connection.write(chunk(body.subarray(1000)));
    await connection.write(LAST_CHUNK);
    const down = await (await connection.answer()).collect();
    connection.close();
    assert.deepEqual([down.status, down.text, down.whole], [401, "no\n", true]);
    assert.equal(await within("the upload's end", up.received), true);
    assert.equal(up.digest, createHash("sha256").update(body).digest("hex"));
    assert.equal(gateway.upstream.exchanges.length, 1);
  });

  // Sends the head before the body has arrived, and ends the response afterwards.
  const impatient = async (exchange) => {
    await exchange.write(answer(401, { "x-why": "expired", "content-length": "3" }));
    if (await exchange.received) await exchange.write(Buffer.from("no\n"));
  };

  test("case 43: the gateway waits for the rest of a body until the deadline; then the first response is returned, and its upstream gets the rest", async () => {
    gateway.upstream.on(EVERY, impatient);
    const connection = await gateway.open({ method: "POST", target: "/failing/x", fields: [["Transfer-Encoding", "chunked"]] });
    await connection.write(chunk(Buffer.from("some")));
    const up = await gateway.upstream.next();
    await pause(100);
    await connection.write(chunk(Buffer.from("more")));
    const down = await connection.answer();
    assert.deepEqual([down.status, down.value("x-why")], [401, "expired"]);
    await connection.write(chunk(Buffer.from("rest")));
    await connection.write(LAST_CHUNK);
    assert.equal((await within("the end of the answer", down.collect())).whole, true);
    connection.close();
    assert.equal(up.body.toString(), "somemorerest");
    assert.deepEqual(keys(gateway), [PRIMARY]);
  });

  test("case 43: the gateway waits for the rest of a slow body as long as it makes progress", async () => {
    gateway.upstream.on(EVERY, early);
    const connection = await gateway.open({ method: "POST", target: "/failing/x", fields: [["Transfer-Encoding", "chunked"]] });
    await connection.write(chunk(Buffer.from("0")));
    // Longer in total than the route's deadline of one second for a head.
    for (const piece of ["1", "2", "3", "4"]) {
      await pause(400);
      await connection.write(chunk(Buffer.from(piece)));
    }
    await connection.write(LAST_CHUNK);
    const down = await (await connection.answer()).collect();
    connection.close();
    assert.deepEqual([down.status, keys(gateway)], [200, [PRIMARY, SECONDARY]]);
    assert.equal(gateway.upstream.exchanges[1].body.toString(), "01234");
  });

  for (const [what, arrange, tried] of [
    ["source cannot be read", () => gateway.store.set("SECONDARY_KEY", hangs), [PRIMARY]],
    ["attempt gets no response", () => {}, [PRIMARY, SECONDARY]],
  ]) {
    test(`case 43: the bytes that were kept are sent to the first upstream when the next ${what}`, async () => {
      arrange();
      gateway.upstream.on(EVERY, async (exchange) => {
        if (exchange.value("authorization") === PRIMARY) return impatient(exchange);
        await exchange.received;
        exchange.wire.reset();
      });
      const connection = await gateway.open({ method: "POST", target: "/failing/x", fields: [["Transfer-Encoding", "chunked"]] });
      await connection.write(chunk(Buffer.from("some")));
      const up = await gateway.upstream.next();
      await pause(100);
      await connection.write(chunk(Buffer.from("rest")));
      await connection.write(LAST_CHUNK);
      const down = await within("the end of the answer", (await connection.answer()).collect());
      connection.close();
      assert.deepEqual([down.status, down.text, down.whole], [401, "no\n", true]);
      assert.equal(up.body.toString(), "somerest");
      assert.deepEqual(keys(gateway), tried);
    });
  }

  for (const status of [101, 600, 999]) {
    for (const body of [undefined, "hello", [chunk(Buffer.from("some")), LAST_CHUNK]]) {
      test(`case 43: the first response is returned, with its body, when the next one has the status ${status}; ${body === undefined ? "no body" : typeof body}`, async () => {
        gateway.upstream.on(EVERY, async (exchange) => {
          await exchange.received;
          if (exchange.value("authorization") === PRIMARY) return exchange.write(answer(401, { "x-why": "expired" }, "no\n"));
          await exchange.write(answer(status, { connection: "close" }, "garbage"));
          exchange.wire.socket.end();
        });
        const framing = Array.isArray(body) ? { fields: [["Transfer-Encoding", "chunked"]], body: Buffer.concat(body) } : { body };
        const down = await gateway.call({ method: body === undefined ? "GET" : "POST", target: "/failing/x", ...framing });
        assert.deepEqual([down.status, down.value("x-why"), down.text, down.whole], [401, "expired", "no\n", true]);
        assert.deepEqual(keys(gateway), [PRIMARY, SECONDARY]);
        const event = await gateway.event(down);
        assert.deepEqual(event.secrets.map(({ failure }) => failure), ["refused", "unanswered"]);
      });
    }
  }

  // The runtime stops sending to an upstream after a complete response, and continues after an incomplete one.
  for (const [ending, refusal] of [["ends", EXPIRED], ["does not end", answer(401, { "content-length": "3" })]]) {
    test(`case 43: an upstream that stops reading and refuses with a response that ${ending} does not delay the body`, async () => {
      gateway.upstream.on(EVERY, async (exchange) => {
        if (exchange.value("authorization") !== PRIMARY) return revoked(exchange);
        exchange.wire.more = () => new Promise(() => {});
        // Until a write stalls.
        await pause(300);
        await exchange.write(refusal);
        await exchange.received;
      });
      // More than the buffers of both sockets take.
      const body = randomBytes(15 * KIBIBYTE * KIBIBYTE);
      const down = await gateway.call({ method: "POST", target: "/generous/x", body });
      assert.equal(down.status, 200);
      const second = gateway.upstream.exchanges[1];
      assert.equal(second.digest, createHash("sha256").update(body).digest("hex"));
    });
  }

  for (const [name, status, attempts] of [["a status of the route's", 403, 2], ["another status", 404, 1], ["the upstream's own fault", 500, 1]]) {
    test(`case 43: the number of attempts for ${name}, ${status}, is ${attempts}`, async () => {
      gateway.upstream.on(EVERY, answer(status, { "x-n": "1" }));
      const down = await gateway.call({ target: "/failing/x" });
      assert.deepEqual([down.status, gateway.upstream.exchanges.length], [status, attempts]);
    });
  }

  test("case 43: when both keys are refused, the last response is returned unchanged, without a warning", async () => {
    gateway.upstream.on(EVERY, async (exchange) => {
      await exchange.write(answer(401, { "x-key": exchange.value("authorization") === PRIMARY ? "1" : "2" }, "no\n"));
    });
    const down = await gateway.call({ target: "/failing/x" });
    assert.deepEqual([down.status, down.value("x-key"), down.text], [401, "2", "no\n"]);
    const event = await gateway.event(down);
    assert.deepEqual([event.level, event.failover], ["info", "all_refused"]);
  });

  test("case 43: a refused value is not sent again", async () => {
    gateway.store.set("SECONDARY_KEY", canary("PRIMARY_KEY"));
    const down = await gateway.call({ target: "/failing/x" });
    assert.deepEqual([down.status, down.text], [401, "no\n"]);
    assert.deepEqual(keys(gateway), [PRIMARY]);
  });

  test("case 43: the first response is returned, with its body, when the next source cannot be read", async () => {
    gateway.store.set("SECONDARY_KEY", hangs);
    const down = await gateway.call({ method: "POST", target: "/failing/x", body: "hello" });
    assert.deepEqual([down.status, down.value("x-why"), down.text, down.whole], [401, "expired", "no\n", true]);
    assert.deepEqual(keys(gateway), [PRIMARY]);
  });

  test("case 43: the first response is returned, with its body, when the next attempt gets none", async () => {
    for (const scripted of [silent, (exchange) => exchange.wire.reset()]) {
      gateway.reset();
      gateway.upstream.on(EVERY, async (exchange) => {
        await exchange.received;
        await (exchange.value("authorization") === PRIMARY ? exchange.write(EXPIRED) : scripted(exchange));
      });
      const down = await gateway.call({ method: "POST", target: "/failing/x", body: "hello" });
      assert.deepEqual([down.status, down.text, down.whole], [401, "no\n", true]);
      assert.equal((await gateway.event(down)).secrets[1].failure, "unanswered");
    }
  });

  // If the runtime passes on the second response itself, it releases everything else; if the gateway reads it, the
  // gateway has to.
  for (const route of ["failing", "idle"]) {
    for (const body of [undefined, "hello", "x".repeat(64 * KIBIBYTE)]) {
      test(`case 43: a response that is not needed is cancelled at once (${route}, ${body?.length ?? 0} bytes)`, async () => {
        const stop = new AbortController();
        gateway.upstream.on(EVERY, async (exchange) => {
          const isFirst = exchange.value("authorization") === PRIMARY;
          if (!isFirst) await exchange.received;
          await exchange.write(answer(isFirst ? 401 : 200, { "transfer-encoding": "chunked" }));
          await exchange.write(chunk(Buffer.from("for ever")));
          if (isFirst) return silent(exchange);
          for (; !stop.signal.aborted; await pause(50)) await exchange.write(chunk(Buffer.from("and ever")));
        });
        const connection = await gateway.open({
          method: body ? "POST" : "GET",
          target: `/${route}/x`,
          fields: body ? [["Content-Length", body.length]] : [],
        });
        if (body) await connection.write(Buffer.from(body));
        assert.equal((await connection.answer()).status, 200);
        await within("the first connection to be closed", gateway.upstream.exchanges[0].closed, AT_ONCE);
        stop.abort();
        connection.close();
      });
    }
  }

  test("case 43: an upload to an upstream that has refused it without a body ends when the attempt is cancelled", async () => {
    const stop = new AbortController();
    gateway.upstream.on(EVERY, async (exchange) => {
      if (exchange.value("authorization") === PRIMARY) return exchange.write(answer(401));
      await exchange.received;
      await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
      for (; !stop.signal.aborted; await pause(50)) await exchange.write(chunk(Buffer.from("and ever")));
    });
    const connection = await gateway.open({ method: "POST", target: "/idle/x", fields: [["Transfer-Encoding", "chunked"]] });
    await connection.write(chunk(Buffer.from("some")));
    const up = await gateway.upstream.next();
    await pause(100);
    await connection.write(Buffer.concat([chunk(Buffer.from("rest")), LAST_CHUNK]));
    assert.equal((await connection.answer()).status, 200);
    await within("the end of the first upload", up.received, AT_ONCE);
    stop.abort();
    connection.close();
  });

  test("case 43: nothing is sent again once the response streams", async () => {
    gateway.upstream.on(EVERY, async (exchange) => {
      await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
      await exchange.write(chunk(Buffer.from("half")));
      exchange.wire.reset();
    });
    const down = await gateway.call({ target: "/failing/x" });
    assert.deepEqual([down.status, down.whole], [200, false]);
    assert.equal(gateway.upstream.exchanges.length, 1);
  });

  test("case 43: a WebSocket opens with the second key", async () => {
    gateway.upstream.on(EVERY, (exchange) => (exchange.value("authorization") === PRIMARY ? exchange.write(EXPIRED) : echo(exchange)));
    const socket = await gateway.openWebSocket({ target: "/failing/socket" });
    assert.equal(socket.answer.status, 101);
    await socket.send("hello");
    assert.equal((await socket.next()).text, "hello");
    assert.deepEqual(keys(gateway), [PRIMARY, SECONDARY]);
    socket.close();
  });

  test("a key that is revoked while forty connections are busy: no caller gets a 401, and no request is sent three times", async () => {
    let isRevoked = false;
    gateway.upstream.on(EVERY, async (exchange) => {
      if (!(await exchange.received)) return;
      const refused = isRevoked && exchange.value("authorization") === PRIMARY;
      await exchange.write(refused ? EXPIRED : answer(200, {}, exchange.path));
    });
    const statuses = new Map();
    let asked = 0;
    const caller = async (number) => {
      for (let round = 0; round < 20; round += 1) {
        if ((asked += 1) === 300) isRevoked = true;
        const path = `/${number}/${round}`;
        const body = round % 3 === 0 ? undefined : "x".repeat(round * 1000);
        const down = await gateway.call({ method: body ? "POST" : "GET", target: `/bearer${path}`, ...(body && { body }) });
        statuses.set(down.status, (statuses.get(down.status) ?? 0) + 1);
        assert.equal(down.text, path);
      }
    };
    await Promise.all(Array.from({ length: 40 }, (_, number) => caller(number)));
    assert.deepEqual([...statuses], [[200, 800]]);
    const attempts = new Map();
    for (const { path } of gateway.upstream.exchanges) attempts.set(path, (attempts.get(path) ?? 0) + 1);
    assert.equal(attempts.size, 800);
    assert.ok(Math.max(...attempts.values()) <= 2);
    assert.ok([...attempts.values()].filter((count) => count === 2).length >= 300, "the second key has served");
  });

  describe("retries", () => {
    const flaky = (failures) => {
      let left = failures;
      return async (exchange) => {
        await exchange.received;
        if ((left -= 1) >= 0) exchange.wire.reset();
        else await exchange.write(OK);
      };
    };

    for (const [method, body] of [["GET", undefined], ["PUT", "hello"], ["PUT", "x".repeat(64 * KIBIBYTE)]]) {
      test(`case 39: ${method} with ${body?.length ?? 0} bytes is sent again unchanged after a reset`, async () => {
        gateway.upstream.on(EVERY, flaky(1));
        const down = await gateway.call({ method, target: "/retrying/x", ...(body && { body }) });
        assert.equal(down.status, 200);
        const { exchanges } = gateway.upstream;
        assert.ok(exchanges.length >= 2);
        for (const up of exchanges) assert.equal(up.body.toString(), body ?? "");
      });
    }

    test("case 39: POST is sent once, unless it has an Idempotency-Key", async () => {
      gateway.upstream.on(EVERY, flaky(1));
      await gateway.call({ method: "POST", target: "/retrying/x", body: "hello" });
      assert.equal(gateway.upstream.exchanges.length, 1);
      gateway.upstream.on(EVERY, flaky(1));
      const keyed = await gateway.call({ method: "POST", target: "/retrying/x", fields: [["Idempotency-Key", "k"]], body: "hello" });
      assert.deepEqual([keyed.status, gateway.upstream.exchanges.length], [200, 3]);
    });

    test("a request to a busy upstream is sent again after its Retry-After", async () => {
      const busy = [answer(503, { "retry-after": "1" })];
      gateway.upstream.on(EVERY, async (exchange) => exchange.write(busy.pop() ?? OK));
      const started = performance.now();
      const down = await gateway.call({ target: "/retrying/x" });
      assert.equal(down.status, 200);
      assert.ok(performance.now() - started >= 950);
      assert.equal(gateway.upstream.exchanges.length, 2);
    });
  });

  test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
});
