// The body of an answer on its way down, through the core's redactor. What is held back and what is replaced is
// decided there; here bytes are moved.

// In bytes: what one read takes at most. Of a body that is decoded here less, as one read is decoded as a whole.
const LARGEST_PIECE = 65536;
const LARGEST_CODED_PIECE = 4096;

// A body that grows to more than this many times what has arrived of it is a bomb, once it is larger than a body
// that does no harm. Text shrinks to a tenth or a twentieth, a log that repeats itself to a hundredth.
const MOST_GROWTH = 200;
const HARMLESS_GROWTH = 1048576;

// What there is to answer with: the response, its body scanned where there is a redactor for it.
export function redacted({ status, headers, webSocket, body }, redactor, coding) {
  if (redactor === undefined || body === null) {
    redactor?.free();
    return { status, headers, webSocket, body };
  }
  const { stream, growth } = decoded(body, coding, headers.get("content-length"));
  return { status, headers, body: new ReadableStream(new Scan(stream, redactor, growth), { highWaterMark: 0 }) };
}

// The runtime decodes gzip and br by itself when a body is read, and does not say how much has arrived; only a
// length that the upstream announces does.
function decoded(body, coding, length) {
  const growth = new Growth();
  if (coding === "identity") {
    growth.isBounded = false;
  } else if (coding === "deflate") {
    return { stream: inflated(body, growth), growth };
  } else {
    growth.received = Number(length);
  }
  return { stream: body, growth };
}

function inflated(body, growth) {
  const reader = body.getReader({ mode: "byob" });
  const coded = new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read(new Uint8Array(LARGEST_CODED_PIECE));
      if (done) return controller.close();
      growth.received += value.length;
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return coded.pipeThrough(new DecompressionStream("deflate"));
}

class Growth {
  isBounded = true;
  received = 0;
  #decoded = 0;

  add(length) {
    this.#decoded += length;
    if (this.isBounded && this.#decoded > HARMLESS_GROWTH + MOST_GROWTH * this.received) throw new Error("The upstream's body grows beyond measure.");
  }
}

// The source of a stream. Whatever it throws ends that stream as broken, never as complete.
class Scan {
  #reader;
  #redactor;
  #growth;
  #held = new Uint8Array(0);
  #buffer = new ArrayBuffer(LARGEST_PIECE);

  constructor(body, redactor, growth) {
    this.#reader = body.getReader({ mode: "byob" });
    this.#redactor = redactor;
    this.#growth = growth;
  }

  async pull(controller) {
    try {
      for (let sent = false; !sent; ) {
        const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
        if (done) return this.#finish(controller);
        this.#growth.add(value.length);
        sent = this.#push(controller, this.#kept(value));
      }
    } catch (error) {
      this.#reader.cancel(error).catch(() => {});
      throw error;
    }
  }

  cancel(reason) {
    this.#redactor.free();
    return this.#reader.cancel(reason);
  }

  // What is handed on must not change any more: a small piece is copied, and the buffer of a large one is spent.
  #kept(piece) {
    const isSmall = piece.length < LARGEST_PIECE / 4;
    this.#buffer = isSmall ? piece.buffer : new ArrayBuffer(LARGEST_PIECE);
    return isSmall ? piece.slice() : piece;
  }

  // Whether something went.
  #push(controller, piece) {
    const length = this.#redactor.push(piece);
    const replaced = this.#redactor.replaced();
    const ofHeld = Math.min(length, this.#held.length);
    const ofPiece = length - ofHeld;
    const pieces = replaced === undefined ? [this.#held.subarray(0, ofHeld), piece.subarray(0, ofPiece)] : [replaced];
    this.#held = ofHeld < this.#held.length ? joined(this.#held.subarray(ofHeld), piece) : piece.slice(ofPiece);
    return send(controller, pieces);
  }

  #finish(controller) {
    this.#redactor.finish();
    send(controller, [this.#redactor.replaced() ?? this.#held]);
    this.#redactor.free();
    controller.close();
  }
}

function send(controller, pieces) {
  const filled = pieces.filter(({ length }) => length > 0);
  for (const piece of filled) controller.enqueue(piece);
  return filled.length > 0;
}

function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
