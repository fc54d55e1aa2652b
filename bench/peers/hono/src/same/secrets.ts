// Secrets, read for one request and kept for no other.

import type { Environment, Placement, SecretsStoreSecret } from "../configuration";
import type { SourceNote } from "../log";
import { secretTimeout } from "./configuration";

export type Reading = { value: string; failure?: undefined } | { failure: "missing" | "empty" | "error" | "timeout" };

export class Readings {
  #environment: Environment;
  #read = new Map<string, Reading>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get(binding: string): Reading {
    return this.#read.get(binding) ?? { failure: "error" };
  }

  // Reads all at once, each binding once for a request. One timer serves all that are read together.
  async read(bindings: string[]): Promise<void> {
    const unread = new Set(bindings.filter((binding) => !this.#read.has(binding)));
    if (unread.size === 0) return;
    const { promise: deadline, resolve: pass } = Promise.withResolvers<void>();
    const timer = setTimeout(pass, secretTimeout);
    await Promise.race([deadline, Promise.all(Array.from(unread, (binding) => this.#keep(binding)))]);
    clearTimeout(timer);
    for (const binding of unread) {
      if (!this.#read.has(binding)) this.#read.set(binding, { failure: "timeout" });
    }
  }

  async #keep(binding: string): Promise<void> {
    const reading = await this.#readOne(binding);
    // One that comes after the deadline is too late.
    if (!this.#read.has(binding)) this.#read.set(binding, reading);
  }

  async #readOne(binding: string): Promise<Reading> {
    try {
      const value: unknown = await (this.#environment[binding] as SecretsStoreSecret).get();
      if (value === null || value === undefined) return { failure: "missing" };
      if (typeof value !== "string") return { failure: "error" };
      // Line ends come from `echo`, not from a key.
      const trimmed = value.replace(/[\r\n]+$/, "");
      return trimmed.trim() === "" ? { failure: "empty" } : { value: trimmed };
    } catch {
      return { failure: "error" };
    }
  }
}

export interface Credential {
  headers: [string, string][];
  // What of them is secret.
  values: string[];
}

// A secret's sources, the primary first.
const sourcesOf = (secret: string) => [secret, `${secret}_PREVIOUS`];
const SOURCES = 2;

// Goes through the sources of a route's auth: all its secrets move together, so that no request has half of a pair.
export class Resolver {
  readonly notes: SourceNote[] = [];
  #auth: Placement[];
  #readings: Readings;
  #position = 0;
  #refused: string[] = [];

  constructor(auth: Placement[], readings: Readings) {
    this.#auth = auth;
    this.#readings = readings;
  }

  get hasNext(): boolean {
    return this.#position < SOURCES;
  }

  // The upstream has refused this credential; none like it is yielded any more.
  refuse({ headers }: Credential): void {
    this.#refused.push(JSON.stringify(headers));
    for (const note of this.notes) note.failure ??= "refused";
  }

  async next(): Promise<Credential | undefined> {
    while (this.hasNext) {
      const position = this.#position++;
      const bindings = this.#auth.map(({ secret }) => sourcesOf(secret)[position]);
      await this.#readings.read(bindings);
      const credential: Credential = { headers: [], values: [] };
      const notes = this.#auth.map(({ header, prefix, secret }, at): SourceNote => {
        const note = { secret, binding: bindings[at], source: position + 1 };
        const { value, failure } = this.#readings.get(bindings[at]) as { value?: string; failure?: string };
        if (value === undefined) return { ...note, failure };
        // Visible ASCII, and spaces within: what every server reads alike.
        if (!/^[!-~](?:[ -~]*[!-~])?$/.test(value)) return { ...note, failure: "invalid" };
        credential.headers.push([header, prefix + value]);
        credential.values.push(value);
        return note;
      });
      const serves = credential.headers.length === this.#auth.length && !this.#refused.includes(JSON.stringify(credential.headers));
      this.notes.push(...notes.filter(({ failure }) => serves || failure !== undefined));
      if (serves) return credential;
    }
    return undefined;
  }
}
