import { decoded } from "./redaction.js";

// The body of an answer on its way down, through the core's rewriter of links.

// In bytes: what one read of a body that has to be decoded takes at most.
const LARGEST_PIECE = 65536;

// The body of an answer with these headers, rewritten. `coding` is how it is coded still.
export function rewritten(body, headers, links, coding) {
  const isPlain = coding === "identity";
  const reader = isPlain ? body.getReader() : decoded(body, coding, headers.get("content-length"));
  const read = isPlain ? () => reader.read() : () => reader.read(new Uint8Array(LARGEST_PIECE));
  return new ReadableStream(new Rewriting(reader, read, links), { highWaterMark: 0 });
}

// The source of a stream. Whatever it throws ends that stream as broken, never as complete.
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
        // Given up meanwhile.
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

  // Left to the collector, whoever has a body that is broken or that nobody wants could fill the memory with rewriters.
  #giveUp() {
    const links = this.#links;
    this.#links = undefined;
    try {
      links?.giveUp();
    } catch {
      // It went with its instance.
    }
  }

  #finish(controller) {
    const rest = this.#links.finish();
    this.#links = undefined;
    if (rest.length > 0) controller.enqueue(rest);
    controller.close();
  }
}
