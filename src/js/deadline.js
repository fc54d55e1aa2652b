// A deadline that moves with progress: it passes once, this many milliseconds after the last progress.
export class Deadline {
  #milliseconds;
  #pass;
  #progress = Date.now();
  #timer;

  // `pass` is called when the deadline has passed.
  constructor(milliseconds, pass) {
    this.#milliseconds = milliseconds;
    this.#pass = pass;
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
    else this.#pass();
  }
}

// Fulfils the wait with this number after this many milliseconds, and returns the id for `clearTimeout`. Only the timer
// refers to the waiter. With `nodejs_compat`, a timer is an object, which would refer to it too.
export function fulfillAfter(milliseconds, waiter, number) {
  return Number(setTimeout(() => waiter.fulfill(waiter, number), milliseconds));
}
