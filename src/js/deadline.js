// A deadline that moves with progress: it passes once, so many milliseconds after the last progress.
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

  // The timer is set again when it has run out, not at each progress: progress is frequent, and setting timers is dear.
  #watch() {
    const left = this.#progress + this.#milliseconds - Date.now();
    if (left > 0) this.#timer = setTimeout(() => this.#watch(), left);
    else this.#pass();
  }
}

// Fulfils the wait of this number after so many milliseconds, and says by what number `clearTimeout` knows the timer. Only
// the timer holds the waiter: with `nodejs_compat` a timer is an object, which would hold it too.
export function fulfillAfter(milliseconds, waiter, number) {
  return Number(setTimeout(() => waiter.fulfill(waiter, number), milliseconds));
}
