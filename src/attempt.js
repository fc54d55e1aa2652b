// One attempt to send a request, and the deadline on the head of its answer. The deadline runs from the last progress of
// the request's body, or it would cut an upload that is slower than it.
export class Attempt {
  #abort = new AbortController();
  #timeout;
  #expired;
  #progress = Date.now();
  #timer;
  #waiting = true;
  #writer;
  timedOut = false;
  tooLarge = false;

  // `expired` is called when the deadline has passed.
  constructor(timeout, expired = () => {}) {
    this.#timeout = timeout;
    this.#expired = expired;
    this.#watch();
  }

  get signal() {
    return this.#abort.signal;
  }

  // What `write` writes to. A FixedLengthStream keeps the framing of a body whose length is known; chunks stay chunks.
  stream(length) {
    const { readable, writable } = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
    this.#writer = writable.getWriter();
    return readable;
  }

  progressed() {
    this.#progress = Date.now();
  }

  // Rejects where the upstream has stopped reading.
  async write(bytes) {
    this.progressed();
    await this.#writer.write(bytes);
    this.progressed();
  }

  // The upstream may have answered already, and stopped reading.
  close() {
    return this.#writer.close().catch(() => {});
  }

  // The head of the answer is there, or will never be: from here on the answer streams for as long as it takes.
  answered() {
    this.#waiting = false;
    clearTimeout(this.#timer);
  }

  // An upload that its caller breaks off must not look whole to the upstream: aborting a writer ends a chunked body
  // cleanly, so it is the attempt that is aborted.
  breakOff() {
    if (this.#waiting) this.#abort.abort();
  }

  // The same for a body that is too large, also when the answer is on its way.
  refuse() {
    this.tooLarge = true;
    this.#abort.abort();
  }

  // Another attempt serves: the answer to this one is not wanted any more.
  giveUp() {
    this.#abort.abort();
  }

  #watch() {
    const left = this.#progress + this.#timeout - Date.now();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#watch(), left);
    } else {
      this.timedOut = true;
      this.#abort.abort();
      this.#expired();
    }
  }
}
