// The timer of a fixed deadline, for timer.rs, and the time limit of a body that streams. They share a file because the
// Worker gets only the files that Rust imports from, and nothing in Rust imports an IdleTimer.

// Fulfils the wait with this number after this many milliseconds, and returns the id for `clearTimeout`. Only the timer
// refers to the waiter. With `nodejs_compat`, a timer is an object, which would refer to it too.
export function fulfillAfter(milliseconds, waiter, number) {
  return Number(setTimeout(() => waiter.fulfill(waiter, number), milliseconds));
}

// The time limit of a body that streams: it expires once, this many milliseconds after the last progress. Uploads,
// downloads with an idle timeout, and the wait for the head of a response (attempt.js) use it. Time limits that do not
// move with progress are in timer.rs.
export class IdleTimer {
  #milliseconds;
  #expire;
  #progress = Date.now();
  #timer;

  // `expire` is called when the time has passed.
  constructor(milliseconds, expire) {
    this.#milliseconds = milliseconds;
    this.#expire = expire;
    this.#watch();
  }

  progressed() {
    this.#progress = Date.now();
  }

  end() {
    clearTimeout(this.#timer);
  }

  // The timer is set again when it has fired, and not at each progress: progress is frequent, and setting a timer is
  // expensive.
  #watch() {
    const left = this.#progress + this.#milliseconds - Date.now();
    if (left > 0) this.#timer = setTimeout(() => this.#watch(), left);
    else this.#expire();
  }
}
