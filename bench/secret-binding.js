// The module behind each Secrets Store binding, the same for every server. workers-rs takes a binding for a secret
// only when its class is named `Fetcher`, as the platform's own stub is.
class Fetcher {
  #value;
  #delay;

  constructor({ value, delay }) {
    this.#value = value;
    this.#delay = Number(delay);
  }

  async get() {
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    return this.#value;
  }
}

export default (environment) => new Fetcher(environment);
