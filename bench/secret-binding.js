// The module behind each Secrets Store binding, the same for every server. workers-rs takes a binding for a secret
// only when its class is named `Fetcher`, as the platform's own stub is.
class Fetcher {
  #value;
  #delay;
  #fault;

  constructor({ value, delay, fault }) {
    this.#value = value;
    this.#delay = Number(delay);
    this.#fault = fault;
  }

  async get() {
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    if (this.#fault === "told") console.error("A secret was read.");
    else if (this.#fault !== "") return this.#fail();
    return this.#value;
  }

  #fail() {
    if (this.#fault === "missing") return null;
    if (this.#fault === "hangs") return new Promise(() => {});
    throw new Error("The store cannot be reached.");
  }
}

export default (environment) => new Fetcher(environment);
