import { decoded } from "./redaction.js";

// Passes the body of a response through the core's rewriter of links.

// In bytes: the most of one read of a body that has to be decoded.
const LARGEST_PIECE = 65536;

// The body of a response with these headers, rewritten. `coding` is the content coding of the upstream's body.
export function rewritten(body, headers, links, coding) {
  const isPlain = coding === "identity";
  const reader = isPlain ? body.getReader() : decoded(body, coding, headers.get("content-length"));
  const read = isPlain ? () => reader.read() : () => reader.read(new Uint8Array(LARGEST_PIECE));
  return new ReadableStream(new Rewriting(reader, read, links), { highWaterMark: 0 });
}

// The source of a stream. An exception aborts the stream; it never looks complete.
class Rewriting {
  #reader;
  #read;
  #links;

  constructor(reader, read, links) {
    this.#reader = reader;
    this.#read = read;
    this.#links = links;
  }

  async pull(controller) {
    try {
      for (;;) {
        const { value, done } = await this.#read();
        // Cancelled meanwhile.
        if (this.#links === undefined) return;
        if (done) return this.#finish(controller);
        const piece = this.#links.push(value);
        if (piece.length > 0) return controller.enqueue(piece);
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

  // The rewriter is freed at once, because an attacker with many aborted bodies could otherwise fill the memory before
  // the garbage collector runs.
  #giveUp() {
    const links = this.#links;
    this.#links = undefined;
    try {
      links?.giveUp();
    } catch {
      // It has ended with its instance.
    }
  }

  #finish(controller) {
    const rest = this.#links.finish();
    this.#links = undefined;
    if (rest.length > 0) controller.enqueue(rest);
    controller.close();
  }
}
