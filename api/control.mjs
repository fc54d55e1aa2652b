// Controls the local API while it runs: `/faults` and `/delays`, which are not part of the real API.
//
//   GET    /faults, /delays   what is set
//   POST   /faults            adds one fault or an array of them (faults.mjs)
//   DELETE /faults            clears them
//   PUT    /delays            sets delays (delays.mjs)

import { Malformed } from "./malformed.mjs";

export class Control {
  #faults;
  #delays;

  constructor(faults, delays) {
    this.#faults = faults;
    this.#delays = delays;
  }

  /** The status and the body of a response. */
  async answer(request, url, bodyOf) {
    const text = await bodyOf(request);
    try {
      return this.#act(`${request.method} ${url.pathname}`, text);
    } catch (error) {
      if (error instanceof Malformed || error instanceof SyntaxError) return [400, { error: error.message }];
      throw error;
    }
  }

  #act(asked, text) {
    switch (asked) {
      case "GET /faults":
        return [200, this.#faults.list()];
      case "POST /faults":
        this.#faults.add(JSON.parse(text));
        return [200, this.#faults.list()];
      case "DELETE /faults":
        this.#faults.clear();
        return [200, this.#faults.list()];
      case "GET /delays":
        return [200, this.#delays];
      case "PUT /delays":
        this.#delays.set(JSON.parse(text));
        return [200, this.#delays];
      default:
        return [404, { error: "There are /client/v4, /faults and /delays" }];
    }
  }
}
