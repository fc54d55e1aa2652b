// What is measured, and what is asked of it.

import { BODIES, BODY } from "./bodies.mjs";
import { DIGEST_CALLERS, firstToken, lastToken, ROUTES, RULES, TOKEN_SECRETS } from "./growth.mjs";
import { REQUEST_HEADERS, STRANGER } from "./load.mjs";
import { agentTokens, jobToken } from "./tokens.mjs";
import { LARGE_BODY } from "./upstream.mjs";

const EVERYONE = ["passthrough", "hono", "hono-same", "ostiary"];
const GATEWAYS = ["hono", "hono-same", "ostiary"];
const SAME = ["hono-same", "ostiary"];
const FLOOR = ["passthrough", "hono-same", "ostiary"];
const MEBIBYTE = 1024 * 1024;
const MEBIBYTES = LARGE_BODY / MEBIBYTE;

// `per` is how many MiB a request moves, where it is they that are compared. A turn lasts a second, or `count`
// requests; a row is `turns` of them on each server, one after another. Rows of one `family` are measured in turns too.
const MAIN = [
  { name: "get", title: "small GET, 12 headers, 2 secrets", peers: EVERYONE, path: "/two/v1/charges/1", connections: 16, turns: 3 },
  { name: "post", title: "POST of 2 KiB, 2 secrets", peers: EVERYONE, path: "/two/v1/charges", method: "POST", bodyLength: 2048, connections: 16, turns: 3 },
  { name: "refused", title: "refused request (401)", peers: GATEWAYS, path: "/two/v1/charges/1", headers: STRANGER, refused: true, connections: 16, turns: 2 },
  { name: "down", title: "10 MiB down", peers: FLOOR, path: "/two/v1/large", per: MEBIBYTES, connections: 4, count: 80, turns: 3 },
  { name: "up", title: "10 MiB up", peers: FLOOR, path: "/two/v1/charges", method: "POST", bodyLength: LARGE_BODY, per: MEBIBYTES, connections: 4, count: 40, turns: 2 },
  { name: "plain", title: "10 MiB of JSON down", peers: FLOOR, path: "/two/v1/text", per: MEBIBYTES, connections: 4, count: 40, turns: 2 },
  { name: "redacted", title: "10 MiB of JSON down, redacted", peers: FLOOR, path: "/redacted/v1/text", per: MEBIBYTES, connections: 4, count: 12, turns: 2 },
  { name: "small-redacted", title: "small GET, redacted", peers: FLOOR, path: "/redacted/v1/charges/1", connections: 16, turns: 2 },
  { name: "one", title: "1 secret", peers: SAME, path: "/one/v1/charges/1", connections: 16, turns: 2 },
  { name: "four", title: "4 secrets", peers: SAME, path: "/four/v1/charges/1", connections: 16, turns: 2 },
  { name: "eight", title: "8 secrets", peers: GATEWAYS, path: "/eight/v1/charges/1", connections: 16, turns: 2 },
  { name: "one-slow", title: "1 secret at 50 ms", peers: SAME, path: "/one/v1/charges/1", slow: true, connections: 8, turns: 1 },
  { name: "eight-slow", title: "8 secrets at 50 ms", peers: SAME, path: "/eight/v1/charges/1", slow: true, connections: 8, turns: 1 },
];

const withToken = (token) => ({ ...REQUEST_HEADERS, authorization: `Bearer ${token}` });
const growing = (row) => ({ family: "growth", peers: SAME, connections: 16, turns: 2, ...row });

