// Of an upload, in bytes: what one read takes at most, and what is sent as a whole where it arrives as one.
const LARGEST_PIECE = 262144;
const LARGEST_WHOLE = 65536;

// The body of a request on its way up, pumped by hand so that its progress can be seen.
export class Upload {
  #length;
  #reader;
  #timeout;
  #attempt = new AbortController();
  #progress = Date.now();
  #timer;
  #waiting = true;
  timedOut = false;

  constructor(request, timeout) {
    const length = Number(request.headers.get("content-length") ?? NaN);
    this.#length = Number.isSafeInteger(length) ? length : undefined;
    this.#reader = request.body.getReader({ mode: "byob" });
    this.#timeout = timeout;
  }

  get signal() {
    return this.#attempt.signal;
  }

  // A small body that is there as soon as its head is goes up as it is: a second stream would cost more than all
  // else that is done for it.
  async start() {
    this.#watch();
    if (this.#length === undefined || this.#length > LARGEST_WHOLE) return this.#stream();
    const { value, done } = await this.#reader.read(new Uint8Array(this.#length));
    this.#progress = Date.now();
    if (done) throw new Error("The caller has broken off.");
    return value.byteLength === this.#length ? value : this.#stream(value);
  }

  // A FixedLengthStream keeps the framing of a body whose length is known; chunks stay chunks.
  #stream(first) {
    const known = this.#length !== undefined;
    const { readable, writable } = known ? new FixedLengthStream(this.#length) : new IdentityTransformStream();
    const room = known ? Math.min(this.#length, LARGEST_PIECE) : LARGEST_PIECE;
    this.#pump(writable.getWriter(), new ArrayBuffer(room), first);
    return readable;
  }

  // The head of the answer is there, or will never be: from here on the answer streams for as long as it takes.
  answered() {
    this.#waiting = false;
    clearTimeout(this.#timer);
  }

  #watch() {
    const left = this.#progress + this.#timeout - Date.now();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#watch(), left);
    } else {
      this.timedOut = true;
      this.#attempt.abort();
      // Whoever waits for a piece of a body that has not been begun.
      this.#reader.cancel().catch(() => {});
    }
  }

  // An upload that its caller breaks off must not look whole to the upstream: aborting a writer ends a chunked body
  // cleanly, so it is the attempt that is aborted.
  async #pump(writer, buffer, first) {
    const reader = this.#reader;
    for (;;) {
      let piece;
      try {
        piece = first === undefined ? await reader.read(new Uint8Array(buffer)) : { value: first, done: false };
        first = undefined;
      } catch {
        if (this.#waiting) this.#attempt.abort();
        return;
      }
      try {
        if (piece.done) return await writer.close();
        this.#progress = Date.now();
        await writer.write(piece.value);
        this.#progress = Date.now();
      } catch (error) {
        // The upstream has stopped reading; it may have answered already.
        return reader.cancel(error).catch(() => {});
      }
      buffer = piece.value.buffer;
    }
  }
}
