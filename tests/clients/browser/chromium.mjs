// The machine's Chromium without a window, controlled over its DevTools protocol.
//   node tests/clients/browser/chromium.mjs   prints which tests are skipped if it is missing

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../harness/server-process.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The path of Chromium; undefined if there is none. CHROMIUM sets another one. */
export const CHROMIUM = process.env.CHROMIUM || findProgram(NAMES);

export const MISSING = "Chromium is missing. Debian has it: apt-get install chromium. CHROMIUM=/path/to/it names another one";

function findProgram(names) {
  const paths = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Starts Chromium. `hosts` are host names that resolve to loopback, each with its port. No other name resolves, so it
 * sends nothing to other machines.
 */
export async function startChromium(hosts) {
  const mapped = Object.entries(hosts).map(([host, port]) => `MAP ${host} 127.0.0.1:${port}`);
  const options = [
    "--headless=new",
    "--remote-debugging-pipe",
    `--user-data-dir=${temporaryFolder()}`,
    `--host-resolver-rules=${[...mapped, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"].join(",")}`,
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    // Its sandbox does not work for root, and the pages are our own.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  ];
  return new Chromium(spawn(CHROMIUM, [...options, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] }));
}

class Chromium {
  #process;
  #ended;
  #calls = new Map();
  #last = 0;
  #listeners = new Set();

  constructor(child) {
    this.#process = child;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    this.#ended.then(() => {
      for (const { reject } of this.#calls.values()) reject(new Error("Chromium has ended"));
    });
    let text = "";
    child.stdio[4].setEncoding("utf8").on("data", (piece) => {
      const messages = `${text}${piece}`.split("\0");
      text = messages.pop();
      for (const message of messages) this.#take(JSON.parse(message));
    });
  }

  /** Opens a page and resolves when it has loaded. Events of these domains are reported from the start. */
  async open(url, enabled = []) {
    const { targetId } = await this.#call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.#call("Target.attachToTarget", { targetId, flatten: true });
    for (const domain of ["Page", ...enabled]) await this.#call(`${domain}.enable`, {}, sessionId);
    const loaded = this.#event("Page.loadEventFired", sessionId);
    const { errorText } = await this.#call("Page.navigate", { url }, sessionId);
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    await loaded;
    return {
      /** The value of an expression, after its promise has settled, as JSON. */
      evaluate: async (expression) => {
        const asked = { expression, awaitPromise: true, returnByValue: true };
        const { result, exceptionDetails } = await this.#call("Runtime.evaluate", asked, sessionId);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      },
      /** Calls a method of the protocol for this page. */
      call: (method, params = {}) => this.#call(method, params, sessionId),
    };
  }

  /** Calls a function for every event of the protocol, with its name and its parameters. */
  listen(take) {
    this.#listeners.add(({ method, params }) => take(method, params));
  }

  async stop() {
    this.#process.kill();
    await this.#ended;
  }

  #call(method, params, sessionId) {
    const id = (this.#last += 1);
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#calls.set(id, { resolve, reject });
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return promise;
  }

  #event(method, sessionId) {
    return new Promise((resolve) => {
      const listen = (message) => {
        if (message.method !== method || message.sessionId !== sessionId) return;
        this.#listeners.delete(listen);
        resolve(message.params);
      };
      this.#listeners.add(listen);
    });
  }

  #take(message) {
    const call = this.#calls.get(message.id);
    if (call === undefined) {
      for (const listen of [...this.#listeners]) listen(message);
      return;
    }
    this.#calls.delete(message.id);
    if (message.error) call.reject(new Error(message.error.message));
    else call.resolve(message.result);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && CHROMIUM === undefined) {
  console.log(`Not run: the tests in a browser, tests/clients/browser and tests/operator/page.test.mjs. ${MISSING}.`);
}
