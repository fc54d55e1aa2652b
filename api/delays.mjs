// Simulated delays of the service. The real ones are not documented.

import { milliseconds } from "./duration.mjs";
import { Malformed } from "./malformed.mjs";

const LONGEST = 600_000;

export class Delays {
  /** Milliseconds that a new secret, or one with a new value, is `pending`. */
  pending = 0;

  /** Milliseconds until a changed value is what a binding's `get()` returns. */
  visible = 0;

  /** Milliseconds before each response. */
  latency = 0;

  /** Takes `{"pending": "5s", "visible": "2s", "latency": "300ms"}`; omitted delays are not changed. */
  set(durations) {
    if (durations === null || typeof durations !== "object") throw new Malformed("delays are an object of durations");
    const parsed = Object.entries(durations).map(([name, text]) => [name, this.#parsed(name, text)]);
    Object.assign(this, Object.fromEntries(parsed));
  }

  #parsed(name, text) {
    if (!Object.hasOwn(this, name)) throw new Malformed(`no delay is called ${name}; there are ${Object.keys(this).join(", ")}`);
    const span = typeof text === "string" ? milliseconds(text) : undefined;
    if (!(span <= LONGEST)) throw new Malformed(`${name} is a duration of at most ten minutes, as "2s" or "500ms"`);
    return span;
  }
}