// `configuration` is a generated one. `than` is the row that a row is compared with.
const GROWTH = [
  growing({ name: "one-of-each", title: "1 route, 1 digest caller, 1 rule", configuration: "one-of-each", path: "/route/v1/charges/1" }),
  growing({ name: "many-routes", title: `the last of ${ROUTES} routes`, configuration: "many-routes", path: `/route-${ROUTES}/v1/charges/1`, than: "one-of-each" }),
  growing({ name: "many-digests", title: `the last of ${DIGEST_CALLERS} digest callers`, configuration: "many-callers", path: "/digests/v1/charges/1", than: "one-of-each" }),
  growing({ name: "many-rules", title: `the last of ${RULES} rules`, configuration: "many-callers", path: "/rules/v1/charges/1", than: "one-of-each" }),
  growing({ name: "metered", title: "the same, with a data point for each request", configuration: "metered", path: "/route/v1/charges/1", peers: ["ostiary"], than: "one-of-each" }),
  growing({ name: "one-token", title: "1 token secret", configuration: "many-callers", path: "/token/v1/charges/1", headers: withToken(firstToken) }),
  growing({ name: "many-tokens", title: `the last of ${TOKEN_SECRETS} token secrets`, configuration: "many-callers", path: "/tokens/v1/charges/1", headers: withToken(lastToken), than: "one-token" }),
];

export const ISSUED = 10_000;
const issued = agentTokens(ISSUED);
const signed = (row) => ({ family: "signed", configuration: "signed", peers: SAME, connections: 16, turns: 3, ...row });
const post = { method: "POST", bodyLength: 2048 };
const get = { path: "/tokens/v1/charges/1" };

const SIGNED = [
  signed({ name: "sigv4", title: "POST of 2 KiB, signed by AWS Signature Version 4", path: "/sigv4/v1/charges", ...post }),
  signed({ name: "hmac", title: "POST of 2 KiB, signed by HMAC", path: "/hmac/v1/charges", ...post }),
  signed({ name: "digest-caller", title: "GET, a digest caller", ...get }),
  signed({ name: "es256-caller", title: "GET, a token of an issuer (ES256)", headers: withToken(jobToken()), than: "digest-caller", ...get }),
  signed({ name: "issued-caller", title: "GET, an issued token (EdDSA)", headers: withToken(issued[0]), than: "digest-caller", ...get }),
  signed({ name: "issued-callers", title: `GET, ${ISSUED} issued tokens in turn`, tokens: issued, than: "issued-caller", ...get }),
];

const bodyRow = ([name, { title, route = "redacted" }]) => ({
  name: `body-${name}`,
  title,
  family: "bodies",
  peers: ["ostiary"],
  path: `/${route}/v1/bodies/${name}`,
  per: BODY / MEBIBYTE,
  connections: 4,
  count: 24,
  turns: 2,
  than: name === "text" ? undefined : "body-text",
});

// The same server twice, once with what its entry hides.
const WAKING = [
  { name: "queue-microtask", title: "small GET, tasks woken by a resolved promise or by `queueMicrotask`", peers: ["ostiary", "ostiary-queue-microtask"], path: "/two/v1/charges/1", connections: 16, turns: 2 },
];

export const SECTIONS = { main: MAIN, signed: SIGNED, growth: GROWTH, bodies: Object.entries(BODIES).map(bodyRow), waking: WAKING };
export const ROWS = Object.values(SECTIONS).flat();

// Each is a ratio of CPU within a round: of one row between two peers, or between two rows of one.
const cpu = (what, row, to, limit) => ({ what: `CPU, ${what}`, row, of: "ostiary", to, limit });
export const GOALS = [
  ...["hono-same", "hono"].flatMap((to) =>
    [["small GET", "get"], ["POST", "post"], ["refused request", "refused"], ["8 secrets", "eight"]].map(([what, row]) => cpu(what, row, to, to === "hono" ? 1.15 : 1.0)),
  ),
  ...["sigv4", "hmac", "es256-caller", "issued-caller"].map((row) => cpu(SIGNED.find(({ name }) => name === row).title, row, "hono-same", 1.0)),
  { what: `CPU, ${ISSUED} issued tokens in turn`, row: "issued-callers", of: "ostiary", than: "issued-caller", to: "one issued token", limit: 1.05 },
  { what: "CPU, a data point for each request", row: "metered", of: "ostiary", than: "one-of-each", to: "without", limit: 1.05 },
  cpu("10 MiB down", "down", "passthrough", 1.05),
  cpu("10 MiB up", "up", "passthrough", 1.1),
  cpu("10 MiB down, redacted", "redacted", "hono-same", 0.33),
];

// How many times as long as plain text the hardest body may take.
export const HARDEST_BODY = 4;
