// Case 41: server-sent events and WebSockets on every runtime, because each handles connections in its own way.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { pause, within } from "../harness/patience.mjs";
import { LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";
import { echo } from "../harness/websocket.mjs";

for (const runtime of ["workerd", "miniflare", "wrangler dev"]) {
  describe(`on ${runtime}`, () => {
    const gateway = useGateway(runtime);

    test("case 41: each event arrives before the next is sent", async () => {
      let arrived = () => {};
      const late = [];
      gateway.upstream.on("/events", async (exchange) => {
        await exchange.received;
        await exchange.write(answer(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
        for (let event = 0; event < 5; event += 1) {
          const seen = new Promise((resolve) => (arrived = resolve));
          await exchange.write(chunk(Buffer.from(`data: ${event}\n\n`)));
          if ((await Promise.race([seen, pause(3_000).then(() => "late")])) === "late") late.push(event);
        }
        await exchange.write(LAST_CHUNK);
      });
      const connection = await gateway.open({ target: "/bearer/events", fields: [["Accept", "text/event-stream"]] });
      const down = await connection.answer();
      assert.equal(down.value("content-type"), "text/event-stream");
      let events = "";
      for await (const bytes of down.pieces()) {
        events += bytes;
        arrived();
      }
      connection.close();
      assert.deepEqual(late, []);
      assert.equal(events, "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n");
    });

    describe("WebSockets", () => {
      beforeEach(() => gateway.upstream.on("/socket", echo));

      test("case 41: a WebSocket echoes, with the credential and the protocol, without the caller's token", async () => {
        const socket = await gateway.openWebSocket({ target: "/bearer/socket?room=1", fields: [["Sec-WebSocket-Protocol", "chat, other"]] });
        assert.equal(socket.answer.status, 101);
        assert.equal(socket.answer.value("sec-websocket-protocol"), "chat");
        assert.match(socket.answer.value("ostiary-request-id"), /^[0-9a-f]{32}$/);
        for (const message of ["hello", "x".repeat(5_000), ""]) {
          await socket.send(message);
          assert.equal((await socket.next()).text, message);
        }
        const [up] = gateway.upstream.exchanges;
        assert.equal(up.target, "/socket?room=1");
        assert.deepEqual(up.values("authorization"), [`Bearer ${canary("PRIMARY_KEY")}`]);
        socket.close();
        await within("the upstream's socket to be closed", up.closed);
      });

      test("case 53: a page sends its token in a subprotocol, and the upstream selects one of the others", async () => {
        for (const [offered, forwarded, selected] of [
          [`realtime, openai-insecure-api-key.${canary("TOKEN_MAIN")}`, "realtime", "realtime"],
          [`bearer, ${canary("TOKEN_MAIN")}, chat`, "chat", "chat"],
          [`bearer, ${canary("TOKEN_MAIN")}`, undefined, "bearer"],
        ]) {
          gateway.upstream.exchanges = [];
          const socket = await gateway.openWebSocket({ target: "/bearer/socket", token: null, fields: [["Sec-WebSocket-Protocol", offered]] });
          assert.equal(socket.answer.status, 101);
          assert.deepEqual(socket.answer.values("sec-websocket-protocol"), [selected]);
          await socket.send("hello");
          assert.equal((await socket.next()).text, "hello");
          const [up] = gateway.upstream.exchanges;
          assert.equal(up.value("sec-websocket-protocol"), forwarded);
          assert.ok(!up.head.includes(canary("TOKEN_MAIN")));
          socket.close();
        }
      });

      test("case 53: a subprotocol with the token is removed, wherever the token was found", async () => {
        const offered = `realtime, openai-insecure-api-key.${canary("TOKEN_MAIN")}, x.${canary("TOKEN_MAIN")}`;
        const socket = await gateway.openWebSocket({ target: "/bearer/socket", fields: [["Sec-WebSocket-Protocol", offered]] });
        assert.equal(socket.answer.value("sec-websocket-protocol"), "realtime");
        const [up] = gateway.upstream.exchanges;
        assert.equal(up.value("sec-websocket-protocol"), "realtime");
        assert.ok(!up.head.includes(canary("TOKEN_MAIN")));
        socket.close();
      });

      test("case 41: close codes are forwarded in both directions", async () => {
        const closed = await gateway.openWebSocket({ target: "/bearer/socket" });
        await closed.send("close 4001 enough");
        const { code, reason } = await closed.next();
        assert.deepEqual({ code, reason }, { code: 4001, reason: "enough" });
        closed.close();
        const closing = await gateway.openWebSocket({ target: "/bearer/socket" });
        await closing.sendClose(4002, "bye");
        assert.equal((await closing.next()).code, 4002);
        assert.deepEqual(gateway.upstream.exchanges[1].closedWith, { code: 4002, reason: "bye" });
        closing.close();
      });

      test("case 40: the deadline does not end an open WebSocket", async () => {
        const socket = await gateway.openWebSocket({ target: "/brief/socket" });
        await pause(1_200);
        await socket.send("still here");
        assert.equal((await socket.next()).text, "still here");
        socket.close();
      });

      test("case 41: an upgrade without a token, a rule or GET is refused", async () => {
        const unproved = await gateway.openWebSocket({ target: "/bearer/socket", token: "unknown" });
        assert.equal(unproved.answer.status, 401);
        unproved.close();
        const forbidden = await gateway.openWebSocket({ target: "/rules/socket" });
        assert.equal(forbidden.answer.status, 403);
        forbidden.close();
        assert.equal(gateway.upstream.exchanges.length, 0);
      });

      test("case 41: an upstream's refusal of the upgrade is returned unchanged", async () => {
        gateway.upstream.on("/socket", answer(403, { "x-why": "closed" }, "no"));
        const socket = await gateway.openWebSocket({ target: "/bearer/socket", fields: [["Accept-Encoding", "identity"]] });
        assert.equal(socket.answer.status, 403);
        assert.equal(socket.answer.value("x-why"), "closed");
        assert.equal(socket.answer.value("ostiary-refusal"), undefined);
        socket.close();
      });
    });

    test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
  });
}
