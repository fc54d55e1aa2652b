// How long the head of an answer may take. It ends nothing that streams afterwards.
export class Deadline {
  #attempt = new AbortController();
  #timer;
  timedOut = false;

  constructor(timeout) {
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#attempt.abort();
    }, timeout);
  }

  get signal() {
    return this.#attempt.signal;
  }

  answered() {
    clearTimeout(this.#timer);
  }
}
