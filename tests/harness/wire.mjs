// One side of an HTTP/1.1 connection, byte for byte. Node's client and server are not used, because they normalise what
// the tests check (duplicates, framing, unusual targets).

// The peer closed or reset before the message was whole.
export class Broken extends Error {}

export class Wire {
  #buffer = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve(performance.now())));
    const wake = () => this.#wake();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      wake();
    });
    // After a reset, the message is incomplete, which distinguishes it from a clean end.
    socket.on("error", () => {});
  }

  // Waits until more bytes are in the buffer; false if there will be none.
  async more() {
    for (;;) {
      const bytes = this.socket.read();
      if (bytes !== null) {
        this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
        return true;
      }
      if (this.#ended) return false;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  // Everything up to and including `mark`, as Latin-1 so that no byte is lost; null at a clean end.
  async until(mark) {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length).toString("latin1");
      if (!(await this.more())) {
        if (this.#buffer.length === 0) return null;
        throw new Broken(`the connection ended within ${JSON.stringify(this.#buffer.toString("latin1"))}`);
      }
    }
  }

  async *exactly(length) {
    let left = length;
    while (left > 0) {
      if (this.#buffer.length === 0 && !(await this.more())) {
        throw new Broken(`the connection ended ${left} bytes before the end of ${length}`);
      }
      const bytes = this.#take(Math.min(left, this.#buffer.length));
      left -= bytes.length;
      yield bytes;
    }
  }

  // The payload of a chunked body; the trailer section is read and dropped.
  async *chunked() {
    for (;;) {
      const line = await this.until("\r\n");
      if (line === null) throw new Broken("the connection ended between two chunks");
      const size = Number.parseInt(line, 16);
      if (Number.isNaN(size)) throw new Broken(`not a chunk size: ${JSON.stringify(line)}`);
      if (size === 0) break;
      yield* this.exactly(size);
      if ((await this.until("\r\n")) !== "\r\n") throw new Broken("a chunk is longer than its size");
    }
    for (;;) {
      const line = await this.until("\r\n");
      if (line === null) throw new Broken("the connection ended within the trailer section");
      if (line === "\r\n") return;
    }
  }

  async *untilClosed() {
    for (;;) {
      if (this.#buffer.length > 0) yield this.#take(this.#buffer.length);
      if (!(await this.more())) return;
    }
  }

  // Resolves when the bytes have been sent.
  async write(bytes) {
    if (this.socket.destroyed) throw new Broken("the connection is closed");
    if (this.socket.write(bytes)) return;
    await new Promise((resolve) => {
      const done = () => {
        this.socket.off("drain", done);
        this.socket.off("close", done);
        resolve();
      };
      this.socket.on("drain", done);
      this.socket.on("close", done);
    });
  }

  // A TCP reset, like from a crashed peer.
  reset() {
    // Node never closes a socket that is reset during its shutdown.
    if (this.socket.writableEnded) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  #take(length) {
    const bytes = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return bytes;
  }
}

// The start line and the fields of a head, in their original order and spelling.
export function parseHead(head) {
  const [start, ...lines] = head.slice(0, -4).split("\r\n");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { start, fields };
}

// The values of all fields of that name, in order.
export function valuesOf(fields, name) {
  return fields.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

// The framing of a message's body (RFC 9112 §6.3), as far as the message itself defines it.
export function framingOf(fields) {
  if (valuesOf(fields, "transfer-encoding").length > 0) return "chunked";
  if (valuesOf(fields, "content-length").length > 0) return "length";
  return "none";
}
