// One request of the mix, and its outcome.

import assert from "node:assert/strict";
import { open } from "../harness/client.mjs";
import { pause, within } from "../harness/patience.mjs";
import { Broken } from "../harness/wire.mjs";
import { bodyTo } from "./answers.mjs";
import { CALLERS, acceptable, kindOf } from "./mix.mjs";
import { tokenOf } from "./world.mjs";

const PATIENCE = 30_000;
// How long a caller reads before it aborts.
const LEAVES_AFTER = 400;

/**
 * Sends the request and resolves to its outcome (mix.mjs), or to `gone` if the gateway has ended. Throws if the
 * response belongs to another request, contains a key, or cannot be explained.
 */
export async function outcomeOf(world, nonce, request) {
  const { kind, caller, method } = request;
  const owner = kind.caller === "asks for another's" ? CALLERS[(CALLERS.indexOf(caller) + 1) % CALLERS.length] : caller;
  const sent = method === "POST" ? `sent as ${nonce}` : undefined;
  const asked = {
    keys: world.keysOf(kind.route),
    target: `/${kind.route}/${owner}/${encodeURIComponent(kind.answer)}/${nonce}`,
    token: kind.caller === "shows a wrong token" ? "wrong" : tokenOf(caller),
    expected: bodyTo(caller, nonce, sent),
    leaves: ["leaves", "resets"].includes(kind.caller),
    end: (connection) => (kind.caller === "resets" ? connection.wire.reset() : connection.close()),
  };
  try {
    return await exchange(world, nonce, { ...asked, method, sent });
  } catch (error) {
    if (error instanceof Broken || ["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(error.code)) return "gone";
    throw new Error(`${kindOf(kind)}, by ${caller}: ${error.message}`, { cause: error });
  }
}

async function exchange(world, nonce, { keys, target, token, expected, leaves, end, method, sent }) {
  const framing = sent === undefined ? [] : [["Content-Length", Buffer.byteLength(sent)], ["Idempotency-Key", nonce]];
  const connection = await open(world.port, { method, target, fields: [["Authorization", `Bearer ${token}`], ...framing] });
  try {
    if (sent !== undefined) await connection.write(Buffer.from(sent));
    const answer = leaves ? await Promise.race([headOf(connection), pause(LEAVES_AFTER)]) : await headOf(connection);
    if (answer === undefined) return "left";
    const heard = within("the end of an answer", hear(answer), PATIENCE);
    await (leaves && answer.value("ostiary-refusal") === undefined ? Promise.race([heard, pause(LEAVES_AFTER)]) : heard);
    world.search(`${answer.head}${answer.text}`);
    return judged(answer, nonce, expected, [...keys, ...world.keysOf(target.split("/")[1])], leaves);
  } finally {
    end(connection);
  }
}

// Keeps the bytes so far, so that they can be checked after an abort.
async function hear(answer) {
  try {
    for await (const bytes of answer.pieces()) answer.body = Buffer.concat([answer.body, bytes]);
    answer.whole = true;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    answer.whole = false;
  }
}

const headOf = (connection) => connection.answer(PATIENCE);

function judged(answer, nonce, expected, keys, leaves) {
  assert.match(answer.value("ostiary-request-id") ?? "none", /^[0-9a-f]{32}$/);
  const refusal = answer.value("ostiary-refusal");
  if (refusal !== undefined) {
    assert.equal(answer.json.code, refusal);
    assert.equal(answer.json.request_id, answer.value("ostiary-request-id"));
    return `refused: ${refusal}`;
  }
  assert.equal(answer.value("x-nonce"), nonce, "the answer is another request's");
  assert.ok(keys.includes(answer.value("x-key")), `${answer.value("x-key")} was sent upstream`);
  if (answer.status !== 200) return `status ${answer.status}`;
  // A slow body starts again at its end.
  const own = leaves ? expected.repeat(2) : expected;
  assert.ok(own.startsWith(answer.text), `the body is another's: ${answer.text}`);
  if (leaves && answer.whole === undefined) return "left";
  if (answer.whole === false) return "broken";
  assert.equal(answer.text, expected);
  return "answered";
}

/** Whether that outcome needs no other explanation than the request itself. */
export const isExplained = (request, outcome) => acceptable(request).includes(outcome);

/** Whether that request never gets a response. */
export const isNeverAnswered = (request) => acceptable(request).every((outcome) => outcome.startsWith("refused: "));
