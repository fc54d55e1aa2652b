// An HTTP client that writes exact bytes, and reads the response byte for byte.

import { once } from "node:events";
import net from "node:net";
import { within } from "./patience.mjs";
import { Broken, Wire, framingOf, parseHead, valuesOf } from "./wire.mjs";

class Answer {
  constructor(wire, head, bodiless) {
    const { start, fields } = parseHead(head);
    Object.assign(this, { wire, head, fields, bodiless });
    this.status = Number(start.split(" ")[1]);
    this.framing = framingOf(fields);
    this.body = Buffer.alloc(0);
    // Whether the body ended as its framing requires.
    this.whole = undefined;
  }

  values(name) {
    return valuesOf(this.fields, name);
  }

  value(name) {
    const values = this.values(name);
    return values.length === 1 ? values[0] : undefined;
  }

  get text() {
    return this.body.toString();
  }

  get json() {
    return JSON.parse(this.text);
  }

  // The body's bytes as they arrive; throws `Broken` if it ends early.
  pieces() {
    const bodiless = this.bodiless || this.status === 204 || this.status === 304;
    if (bodiless) return [];
    if (this.framing === "chunked") return this.wire.chunked();
    if (this.framing === "length") return this.wire.exactly(Number(this.value("content-length")));
    return this.wire.untilClosed();
  }

  async collect() {
    const pieces = [];
    try {
      for await (const bytes of this.pieces()) pieces.push(bytes);
      this.whole = true;
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.whole = false;
    }
    this.body = Buffer.concat(pieces);
    return this;
  }
}

// The bytes of a request's head. `fields` are pairs, so that names may repeat; a Host is added when there is none.
export function requestHead({ method = "GET", target = "/", host = "127.0.0.1", fields = [] }) {
  const lines = fields instanceof Array ? fields : Object.entries(fields);
  const named = host === null || lines.some(([name]) => name.toLowerCase() === "host");
  const all = named ? lines : [["Host", host], ...lines];
  return `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

// A connection on which only the head has been written.
export async function open(port, request) {
  const socket = net.connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.setNoDelay(true);
  const wire = new Wire(socket);
  const head = typeof request === "string" ? request : requestHead(request);
  await wire.write(Buffer.from(head, "latin1"));
  const method = head.slice(0, head.indexOf(" "));
  return {
    wire,
    write: (bytes) => wire.write(bytes),
    // The final answer's head; interim ones are skipped.
    answer: (patience) => within("an answer", finalAnswer(wire, method), patience),
    close: () => socket.destroy(),
  };
}

async function finalAnswer(wire, method) {
  for (;;) {
    const head = await wire.until("\r\n\r\n");
    if (head === null) throw new Broken("the connection ended without an answer");
    const answer = new Answer(wire, head, method === "HEAD");
    if (answer.status >= 200 || answer.status === 101) return answer;
  }
}

// One request on its own connection, and its whole response. A `body` gets a Content-Length unless `fields` have its
// framing.
export async function send(port, request) {
  const { body } = request;
  const prepared = typeof request === "string" || body === undefined ? request : framed(request);
  const connection = await open(port, prepared);
  try {
    if (body !== undefined) await connection.write(Buffer.from(body));
    const answer = await connection.answer();
    return await within("the end of an answer", answer.collect());
  } finally {
    connection.close();
  }
}

function framed(request) {
  const fields = Array.isArray(request.fields) ? request.fields : Object.entries(request.fields ?? {});
  const already = fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  if (already) return { ...request, fields };
  return { ...request, fields: [...fields, ["Content-Length", Buffer.byteLength(request.body)]] };
}
