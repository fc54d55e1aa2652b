// Whether a process holds no more at the end than it did while it was at work: memory and sockets.

import assert from "node:assert/strict";
import { pause } from "../harness/patience.mjs";

const MIB = 1024 * 1024;

// The engine gives memory back when it pleases, so a plateau is a band.
const MEMORY_BAND = 1.3;
const MEMORY_ROOM = 24 * MIB;

// Connections are kept for the next request for five seconds, and let go when there is one.
const SETTLED_WITHIN = 30_000;
const NUDGE = 1_000;
// What a nudge itself leaves behind.
const KEPT_SOCKETS = 8;

export class Plateau {
  #process;
  #idleSockets;
  #samples = [];
  #timer;

  /** `process` is a ServerProcess that has nothing to do yet. */
  constructor(process) {
    this.#process = process;
    this.#idleSockets = process.sockets();
    // A suite that fails in between ends all the same.
    this.#timer = setInterval(() => this.#samples.push({ memory: process.residentMemory(), sockets: process.sockets() }), 250).unref();
  }

  /** Call it when the load has ended; `nudge` sends a request. Fails when memory or sockets stay; tells what was seen. */
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
