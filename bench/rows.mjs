// What is measured, and what is asked of it.

import { STRANGER } from "./load.mjs";
import { LARGE_BODY } from "./upstream.mjs";

const EVERYONE = ["passthrough", "hono", "ostiary"];
const GATEWAYS = ["hono", "ostiary"];
const MEBIBYTES = LARGE_BODY / (1024 * 1024);

// `per` is how many MiB a request moves, where it is they that are compared. A turn lasts a second, or `count`
// requests; a row is `turns` of them on each server, one after another.
export const ROWS = [
  { name: "get", title: "small GET, 12 headers, 2 secrets", peers: EVERYONE, path: "/two/v1/charges/1", connections: 16, turns: 3 },
  { name: "post", title: "POST of 2 KiB, 2 secrets", peers: EVERYONE, path: "/two/v1/charges", method: "POST", bodyLength: 2048, connections: 16, turns: 3 },
  { name: "refused", title: "refused request (401)", peers: GATEWAYS, path: "/two/v1/charges/1", headers: STRANGER, refused: true, connections: 16, turns: 2 },
  { name: "down", title: "10 MiB down", peers: EVERYONE, path: "/two/v1/large", per: MEBIBYTES, connections: 4, count: 80, turns: 3 },
  { name: "up", title: "10 MiB up", peers: EVERYONE, path: "/two/v1/charges", method: "POST", bodyLength: LARGE_BODY, per: MEBIBYTES, connections: 4, count: 40, turns: 2 },
  { name: "plain", title: "10 MiB of JSON down", peers: EVERYONE, path: "/two/v1/text", per: MEBIBYTES, connections: 4, count: 40, turns: 2 },
  { name: "redacted", title: "10 MiB of JSON down, redacted", peers: EVERYONE, path: "/redacted/v1/text", per: MEBIBYTES, connections: 4, count: 40, turns: 2 },
  { name: "small-redacted", title: "small GET, redacted", peers: EVERYONE, path: "/redacted/v1/charges/1", connections: 16, turns: 2 },
  { name: "one", title: "1 secret", peers: GATEWAYS, path: "/one/v1/charges/1", connections: 16, turns: 2 },
  { name: "four", title: "4 secrets", peers: GATEWAYS, path: "/four/v1/charges/1", connections: 16, turns: 2 },
  { name: "eight", title: "8 secrets", peers: GATEWAYS, path: "/eight/v1/charges/1", connections: 16, turns: 2 },
  { name: "one-slow", title: "1 secret at 50 ms", peers: GATEWAYS, path: "/one/v1/charges/1", slow: true, connections: 8, turns: 2 },
  { name: "four-slow", title: "4 secrets at 50 ms", peers: GATEWAYS, path: "/four/v1/charges/1", slow: true, connections: 8, turns: 2 },
  { name: "eight-slow", title: "8 secrets at 50 ms", peers: GATEWAYS, path: "/eight/v1/charges/1", slow: true, connections: 8, turns: 2 },
];

// Each is a ratio of medians within a round: of one row between two peers, or of two rows of one peer.
export const GOALS = [
  { what: "CPU, small GET", row: "get", of: "ostiary", to: "hono", limit: 1.0 },
  { what: "CPU, small GET", row: "get", of: "ostiary", to: "passthrough", limit: 1.2 },
  { what: "CPU, POST", row: "post", of: "ostiary", to: "hono", limit: 1.0 },
  { what: "CPU, POST", row: "post", of: "ostiary", to: "passthrough", limit: 1.2 },
  { what: "CPU, refused request", row: "refused", of: "ostiary", to: "hono", limit: 0.8 },
  { what: "CPU, 10 MiB down", row: "down", of: "ostiary", to: "passthrough", limit: 1.05 },
  { what: "CPU, 10 MiB down, redacted", row: "redacted", of: "ostiary", to: "hono", limit: 0.33 },
  { what: "CPU, 10 MiB up", row: "up", of: "ostiary", to: "passthrough", limit: 1.05 },
];
