// A child process that serves HTTP on loopback. Its output is kept, and `stop` ends it.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Cleanup for a test process that ends early, for instance because the test runner kills a file that takes too long;
// then `exit` is emitted too.
const leftovers = new Set();
process.once("exit", () => {
  for (const clear of leftovers) clear();
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => process.exit(1));

// A folder that is deleted when the test process ends.
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-tests-"));
  leftovers.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class ServerProcess {
  output = "";
  // Resolves to the whole output when the process has ended.
  ended;
  #child;
  #watchers = new Set();

  constructor(command, args, options = {}) {
    this.#child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true });
    this.ended = new Promise((resolve) => this.#child.once("close", () => resolve(this.output)));
    const end = () => this.#signal("SIGKILL");
    leftovers.add(end);
    this.ended.then(() => leftovers.delete(end));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
        for (const look of [...this.#watchers]) look();
      });
    }
    // A file descriptor on which workerd reports its port.
    this.control = this.#child.stdio[3];
  }

  get pid() {
    return this.#child.pid;
  }

  // The result of `find` with the output, as soon as there is one.
  async said(find, patience = 30_000) {
    return new Promise((resolve, reject) => {
      const settle = (action, value) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        action(value);
      };
      const look = () => {
        const found = find(this.output);
        if (found) settle(resolve, found);
      };
      const timer = setTimeout(() => settle(reject, new Error(`never said so:\n${this.output}`)), patience);
      this.#watchers.add(look);
      this.ended.then(() => settle(reject, new Error(`ended before it said so:\n${this.output}`)));
      look();
    });
  }

  // Resident memory in bytes.
  residentMemory() {
    const [, pages] = readFileSync(`/proc/${this.pid}/statm`, "utf8").split(" ");
    return Number(pages) * 4096;
  }

  // Open sockets, including those that listen.
  sockets() {
    const folder = `/proc/${this.pid}/fd`;
    return readdirSync(folder).filter((name) => socketAt(join(folder, name))).length;
  }

  async stop() {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), 5_000);
    await this.ended;
    clearTimeout(timer);
  }

  // Ends it like a crash.
  async kill() {
    this.#signal("SIGKILL");
    await this.ended;
  }

  // To the whole process group, because wrangler starts its own child processes.
  #signal(name) {
    try {
      process.kill(-this.pid, name);
    } catch {
      // It has already ended.
    }
  }
}

function socketAt(path) {
  try {
    return readlinkSync(path).startsWith("socket:");
  } catch {
    // It was closed meanwhile.
    return false;
  }
}
