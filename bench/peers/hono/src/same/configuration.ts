// The configuration as it is compiled once, when the Worker starts.

import { callers as plainCallers, type Placement, routes as plainRoutes } from "../configuration";

// Known by the digest of a token, by a token that is itself a secret, or by who has signed a token.
export type Caller = { name: string; digest: Uint8Array } | { name: string; binding: string } | { name: string; verify: Verify };

// Whether the caller has this token.
export type Verify = (token: string) => Promise<boolean>;

export interface Rule {
  methods: Set<string>;
  path: RegExp;
  segments: PatternSegment[];
  text: string;
}

export interface PatternSegment {
  whole: RegExp;
  hasStar: boolean;
  // Whether a text has to follow a star.
  saysWhatFollows: boolean;
}

export interface Route {
  name: string;
  mount: string;
  auth: Placement[];
  // Those that a rule names.
  callers: Caller[];
  allow: Map<string, Rule[]>;
  redact: boolean;
  // Where the secrets sign, in the place of being sent.
  sign?: Sign;
}

export interface Unsigned {
  method: string;
  url: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

// Puts a signature into the headers.
export type Sign = (request: Unsigned, values: string[]) => Promise<void>;

// As it is written: the rules of each caller as texts.
export type WrittenRoute = Omit<Route, "callers" | "allow"> & { allow: Record<string, string[]> };

const escaped = (text: string) => text.replace(/[^\w]/g, "\\$&");

// `METHODS /pattern`: `*` is one or more characters of a segment, `/**` at the end any number of segments.
function compileRule(text: string): Rule {
  const [methods, pattern] = text.split(" ");
  const isOpen = pattern.endsWith("/**");
  const closed = isOpen ? pattern.slice(0, -"/**".length) : pattern;
  const expression = (text: string) => text.split("*").map(escaped).join("[^/]+");
  const segments = closed.split("/").slice(1).map((segment) => ({
    whole: new RegExp(`^${expression(segment)}$`, "s"),
    hasStar: segment.includes("*"),
    saysWhatFollows: segment.split("*").slice(1).some(Boolean),
  }));
  const named = methods.split(",");
  return {
    methods: new Set(named.includes("GET") ? [...named, "HEAD"] : named),
    path: new RegExp(`^${expression(closed)}${isOpen ? "(?:/.*)?" : ""}$`, "s"),
    segments,
    text,
  };
}

export function compile(callers: Caller[], routes: WrittenRoute[]): Route[] {
  return routes.map(({ allow, ...route }) => ({
    ...route,
    callers: callers.filter(({ name }) => name in allow),
    allow: new Map(Object.entries(allow).map(([name, rules]) => [name, rules.map(compileRule)])),
  }));
}

export const routes = compile(
  plainCallers,
  plainRoutes.map((route) => ({
    ...route,
    allow: Object.fromEntries(Object.entries(route.allow).map(([name, rules]) => [name, rules.map(({ text }) => text)])),
  })),
);

// For one source, in milliseconds.
export const secretTimeout = 2_000;
