import { Attempt } from "./attempt.js";

// Of an upload, in bytes: what one read takes at most, and what is sent as a whole where it arrives as one.
const LARGEST_PIECE = 262144;
const LARGEST_WHOLE = 65536;

// What is kept of a body at first, in bytes; it grows as the body does.
const FIRST_ROOM = 4096;

const NOTHING = new Uint8Array(0);

// The body of a request on its way up, pumped by hand so that its progress and its size can be seen. Up to `keep` bytes
// of it are kept while the first attempt streams them, for another attempt. More than `most` bytes are too many.
export class Upload {
  #length;
  #reader;
  #timeout;
  #keep;
  #most;
  #progress = Date.now();
  #total = 0;
  #ended = false;
  // The attempt that was begun last.
  #attempt = null;
  #kept = NOTHING;
  #size = 0;
  // How much of what is kept has gone into the attempt.
  #sent = 0;
  // Whether the rest of the body is held back from the attempt, and resolves when that begins or will never be.
  #holds = false;
  #holding = Promise.withResolvers();
  // Resolves to whether all of the body is kept.
  #whole = Promise.withResolvers();

  constructor(request, timeout, keep, most) {
    const length = Number(request.headers.get("content-length") ?? NaN);
    this.#length = Number.isSafeInteger(length) ? length : undefined;
    this.#reader = request.body.getReader({ mode: "byob" });
    this.#timeout = timeout;
    this.#keep = keep;
    this.#most = most;
  }

  // Another attempt; its deadline runs.
  attempt() {
    // Whoever waits for a piece of the body is told.
    return new Attempt(this.#timeout, () => this.#reader.cancel().catch(() => {}));
  }

  // What the attempt sends: the first one the body as it comes, a later one what was kept, which is all of it.
  async start(attempt) {
    const isFirst = this.#attempt === null;
    this.#attempt = attempt;
    if (!isFirst) return this.#again(attempt);
    // A small body that is there as soon as its head is goes up as it is: a second stream would cost more than all
    // else that is done for it.
    if (this.#length === undefined || this.#length > LARGEST_WHOLE) return this.#stream(attempt);
    const { value, done } = await this.#reader.read(new Uint8Array(this.#length));
    attempt.progressed();
    if (done) {
      this.#whole.resolve(false);
      throw new Error("The caller has broken off.");
    }
    if (value.byteLength !== this.#length) return this.#stream(attempt, value);
    this.#kept = value;
    this.#sent = this.#size = this.#length;
    this.#ended = true;
    this.#whole.resolve(true);
    return value;
  }

  // Reads what is left, for as long as it comes and up to the limit, and says whether the body can be sent again. Where
  // it cannot, the attempt that was on its way goes on.
  async canRepeat() {
    if (this.#ended) return this.#whole.promise;
    this.#holds = true;
    this.#holding.resolve();
    let timer;
    const silence = new Promise((resolve) => {
      const watch = () => {
        const left = this.#progress + this.#timeout - Date.now();
        if (left > 0) timer = setTimeout(watch, left);
        else resolve(false);
      };
      watch();
    });
    const whole = await Promise.race([this.#whole.promise, silence]);
    clearTimeout(timer);
    if (!whole) this.#goOn();
    return whole;
  }

  // There will be no other attempt: the one that was on its way gets what was held back from it.
  settle() {
    if (this.#holds) this.#goOn();
    this.#keep = 0;
    this.#kept = NOTHING;
    this.#holding.resolve();
  }

  #stream(attempt, first) {
    const room = Math.min(this.#length ?? LARGEST_PIECE, LARGEST_PIECE);
    const readable = attempt.stream(this.#length);
    this.#pump(attempt, new ArrayBuffer(room), first);
    return readable;
  }

  #again(attempt) {
    this.#holds = false;
    this.#sent = this.#size;
    const body = this.#kept.subarray(0, this.#size);
    if (this.#length !== undefined && body.byteLength <= LARGEST_WHOLE) return body;
    const readable = attempt.stream(this.#length);
    this.#replay(attempt, body);
    return readable;
  }

  async #replay(attempt, body) {
    try {
      for (let at = 0; at < body.byteLength; at += LARGEST_PIECE) await attempt.write(body.subarray(at, at + LARGEST_PIECE));
    } catch {
      return;
    }
    await attempt.close();
  }

  async #pump(attempt, buffer, first) {
    for (;;) {
      let piece;
      try {
        piece = first === undefined ? await this.#reader.read(new Uint8Array(buffer)) : { value: first, done: false };
        first = undefined;
      } catch {
        this.#whole.resolve(false);
        return attempt.breakOff();
      }
      if (piece.done) {
        this.#ended = true;
        this.#whole.resolve(this.#size === this.#total);
        if (!this.#holds) await attempt.close();
        return;
      }
      this.#progress = Date.now();
      this.#total += piece.value.byteLength;
      if (this.#most > 0 && this.#total > this.#most) {
        this.#whole.resolve(false);
        attempt.refuse();
        return this.#reader.cancel().catch(() => {});
      }
      const kept = this.#retain(piece.value);
      buffer = piece.value.buffer;
      if (kept && this.#holds) continue;
      if (this.#holds) this.#goOn();
      if (kept) this.#sent = this.#size;
      try {
        if (this.#keep === 0) {
          await attempt.write(piece.value);
        } else if (await this.#isWritten(attempt.write(piece.value))) {
          continue;
        } else {
          // The last piece is on its way still.
          buffer = new ArrayBuffer(buffer.byteLength);
        }
      } catch (error) {
        // The upstream has stopped reading; it may have answered already. The rest may be wanted all the same.
        if (this.#keep > 0 && !this.#holds) await this.#holding.promise;
        if (!this.#holds) return this.#reader.cancel(error).catch(() => {});
      }
    }
  }

  // Waits for a write, but no longer than until the rest is held back: an upstream that has answered need not read on.
  async #isWritten(writing) {
    writing.catch(() => {});
    await Promise.race([writing, this.#holding.promise]);
    if (this.#holds) return false;
    await writing;
    return true;
  }

  // Whether the piece could be kept, as all that came before it was.
  #retain(piece) {
    const size = this.#size + piece.byteLength;
    if (size > this.#keep || size !== this.#total) {
      this.#whole.resolve(false);
      return false;
    }
    if (size > this.#kept.byteLength) {
      const roomier = new Uint8Array(Math.min(this.#keep, Math.max(this.#length ?? FIRST_ROOM, 2 * size)));
      roomier.set(this.#kept.subarray(0, this.#size));
      this.#kept = roomier;
    }
    this.#kept.set(piece, this.#size);
    this.#size = size;
    return true;
  }

  // Hands the attempt what was held back from it.
  #goOn() {
    this.#holds = false;
    this.#holding = Promise.withResolvers();
    const held = this.#kept.subarray(this.#sent, this.#size);
    this.#sent = this.#size;
    if (held.byteLength > 0) this.#attempt.write(held).catch(() => {});
    if (this.#ended) this.#attempt.close();
  }
}
