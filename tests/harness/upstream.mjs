// The upstream API: it records every request byte for byte and sends scripted responses.

import { createHash } from "node:crypto";
import net from "node:net";
import { within } from "./patience.mjs";
import { Broken, Wire, framingOf, parseHead, valuesOf } from "./wire.mjs";

// The part of a body after this size is counted and hashed, but not kept.
const KEPT = 1024 * 1024;

// Instead of a path: for all paths without their own response.
export const EVERY = Symbol("every path");

export const OK = answer(200, { "content-type": "text/plain" }, "ok\n");

// The bytes of a response with a Content-Length, unless the fields have the framing.
export function answer(status, fields = {}, body = "") {
  const bytes = Buffer.from(body);
  const lines = Array.isArray(fields) ? fields : Object.entries(fields);
  const framed = lines.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const bodiless = status === 204 || status === 304 || status < 200;
  const head = [`HTTP/1.1 ${status} Scripted`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  if (!framed && !bodiless) head.push(`content-length: ${bytes.length}`);
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), bytes]);
}

export function chunk(bytes) {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), Buffer.from(bytes), Buffer.from("\r\n")]);
}

export const LAST_CHUNK = Buffer.from("0\r\n\r\n");

// One request and its connection; a scripted response is a function of it.
class Exchange {
  constructor(wire, head) {
    const { start, fields } = parseHead(head);
    const [method, target, version] = start.split(" ");
    Object.assign(this, { wire, head, fields, method, target, version });
    this.path = target.split("?")[0];
    this.query = target.includes("?") ? target.slice(target.indexOf("?") + 1) : null;
    this.framing = framingOf(fields);
    this.body = Buffer.alloc(0);
    this.bodyLength = 0;
    this.arrived = performance.now();
    this.closed = wire.closed;
    this.hash = createHash("sha256");
    // Resolves to whether the complete body arrived.
    this.received = this.#receive();
  }

  values(name) {
    return valuesOf(this.fields, name);
  }

  // The value of that field; undefined if there is none or more than one.
  value(name) {
    const values = this.values(name);
    return values.length === 1 ? values[0] : undefined;
  }

  write(bytes) {
    return this.wire.write(bytes);
  }

  async #receive() {
    const body =
      this.framing === "chunked" ? this.wire.chunked()
      : this.framing === "length" ? this.wire.exactly(Number(this.value("content-length")))
      : [];
    try {
      for await (const bytes of body) {
        this.bodyLength += bytes.length;
        this.hash.update(bytes);
        if (this.body.length < KEPT) this.body = Buffer.concat([this.body, bytes]);
      }
      this.digest = this.hash.digest("hex");
      return true;
    } catch (error) {
      if (error instanceof Broken) return false;
      throw error;
    }
  }
}

class Upstream {
  #answers = new Map();
  #server = net.createServer((socket) => this.#serve(socket));
  #sockets = new Set();
  #waiting = [];

  // Every request since the last `clear`, in the order in which their heads arrived.
  exchanges = [];

  async listen() {
    // A server must not keep a failed suite running.
    this.#server.unref();
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    return this;
  }

  // Answers requests for that path with bytes, or with what the function writes.
  on(path, scripted) {
    this.#answers.set(path, scripted);
  }

  clear() {
    this.#answers.clear();
    this.exchanges = [];
    this.#waiting = [];
  }

  // The exchange for which `fits` is true, now or when its head arrives.
  next(fits = () => true) {
    return within("a request to arrive upstream", this.#find(fits));
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #find(fits) {
    for (;;) {
      const found = this.exchanges.find(fits);
      if (found) return found;
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  async #serve(socket) {
    this.#sockets.add(socket);
    // Chunks are sent when they are written, because some tests depend on their timing.
    socket.setNoDelay(true);
    socket.once("close", () => this.#sockets.delete(socket));
    const wire = new Wire(socket);
    try {
      for (;;) {
        const head = await wire.until("\r\n\r\n");
        if (head === null) break;
        const exchange = new Exchange(wire, head);
        this.exchanges.push(exchange);
        for (const wake of this.#waiting.splice(0)) wake();
        const scripted = this.#answers.get(exchange.path) ?? this.#answers.get(EVERY) ?? OK;
        if (typeof scripted === "function") await scripted(exchange);
        else {
          if (!(await exchange.received)) break;
          await wire.write(exchange.method === "HEAD" ? withoutBody(scripted) : scripted);
        }
        if (!(await exchange.received)) break;
      }
    } catch (error) {
      // The gateway closed the connection: the test has caused this, or will fail because of it.
      if (!(error instanceof Broken)) throw error;
    }
    socket.end();
  }
}

function withoutBody(bytes) {
  return bytes.subarray(0, bytes.indexOf("\r\n\r\n") + 4);
}

export function startUpstream() {
  return new Upstream().listen();
}

// Never answers; a test waits for `exchange.closed`.
export async function silent(exchange) {
  await exchange.received;
  while (await exchange.wire.more());
}
