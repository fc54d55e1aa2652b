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
  if (coding === "identity") return reader;
  const isEmpty = length === "0";
  return coding === "deflate" ? new Inflated(reader, isEmpty) : new Bounded(reader, Number(length) || 0, isEmpty);
}

// A reader that gives up on a bomb.
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
    if (this.#decoded > HARMLESS_GROWTH + MOST_GROWTH * this.arrived) throw new Error("The upstream's body is a bomb.");
    return piece;
  }

  cancel(reason) {
    return this.#reader.cancel(reason);
  }

  // A body without a byte is none in any coding, and decoding it fails. That is no fault where its head says so.
  #nothing(error) {
    if (!this.#isEmpty || this.#decoded > 0) throw error;
    return { done: true };
  }
}

// A DecompressionStream takes whatever it is given at once, and holds all that comes of it. So it is given the next
// piece only when it has nothing left.
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

// The source of a stream. Whatever it throws ends that stream as broken, never as complete.
class Scan {
  #reader;
  #redactor;
  // What has arrived and has not been released, in pieces.
  #held = [];
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
      // The head is on its way still, and would not arrive: a broken body has to have one.
      await scheduler.wait(0);
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
    this.#held.push(piece);
    const released = this.#release(length);
    return send(controller, replaced === undefined ? released : [replaced]);
  }

  // The first bytes of what is held, in pieces: whole ones but for the last, so that nothing is moved.
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

  #finish(controller) {
    const redactor = this.#redactor;
    const replaced = redactor.finish();
    this.#redactor = undefined;
    send(controller, replaced === undefined ? this.#held : [replaced]);
    controller.close();
  }
}

function send(controller, pieces) {
  const filled = pieces.filter(({ length }) => length > 0);
  for (const piece of filled) controller.enqueue(piece);
  return filled.length > 0;
}
