// The responses of the upstream, correct and broken ones. Each response identifies its request.

import { pause } from "../harness/patience.mjs";
import { LAST_CHUNK, answer, chunk, silent } from "../harness/upstream.mjs";

/** The body of the answer to that request: the caller, its nonce, and what it sent. */
export const bodyTo = (caller, nonce, sent = "") => `${`${caller} ${nonce}\n`.repeat(20)}${sent}`;

const CHUNKED = { "transfer-encoding": "chunked" };
const PIECE = 100;

// How many connections have been reset, by the nonce of their request.
const resets = new Map();

/**
 * The kinds of responses, by name. Each function writes its response to an exchange; `fields` belong into every head,
 * and `body` is `bodyTo` the request. The names describe what the caller sees.
 */
export const ANSWERS = {
  healthy: (exchange, fields, body) => exchange.write(answer(200, fields, body)),

  async "in pieces"(exchange, fields, body) {
    await exchange.write(answer(200, { ...fields, ...CHUNKED }));
    for (let at = 0; at < body.length; at += PIECE) await exchange.write(chunk(Buffer.from(body.slice(at, at + PIECE))));
    await exchange.write(LAST_CHUNK);
  },

  async "in pieces that drip"(exchange, fields, body) {
    await exchange.write(answer(200, { ...fields, ...CHUNKED }));
    for (let at = 0; ; at = (at + 1) % body.length) {
      await exchange.write(chunk(Buffer.from(body[at])));
      await pause(20);
    }
  },

  async "a head, and then nothing"(exchange, fields, body) {
    await exchange.write(answer(200, { ...fields, "content-length": String(body.length) }));
    await silent(exchange);
  },

  "a reset before the head": (exchange) => exchange.wire.reset(),

  // Often enough that one of the attempts is the gateway's own: the runtime repeats a GET once.
  async "two resets before the head"(exchange, fields, body) {
    const nonce = fields["x-nonce"];
    const before = resets.get(nonce) ?? 0;
    if (before === 2) {
      resets.delete(nonce);
      return exchange.write(answer(200, fields, body));
    }
    resets.set(nonce, before + 1);
    exchange.wire.reset();
  },

  "a close before the head": (exchange) => exchange.wire.socket.end(),

  async "a reset within the head"(exchange, fields, body) {
    await exchange.write(answer(200, fields, body).subarray(0, 40));
    exchange.wire.reset();
  },

  async "a reset within a body with a length"(exchange, fields, body) {
    await exchange.write(answer(200, fields, body).subarray(0, -PIECE));
    // The bytes must be sent before the reset discards them.
    await pause(20);
    exchange.wire.reset();
  },

  async "a reset within a body of chunks"(exchange, fields, body) {
    await exchange.write(answer(200, { ...fields, ...CHUNKED }));
    await exchange.write(chunk(Buffer.from(body.slice(0, PIECE))));
    await pause(20);
    exchange.wire.reset();
  },

  async "a close within a body of chunks"(exchange, fields, body) {
    await exchange.write(answer(200, { ...fields, ...CHUNKED }));
    await exchange.write(chunk(Buffer.from(body.slice(0, PIECE))));
    exchange.wire.socket.end();
  },

  async garbage(exchange) {
    await exchange.write(Buffer.from("\x00\x01garbage\xff\r\n\r\nmore of it\r\n"));
    exchange.wire.socket.end();
  },

  async "two lengths"(exchange, fields, body) {
    const lengths = [["content-length", body.length], ["content-length", body.length - 1]];
    await exchange.write(answer(200, [...Object.entries(fields), ...lengths], body));
    exchange.wire.socket.end();
  },

  // A complete response. Without this header, the connection would be reused and the next request would meet its end.
  async "a status of 600"(exchange, fields, body) {
    await exchange.write(answer(600, { ...fields, connection: "close" }, body));
    exchange.wire.socket.end();
  },

  async "a 101 that nobody asked for"(exchange, fields) {
    await exchange.write(answer(101, { ...fields, connection: "upgrade", upgrade: "websocket" }));
    exchange.wire.socket.end();
  },

  // The next request on this connection must not get the second response.
  "a second answer behind the first": (exchange, fields, body) =>
    exchange.write(Buffer.concat([answer(200, fields, body), answer(200, { ...fields, "x-nonce": "nobody's" }, "nobody's")])),

  nothing: (exchange) => silent(exchange),
};
