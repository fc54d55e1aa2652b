// WebSocket frames (RFC 6455 §5), for an upstream that echoes and for a client that sets its own headers.

import { createHash, randomBytes } from "node:crypto";
import { open } from "./client.mjs";
import { within } from "./patience.mjs";

const CLOSE = 0x8;

// One frame with the FIN bit. A client's frame is masked with zeros, so the payload stays readable.
export function frame(opcode, payload, masked = false) {
  const bytes = Buffer.from(payload);
  const mask = masked ? 0x80 : 0;
  const length =
    bytes.length < 126 ? Buffer.from([mask | bytes.length])
    : Buffer.from([mask | 126, bytes.length >> 8, bytes.length & 0xff]);
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, Buffer.alloc(masked ? 4 : 0), bytes]);
}

export function closing(code, reason) {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

async function exactly(wire, length) {
  const pieces = [];
  for await (const bytes of wire.exactly(length)) pieces.push(bytes);
  return Buffer.concat(pieces);
}

export async function nextFrame(wire) {
  const [first, second] = await exactly(wire, 2);
  const short = second & 0x7f;
  const length = short === 126 ? (await exactly(wire, 2)).readUInt16BE() : short;
  const mask = second & 0x80 ? await exactly(wire, 4) : Buffer.alloc(4);
  const payload = (await exactly(wire, length)).map((byte, at) => byte ^ mask[at % 4]);
  const opcode = first & 0x0f;
  if (opcode !== CLOSE) return { opcode, payload, text: payload.toString() };
  return { opcode, code: payload.length < 2 ? 1005 : payload.readUInt16BE(), reason: payload.subarray(2).toString() };
}

const accepted = (key) => createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

// The upstream's side: accepts, echoes every message, and answers `close CODE REASON` by closing so.
export async function echo(exchange) {
  exchange.upgraded = true;
  const protocol = exchange.value("sec-websocket-protocol")?.split(",")[0].trim();
  const fields = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accepted(exchange.value("sec-websocket-key"))}`];
  if (protocol) fields.push(`Sec-WebSocket-Protocol: ${protocol}`);
  await exchange.write(Buffer.from(`HTTP/1.1 101 Switching Protocols\r\n${fields.join("\r\n")}\r\n\r\n`));
  for (;;) {
    const { opcode, payload, text, code, reason } = await nextFrame(exchange.wire);
    if (opcode === CLOSE) {
      exchange.closedWith = { code, reason };
      await exchange.write(frame(CLOSE, code === 1005 ? "" : closing(code, reason)));
      return;
    }
    const asked = /^close (\d+) (.*)$/.exec(text);
    await exchange.write(asked ? frame(CLOSE, closing(Number(asked[1]), asked[2])) : frame(opcode, payload));
  }
}

// The client's side. `answer` is the head of the gateway's response; frames follow if its status is 101.
export async function openWebSocket(port, { target, host, fields = [] }) {
  const upgrade = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", randomBytes(16).toString("base64")],
    ["Sec-WebSocket-Version", "13"],
  ];
  const connection = await open(port, { method: "GET", target, host, fields: [...upgrade, ...fields] });
  const answer = await connection.answer();
  return {
    answer,
    send: (text) => connection.write(frame(0x1, text, true)),
    sendClose: (code, reason) => connection.write(frame(CLOSE, closing(code, reason), true)),
    next: () => within("a frame", nextFrame(connection.wire)),
    close: connection.close,
  };
}
