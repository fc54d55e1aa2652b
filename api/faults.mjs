// Failures on demand. A fault is
//
//   {"operations": ["secrets.update"], "status": 429, "retry_after": 1, "times": 3}
//
//   operations      the operations that fail; all by default
//   status          of the response, from 400 to 599
//   code, message   of its error; the service's own by default
//   retry_after     seconds, sent as Retry-After
//   delay           a duration before the response; without a status, the operation is slow and succeeds
//   reset           true closes the connection instead of responding
//   done            true performs the operation first, so that only its response is lost
//   skip            the number of matching requests before the first that fails
//   times           the number of requests that fail; by default, all until the faults are cleared

import { milliseconds } from "./duration.mjs";
import { Refusal } from "./envelope.mjs";
import { Malformed } from "./malformed.mjs";

const isCount = (value) => Number.isInteger(value) && value >= 0;
const isFlag = (value) => typeof value === "boolean";

const KEYS = {
  operations: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
  status: (value) => Number.isInteger(value) && value >= 400 && value <= 599,
  code: (value) => Number.isInteger(value) && value >= 1000,
  message: (value) => typeof value === "string",
  retry_after: isCount,
  delay: (value) => typeof value === "string" && milliseconds(value) !== undefined,
  reset: isFlag,
  done: isFlag,
  skip: isCount,
  times: isCount,
};

// These codes have not been observed; they have the form of the API's general errors.
const MESSAGES = { 429: [10_429, "rate_limited"] };
const INTERNAL = [10_001, "internal_error"];

export class Faults {
  #faults = [];
  #operations;

  /** `operations` are the names that a fault may have. */
  constructor(operations) {
    this.#operations = operations;
  }

  add(faults) {
    const all = Array.isArray(faults) ? faults : [faults];
    for (const fault of all) this.#check(fault);
    for (const fault of all) this.#faults.push({ ...fault });
  }

  clear() {
    this.#faults = [];
  }

  list() {
    return this.#faults;
  }

  /** The fault for this request, which is counted; undefined when there is none. */
  next(operation) {
    const fault = this.#faults.find(({ operations = [operation], times = 1 }) => operations.includes(operation) && times > 0);
    if (fault === undefined) return undefined;
    if (fault.skip > 0) {
      fault.skip -= 1;
      return undefined;
    }
    if (fault.times !== undefined) fault.times -= 1;
    return fault;
  }

  #check(fault) {
    if (fault === null || typeof fault !== "object") throw new Malformed("a fault is an object, or an array of them");
    for (const [key, value] of Object.entries(fault)) {
      if (!Object.hasOwn(KEYS, key)) throw new Malformed(`a fault has no ${key}; it has ${Object.keys(KEYS).join(", ")}`);
      if (!KEYS[key](value)) throw new Malformed(`${key} of a fault cannot be ${JSON.stringify(value)}`);
    }
    const strange = fault.operations?.find((name) => !this.#operations.includes(name));
    if (strange !== undefined) throw new Malformed(`no operation is called ${strange}; there are ${this.#operations.join(", ")}`);
  }
}

/** The response for a fault with a status. */
export function refusalOf({ status, code, message, retry_after: retryAfter }) {
  const [usualCode, usualMessage] = MESSAGES[status] ?? INTERNAL;
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return new Refusal(status, code ?? usualCode, message ?? usualMessage, headers);
}
