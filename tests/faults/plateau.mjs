// Checks that a process has no more memory and sockets at the end than during the load.

import assert from "node:assert/strict";
import { pause } from "../harness/patience.mjs";

const MIB = 1024 * 1024;

// The engine decides when to release memory, so there is a tolerance.
const MEMORY_BAND = 1.3;
const MEMORY_ROOM = 24 * MIB;

// Idle connections are kept for five seconds, and closed with the next request after that.
const SETTLED_WITHIN = 30_000;
const NUDGE = 1_000;
// The sockets of a nudge itself.
const KEPT_SOCKETS = 8;

export class Plateau {
  #process;
  #idleSockets;
  #samples = [];
  #timer;

  /** `process` is an idle ServerProcess. */
  constructor(process) {
    this.#process = process;
    this.#idleSockets = process.sockets();
    // The timer must not keep a failed suite running.
    this.#timer = setInterval(() => this.#samples.push({ memory: process.residentMemory(), sockets: process.sockets() }), 250).unref();
  }

  /** Call it after the load; `nudge` sends a request. Throws if memory or sockets are not released; returns the measurements. */
  async end(nudge) {
    clearInterval(this.#timer);
    const atWork = this.#samples.slice(Math.floor(this.#samples.length / 4));
    const early = most(atWork.slice(0, Math.ceil(atWork.length / 3)), "memory");
    const late = most(atWork.slice(-Math.ceil(atWork.length / 3)), "memory");
    const sockets = await this.#settled(nudge);
    const seen = {
      "memory, early in MiB": Math.round(early / MIB),
      "memory, late in MiB": Math.round(late / MIB),
      "sockets, idle": this.#idleSockets,
      "sockets, most": most(this.#samples, "sockets"),
      "sockets, at the end": sockets,
    };
    assert.ok(late <= early * MEMORY_BAND + MEMORY_ROOM, `memory grows: ${JSON.stringify(seen)}`);
    assert.ok(sockets <= this.#idleSockets + KEPT_SOCKETS, `sockets stay open: ${JSON.stringify(seen)}`);
    return seen;
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #settled(nudge) {
    const end = performance.now() + SETTLED_WITHIN;
    while (performance.now() < end && this.#process.sockets() > this.#idleSockets + KEPT_SOCKETS) {
      await nudge();
      await pause(NUDGE);
    }
    return this.#process.sockets();
  }
}

const most = (samples, what) => Math.max(...samples.map((sample) => sample[what]));
