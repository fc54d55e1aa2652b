// The body of an answer on its way down, through the core's redactor. What is held back and what is replaced is
// decided there; here bytes are moved.

// In bytes: what one read takes at most. Of a body that is decoded here less, as one read is decoded as a whole.
const LARGEST_PIECE = 65536;
const LARGEST_CODED_PIECE = 4096;

// A body that grows to more than this many times what has arrived of it is a bomb, once it is larger than a body
// that does no harm. Text shrinks to a tenth or a twentieth, a log that repeats itself to a hundredth.
const MOST_GROWTH = 200;
const HARMLESS_GROWTH = 16 * 1048576;

// The body of a response with these headers, scanned. It keeps a length that is known: the runtime takes
// `expectedLength` for the framing.
export function redacted(body, headers, redactor, coding, length) {
  const scan = new Scan(decoded(body, coding, headers.get("content-length")), redactor);
  if (length !== undefined) scan.expectedLength = length;
  return new ReadableStream(scan, { highWaterMark: 0 });
}

// What reads a body without its coding. The runtime decodes gzip and br by itself when a body is read, and does not
// say how much has arrived; only a length that the upstream announces does.
export function decoded(body, coding, length) {
  const reader = body.getReader({ mode: "byob" });
  if (coding === "deflate") return new Inflated(reader);
  if (coding === "identity") return reader;
  return new Bounded(length === "0" ? new PerhapsEmpty(reader) : reader, Number(length) || 0);
}

// The runtime fails on an empty body that it is to decode. A body whose length is said to be 0 and of which nothing can be
// read is empty.
class PerhapsEmpty {
  #reader;
  #isEmpty = true;

  constructor(reader) {
    this.#reader = reader;
  }

  async read(view) {
    try {
      const piece = await this.#reader.read(view);
      this.#isEmpty &&= piece.done;
      return piece;
    } catch (error) {
      if (!this.#isEmpty) throw error;
      return { done: true };
    }
  }

  cancel(reason) {
    return this.#reader.cancel(reason);
  }
}

// A reader that gives up on a bomb.
class Bounded {
  #reader;
  #decoded = 0;
  arrived;

  constructor(reader, arrived) {
    this.#reader = reader;
    this.arrived = arrived;
  }

  async read(view) {
    const piece = await this.#reader.read(view);
    this.#decoded += piece.value?.length ?? 0;
    if (this.#decoded > HARMLESS_GROWTH + MOST_GROWTH * this.arrived) throw new Error("The upstream's body is a bomb.");
    return piece;
  }

  cancel(reason) {
    return this.#reader.cancel(reason);
  }
}

// A DecompressionStream takes whatever it is given at once, and holds all that comes of it. So it is given the next
// piece only when it has nothing left.
class Inflated {
  #coded;
  #writer;
  #bounded;
  #isWhole = false;

  constructor(coded) {
    const { readable, writable } = new DecompressionStream("deflate");
    this.#coded = coded;
    this.#writer = writable.getWriter();
    this.#bounded = new Bounded(readable.getReader({ mode: "byob" }), 0);
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

// The source of a stream. Whatever it throws ends that stream as broken, never as complete.
class Scan {
  #reader;
  #redactor;
  #held = new Uint8Array(0);
  #buffer = new ArrayBuffer(LARGEST_PIECE);

  constructor(reader, redactor) {
    this.#reader = reader;
    this.#redactor = redactor;
  }

  async pull(controller) {
    try {
      for (let sent = false; !sent; ) {
        const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
        // Given up meanwhile.
        if (this.#redactor === undefined) return;
        if (done) return this.#finish(controller);
        sent = this.#push(controller, this.#kept(value));
      }
    } catch (error) {
      this.#giveUp();
      this.#reader.cancel(error).catch(() => {});
      throw error;
    }
  }

  cancel(reason) {
    this.#giveUp();
    return this.#reader.cancel(reason);
  }

  // Left to the collector, whoever has a body that is broken or that nobody wants could fill the memory with redactors.
  #giveUp() {
    const redactor = this.#redactor;
    this.#redactor = undefined;
    try {
      redactor?.giveUp();
    } catch {
      // It went with its instance.
    }
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
    const redactor = this.#redactor;
    const replaced = redactor.finish();
    this.#redactor = undefined;
    send(controller, [replaced ?? this.#held]);
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
