// A child process that serves HTTP on loopback: everything that it wrote is kept, and it is gone after `stop`.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// What a test process that ends early still has to do. It ends by way of `exit` when the test runner kills it,
// as it does with a file that takes too long.
const leftovers = new Set();
process.once("exit", () => {
  for (const clear of leftovers) clear();
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => process.exit(1));

// A folder that is gone when the test process is.
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-tests-"));
  leftovers.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class ServerProcess {
  output = "";
  // Resolves to the whole output once the process has ended.
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
    // A file descriptor of its own, where workerd reports the port that it was given.
    this.control = this.#child.stdio[3];
  }

  get pid() {
    return this.#child.pid;
  }

  // What `find` makes of the output, as soon as it makes something of it.
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

  // Open sockets, those that listen included.
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

  // As a crash would end it.
  async kill() {
    this.#signal("SIGKILL");
    await this.ended;
  }

  // To the whole process group, since wrangler starts children of its own.
  #signal(name) {
    try {
      process.kill(-this.pid, name);
    } catch {
      // It has ended by itself.
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
