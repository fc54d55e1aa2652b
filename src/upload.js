// Of an upload, in bytes: what one read takes at most.
const LARGEST_PIECE = 262144;

// The body of a request on its way up, pumped by hand so that its progress can be seen.
export class Upload {
  #request;
  #timeout;
  #attempt = new AbortController();
  #progress = Date.now();
  #timer;
  #waiting = true;
  timedOut = false;

  constructor(request, timeout) {
    this.#request = request;
    this.#timeout = timeout;
  }

  get signal() {
    return this.#attempt.signal;
  }

  // A FixedLengthStream keeps the framing of a body whose length is known; chunks stay chunks.
  start() {
    const length = Number(this.#request.headers.get("content-length") ?? NaN);
    const known = Number.isSafeInteger(length);
    const { readable, writable } = known ? new FixedLengthStream(length) : new IdentityTransformStream();
    const room = known ? Math.min(length, LARGEST_PIECE) : LARGEST_PIECE;
    this.#watch();
    this.#pump(this.#request.body.getReader({ mode: "byob" }), writable.getWriter(), new ArrayBuffer(room));
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
    }
  }

  // An upload that its caller breaks off must not look whole to the upstream: aborting a writer ends a chunked body
  // cleanly, so it is the attempt that is aborted.
  async #pump(reader, writer, buffer) {
    for (;;) {
      let piece;
      try {
        piece = await reader.read(new Uint8Array(buffer));
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
