// When nobody reads a response any more, the upstream's body is cancelled. On workerd the end of the request also
// cancels it, so this test uses Node's own streams.

import assert from "node:assert/strict";
import { test } from "node:test";
import { within } from "../harness/patience.mjs";
import { passOn } from "../../src/js/download.js";

globalThis.IdentityTransformStream ??= TransformStream;

const IDLE = 50;

// A response with one chunk that then stalls; `cancelled` resolves when it is cancelled.
function standing() {
  let cancelled;
  const gone = new Promise((resolve) => (cancelled = resolve));
  const body = new ReadableStream({ type: "bytes", start: (controller) => controller.enqueue(new Uint8Array(1)), cancel: cancelled });
  return { response: { body, headers: new Headers() }, gone };
}

test("case 40: a response without progress is aborted at both ends", async () => {
  const { response, gone } = standing();
  const reader = passOn({ method: "GET" }, response, IDLE).getReader();
  assert.equal((await reader.read()).value.length, 1);
  await assert.rejects(within("the end of the answer", reader.read()), /silent for too long/);
  await within("the upstream to be let go", gone);
});

test("case 40: a response is not read after its caller has disconnected", async () => {
  const { response, gone } = standing();
  await passOn({ method: "GET" }, response, 5_000).cancel();
  await within("the upstream to be let go", gone);
});

test("a response that need not be read is streamed by the runtime", () => {
  const { response } = standing();
  assert.equal(passOn({ method: "GET" }, response, 0), response.body);
  assert.equal(passOn({ method: "HEAD" }, response, IDLE), response.body);
});
