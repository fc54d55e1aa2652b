// What the tests of a file, or of one `describe`, start once and share.

import { after, before, beforeEach } from "node:test";

/**
 * Starts it before the first test, resets it before each one, and stops it after the last. What is returned stands for
 * it from the first test on: its members are those of what `start` resolves to.
 */
export function started(start) {
  let running;
  before(async () => {
    running = await start();
  });
  beforeEach(() => running.reset());
  after(() => running?.stop());
  const member = (_, name) => {
    const value = running[name];
    return typeof value === "function" ? value.bind(running) : value;
  };
  return new Proxy({}, { get: member, set: (_, name, value) => Reflect.set(running, name, value) });
}
