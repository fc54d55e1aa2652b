// Passes the body of a response through the core's redactor. The redactor decides which bytes are held back and
// replaced; this file moves the bytes.

// In bytes: the most of one read. For a body that is decoded here it is less, because one read is decoded as a whole.
const LARGEST_PIECE = 65536;
const LARGEST_CODED_PIECE = 4096;

// A decoded body that is larger than `HARMLESS_GROWTH` plus this many times its coded form is a decompression bomb.
// Text usually shrinks to a tenth or a twentieth, and a repetitive log to a hundredth.
const MOST_GROWTH = 200;
const HARMLESS_GROWTH = 16 * 1048576;

// The redacted body of a response with these headers. It keeps a known length: the runtime uses `expectedLength` for
// the framing.
export function redacted(body, headers, redactor, coding, length) {
  const reader = decoded(body, coding, headers.get("content-length"));
  const source = new Source(reader, new Scan(reader, redactor));
  if (length !== undefined) source.expectedLength = length;
  return new ReadableStream(source, { highWaterMark: 0 });
}

// A reader of the decoded body. The runtime decodes gzip and br by itself, and does not tell how many coded bytes have
// arrived; only the upstream's `Content-Length` does.
export function decoded(body, coding, length) {
  const reader = body.getReader({ mode: "byob" });
  if (coding === "identity") return reader;
  const isEmpty = length === "0";
  return coding === "deflate" ? new Inflated(reader, isEmpty) : new Bounded(reader, Number(length) || 0, isEmpty);
}

// A reader that aborts a decompression bomb.
class Bounded {
  #reader;
  #isEmpty;
  #decoded = 0;
  arrived;

  constructor(reader, arrived, isEmpty) {
    this.#reader = reader;
    this.arrived = arrived;
    this.#isEmpty = isEmpty;
  }

  async read(view) {
    const piece = await this.#reader.read(view).catch((error) => this.#nothing(error));
    this.#decoded += piece.value?.length ?? 0;
    if (this.#decoded > HARMLESS_GROWTH + MOST_GROWTH * this.arrived) throw new Error("The upstream's body is a decompression bomb.");
    return piece;
  }

  cancel(reason) {
    return this.#reader.cancel(reason);
  }

  // An empty body is not valid in any coding, so decoding it fails. This is not an error where the head announces an
  // empty body.
  #nothing(error) {
    if (!this.#isEmpty || this.#decoded > 0) throw error;
    return { done: true };
  }
}

// A DecompressionStream accepts everything at once and buffers all its output. So it gets the next piece only when its
// buffer is empty.
class Inflated {
  #coded;
  #writer;
  #bounded;
  #isWhole = false;

  constructor(coded, isEmpty) {
    const { readable, writable } = new DecompressionStream("deflate");
    this.#coded = coded;
    this.#writer = writable.getWriter();
    this.#bounded = new Bounded(readable.getReader({ mode: "byob" }), 0, isEmpty);
  }

  async read(view) {
    const reading = this.#bounded.read(view);
    while (!this.#isWhole && !(await Promise.race([reading, scheduler.wait(0)]))) await this.#feed();
    return reading;
  }

  cancel(reason) {
    this.#writer.abort(reason).catch(() => {});
    return this.#coded.cancel(reason);
  }

  async #feed() {
    const { value, done } = await this.#coded.read(new Uint8Array(LARGEST_CODED_PIECE));
    this.#isWhole = done;
    this.#bounded.arrived += value?.length ?? 0;
    await (done ? this.#writer.close() : this.#writer.write(value));
  }
}

// The source of a stream for the caller: the bytes of `reader`, through a transformer. `read` resolves to the next
// piece, `push` returns the pieces to pass on, and `finish` the rest. An exception aborts the stream; it never looks
// complete.
export class Source {
  #reader;
  #transformer;

  constructor(reader, transformer) {
    this.#reader = reader;
    this.#transformer = transformer;
  }

  async pull(controller) {
    try {
      for (let sent = false; !sent; ) {
        const { value, done } = await this.#transformer.read();
        // Cancelled meanwhile.
        if (this.#transformer === undefined) return;
        if (done) return this.#finish(controller);
        sent = send(controller, this.#transformer.push(value));
      }
    } catch (error) {
      this.#giveUp();
      this.#reader.cancel(error).catch(() => {});
      // The head has not been sent yet. Without this wait, an aborted body would prevent it.
      await scheduler.wait(0);
      throw error;
    }
  }

  cancel(reason) {
    this.#giveUp();
    return this.#reader.cancel(reason);
  }

  // Memory of WebAssembly is freed at once, because an attacker with many aborted bodies could otherwise fill it before
  // the garbage collector runs.
  #giveUp() {
    const transformer = this.#transformer;
    this.#transformer = undefined;
    try {
      transformer?.giveUp();
    } catch {
      // It has ended with its instance.
    }
  }

  #finish(controller) {
    const rest = this.#transformer.finish();
    this.#transformer = undefined;
    send(controller, rest);
    controller.close();
  }
}

// The transformer that redacts.
class Scan {
  #reader;
  #redactor;
  // The received bytes that have not been released, in pieces.
  #held = [];
  #buffer = new ArrayBuffer(LARGEST_PIECE);

  constructor(reader, redactor) {
    this.#reader = reader;
    this.#redactor = redactor;
  }

  read() {
    return this.#reader.read(new Uint8Array(this.#buffer));
  }

  push(piece) {
    const kept = this.#kept(piece);
    const length = this.#redactor.push(kept);
    const replaced = this.#redactor.replaced();
    this.#held.push(kept);
    const released = this.#release(length);
    return replaced === undefined ? released : [replaced];
  }

  finish() {
    const replaced = this.#redactor.finish();
    return replaced === undefined ? this.#held : [replaced];
  }

  giveUp() {
    this.#redactor.giveUp();
  }

  // A piece that is passed on must not change: a small one is copied, and the buffer of a large one is not used again.
  #kept(piece) {
    const isSmall = piece.length < LARGEST_PIECE / 4;
    this.#buffer = isSmall ? piece.buffer : new ArrayBuffer(LARGEST_PIECE);
    return isSmall ? piece.slice() : piece;
  }

  // Releases the first bytes that are held, in whole pieces except the last, so that no bytes are moved.
  #release(length) {
    let count = 0;
    let rest = length;
    while (count < this.#held.length && this.#held[count].length <= rest) rest -= this.#held[count++].length;
    const released = this.#held.splice(0, count);
    if (rest > 0) {
      released.push(this.#held[0].subarray(0, rest));
      this.#held[0] = this.#held[0].subarray(rest);
    }
    return released;
  }
}

function send(controller, pieces) {
  const filled = pieces.filter(({ length }) => length > 0);
  for (const piece of filled) controller.enqueue(piece);
  return filled.length > 0;
}
