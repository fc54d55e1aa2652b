// Cases 20 and 70: two gateways in a row are not a loop, but a gateway whose upstream is itself is one.

import assert from "node:assert/strict";
import net from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { startGateway } from "../harness/gateway.mjs";

// The first gateway's key for its upstream is the token of a caller of the second.
const KEY = canary("PRIMARY_KEY");

let second;
let first;
before(async () => {
  second = await startGateway();
  first = await startGateway("workerd", { variables: { UPSTREAM_PORT: String(second.port) } });
});
beforeEach(() => {
  second.reset();
  second.store.set("TOKEN_MAIN", KEY);
  first.reset();
});
after(() => Promise.all([first?.stop(), second?.stop()]));

test("case 70: a request may pass through two gateways", async () => {
  const answer = await first.call({ target: "/git/x" });
  assert.equal(answer.status, 200, answer.text);
  const [up] = second.upstream.exchanges;
  assert.equal(up.target, "/git/x");
  const [one, other, ...more] = up.value("cdn-loop").split(", ");
  assert.match(one, /^ostiary-[0-9a-f]{16}$/);
  assert.match(other, /^ostiary-[0-9a-f]{16}$/);
  assert.notEqual(one, other);
  assert.deepEqual(more, []);
});

test("case 20: a loop through another host of the same gateway is refused in its second round", async () => {
  const again = net.createServer((socket) => {
    const onward = net.connect(looping.port, "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on("error", () => {});
  });
  await new Promise((resolve) => again.listen(0, "127.0.0.1", resolve));
  const looping = await startGateway("workerd", { variables: { UPSTREAM_PORT: String(again.address().port) } });
  try {
    looping.reset();
    looping.store.set("TOKEN_MAIN", KEY);
    const answer = await looping.call({ target: "/git/x", token: KEY });
    assert.equal(answer.status, 508);
    // In the order in which they ended: the last request, and those that waited for it.
    assert.deepEqual(looping.events().map(({ code, status }) => [code, status]), [["loop_detected", 508], [undefined, 508], [undefined, 508]]);
  } finally {
    await looping.stop();
    again.close();
  }
});

test("case 45: nothing that the gateways wrote contains a secret", () => {
  first.sweep();
  second.sweep();
});
