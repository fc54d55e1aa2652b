// Section B: which headers are passed on in requests and responses, and that no other header has the name of the
// gateway's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { MAIN, basic, bearer, useGateway } from "../harness/gateway.mjs";
import { EVERY, answer } from "../harness/upstream.mjs";

const gateway = useGateway();

const PRIMARY = `Bearer ${canary("PRIMARY_KEY")}`;

// All parts of a request that could contain a token.
const everything = (up) => `${up.head}${decodeURIComponent(up.target)}${up.body}`;

test("case 14: the caller's Authorization never reaches the upstream, in any case or number", async () => {
  for (const names of [["Authorization"], ["AUTHORIZATION"], ["authorization", "Authorization"], ["aUTHORIZATION", "Authorization", "authorization"]]) {
    gateway.reset();
    const { up } = await gateway.through({
      target: "/elsewhere/x",
      token: null,
      fields: [["X-Gateway-Token", MAIN], ...names.map((name) => [name, "Bearer evil"])],
    });
    assert.deepEqual(up.values("authorization"), [PRIMARY]);
  }
});

test("case 14: a header that the route sets arrives once, with the gateway's value, and a header with a similar name does not arrive", async () => {
  const { up } = await gateway.through({
    target: "/header/x",
    fields: [["X-Api-Key", "evil"], ["x-api-key", "evil"], ["X_Api_Key", "evil"], ["X-Api_Key", "evil"], ["X-Api-Keys", "kept"]],
  });
  assert.deepEqual(up.values("x-api-key"), [canary("HEADER_KEY")]);
  assert.deepEqual(up.values("x_api_key"), []);
  assert.deepEqual(up.values("x-api_key"), []);
  assert.deepEqual(up.values("x-api-keys"), ["kept"]);
});

test("case 14: the same applies to a header with a custom name", async () => {
  const fields = [["X-Id", "evil"], ["x_id", "evil"], ["X-KEY", "evil"], ["X_Key", "evil"]];
  const { up } = await gateway.through({ target: "/pair/x", fields });
  assert.deepEqual(up.values("x-id"), [canary("ID_FIRST")]);
  assert.deepEqual(up.values("x-key"), [canary("PAIR_FIRST")]);
  assert.ok(!up.head.includes("evil"), up.head);
});

for (const [place, request] of [
  ["Authorization: Bearer", { target: "/header/x", fields: [bearer(MAIN)] }],
  ["the password of Basic", { target: "/header/x", fields: [basic("anybody", MAIN)] }],
  ["the user name of Basic", { target: "/basic/x", fields: [basic(MAIN, "")] }],
  ["the header that the auth fills", { target: "/header/x", token: null, fields: [["X-Api-Key", MAIN]] }],
  ["a templated header", { target: "/template/x", token: null, fields: [["Authorization", `Key ${MAIN}`]] }],
  ["the parameter that the auth fills", { target: `/query/x?a=1&key=${encodeURIComponent(MAIN)}&b=2`, token: null }],
  ["a header of token_in", { target: "/elsewhere/x", token: null, fields: [["X-Gateway-Token", MAIN]] }],
  ["a parameter of token_in", { target: `/elsewhere/x?gateway_token=${encodeURIComponent(MAIN)}`, token: null }],
]) {
  test(`case 15: a token in ${place} is accepted and is not sent upstream`, async () => {
    const { up } = await gateway.through(request);
    assert.ok(!everything(up).includes(MAIN));
    assert.ok(!up.head.includes(Buffer.from(`:${MAIN}`).toString("base64").slice(4, -4)));
  });
}

test("case 15: all places of a token are emptied, also if the token in them did not match", async () => {
  const { up } = await gateway.through({
    target: "/query/x?key=unknown&kept=1",
    fields: [bearer(MAIN), ["X-Api-Key", "unknown"]],
  });
  assert.deepEqual(up.values("authorization"), []);
  assert.ok(!up.head.includes("unknown"));
  assert.ok(up.query.startsWith("kept=1&key="));
});

test("case 16: headers that Connection names are removed, except those that the gateway sets", async () => {
  const { up } = await gateway.through({
    target: "/several/x",
    fields: [
      ["Connection", ""],
      ["connection", "close, Authorization, X-FOO"],
      ["Connection", "x-api-key ,X-Bar"],
      ["X-Foo", "1"],
      ["x-bar", "2"],
      ["X-Kept", "3"],
    ],
  });
  assert.deepEqual(up.values("authorization"), [PRIMARY]);
  assert.deepEqual(up.values("x-api-key"), [canary("HEADER_KEY")]);
  assert.deepEqual(up.values("x-foo"), []);
  assert.deepEqual(up.values("x-bar"), []);
  assert.deepEqual(up.values("x-kept"), ["3"]);
});

test("case 17: hop-by-hop headers are not sent upstream", async () => {
  const names = ["Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "TE", "Trailer", "Upgrade", "HTTP2-Settings", "Expect"];
  const { up } = await gateway.through({ target: "/bearer/x", fields: names.map((name) => [name, "evil"]) });
  for (const name of names) assert.deepEqual(up.values(name), [], name);
});

test("case 17: hop-by-hop headers, and headers that Connection names, are not returned to the caller", async () => {
  const names = ["Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Upgrade", "X-Foo"];
  const fields = [["Connection", "X-Foo"], ...names.map((name) => [name, "evil"]), ["X-Kept", "1"]];
  gateway.upstream.on("/x", answer(200, fields, "ok"));
  const { answer: down } = await gateway.through({ target: "/bearer/x" });
  for (const name of names) assert.deepEqual(down.values(name), [], name);
  assert.equal(down.value("x-kept"), "1");
});

const CREDENTIALS = [
  "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "X-Auth-Key", "X-Auth-Email",
  "Private-Token", "Job-Token", "DD-Api-Key", "DD-Application-Key", "X-Amz-Security-Token", "X-Vault-Token",
];

test("case 17: credentials of the caller, also in headers with similar names, are not sent upstream", async () => {
  const twins = CREDENTIALS.map((name) => name.replaceAll("-", "_"));
  const fields = [...CREDENTIALS, ...twins, ...CREDENTIALS.map((name) => name.toLowerCase())].map((name) => [name, "evil"]);
  const { up } = await gateway.through({ target: "/bearer/x", fields });
  assert.ok(!up.head.includes("evil"), up.head);
});

test("case 17: strip_headers removes more headers, and forward_headers keeps some", async () => {
  const { up } = await gateway.through({
    target: "/strict/x?a=1&note=evil&n%6Fte=evil&b=2",
    fields: [["X-Secret-Note", "evil"], ["x_secret_note", "evil"], ["Private-Token", "kept"], ["Job-Token", "evil"], ["X-Forwarded-For", "192.0.2.1"]],
  });
  assert.ok(!up.head.includes("evil"), up.head);
  assert.equal(up.target, "/x?a=1&b=2");
  assert.deepEqual(up.values("private-token"), ["kept"]);
  assert.deepEqual(up.values("x-forwarded-for"), ["192.0.2.1"]);
});

test("case 18: claims about the client or the request are not sent upstream", async () => {
  const names = [
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X_Forwarded_For", "Forwarded", "X-Real-IP", "True-Client-IP",
    "CF-Connecting-IP", "CF-IPCountry", "CF-Ray", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X_Http_Method_Override",
  ];
  const { up } = await gateway.through({ target: "/bearer/x", fields: names.map((name) => [name, "evil"]) });
  for (const name of names) assert.deepEqual(up.values(name), [], name);
});

test("all other headers are forwarded unchanged in both directions", async () => {
  gateway.upstream.on("/x", answer(200, [["X-Down", "a, b"], ["ETag", '"x"'], ["Content-Type", "text/x; a=b"], ["WWW-Authenticate", "Bearer x"]], "ok"));
  const { up, answer: down } = await gateway.through({
    target: "/bearer/x",
    fields: [["User-Agent", "sdk/1.0"], ["Accept", "*/*;q=0.1"], ["X-Idempotency", "{}"], ["Idempotency-Key", "k-1"], ["Accept-Encoding", "br"]],
  });
  for (const [name, value] of [["user-agent", "sdk/1.0"], ["accept", "*/*;q=0.1"], ["x-idempotency", "{}"], ["idempotency-key", "k-1"], ["accept-encoding", "br"]]) {
    assert.deepEqual(up.values(name), [value]);
  }
  for (const [name, value] of [["x-down", "a, b"], ["etag", '"x"'], ["content-type", "text/x; a=b"], ["www-authenticate", "Bearer x"]]) {
    assert.deepEqual(down.values(name), [value]);
  }
});

const COOKIES = [["Set-Cookie", "a=1; Domain=api.example.com; Path=/; HttpOnly"], ["Set-Cookie", "b=2; domain=.example.com"]];

// workerd passes a header's value as UTF-8, so an invalid byte is lost if the value is edited.
test("a byte that is not UTF-8 is kept in a header that is not edited, and becomes U+FFFD in one that is", async () => {
  const latin = Buffer.from("caf\xe9", "latin1");
  const fields = [["x-plain", latin], ["x-secret", Buffer.concat([latin, Buffer.from(` ${canary("PRIMARY_KEY")}`)])]];
  const head = fields.flatMap(([name, value]) => [Buffer.from(`${name}: `), value, Buffer.from("\r\n")]);
  gateway.upstream.on(EVERY, Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n"), ...head, Buffer.from("content-length: 2\r\n\r\nok")]));
  const { answer: down } = await gateway.through({ target: "/redact/x" });
  // The test's client reads Latin-1.
  assert.equal(down.value("x-plain"), "caf\xe9");
  const edited = Buffer.from(down.value("x-secret"), "latin1").toString();
  assert.match(edited, /^caf\ufffd \[redacted:primary\]\**$/);
});

test("case 19: cookies are forwarded in neither direction", async () => {
  gateway.upstream.on("/x", answer(200, COOKIES, "ok"));
  const { up, answer: down } = await gateway.through({ target: "/bearer/x", fields: [["Cookie", "session=evil"]] });
  assert.deepEqual(up.values("cookie"), []);
  assert.deepEqual(down.values("set-cookie"), []);
});

test("case 19: a route with its own host may forward cookies, without Domain", async () => {
  gateway.upstream.on("/x", answer(200, COOKIES, "ok"));
  const { up, answer: down } = await gateway.through({ host: "cookies.gw.test", target: "/x", fields: [["Cookie", "session=1; b=2"]] });
  assert.deepEqual(up.values("cookie"), ["session=1; b=2"]);
  assert.deepEqual(down.values("set-cookie"), ["a=1; Path=/; HttpOnly", "b=2"]);
});

test("case 19: headers that affect the whole origin are not returned to the caller", async () => {
  const names = ["Service-Worker-Allowed", "Clear-Site-Data", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"];
  gateway.upstream.on("/x", answer(200, names.map((name) => [name, "evil"]), "ok"));
  const { answer: down } = await gateway.through({ target: "/bearer/x", fields: [["Origin", "https://evil.com"]] });
  for (const name of names) assert.deepEqual(down.values(name), [], name);
});

test("case 20: CDN-Loop is appended", async () => {
  const { up } = await gateway.through({ target: "/bearer/x", fields: [["CDN-Loop", "cloudflare; loops=1"], ["CDN-Loop", "other"]] });
  const [list, ...more] = up.values("cdn-loop");
  assert.deepEqual(more, []);
  assert.match(list, /^cloudflare; loops=1, other, \S+$/);
});

test("case 20: a request with the gateway's own id in CDN-Loop is refused", async () => {
  const { up } = await gateway.through({ target: "/bearer/x" });
  const own = up.value("cdn-loop");
  assert.equal((await gateway.refused({ target: "/bearer/x", fields: [["CDN-Loop", own]] }, "loop_detected")).status, 508);
  await gateway.refused({ target: "/bearer/x", fields: [["CDN-Loop", `cloudflare, ${own.toUpperCase()}; a=b`]] }, "loop_detected");
});

test("case 21: an upstream cannot forge the gateway's own headers", async () => {
  const forged = [["Ostiary-Refusal", "not_allowed"], ["ostiary-request-id", "forged"], ["Ostiary-Anything", "forged"], ["Ostiary_Refusal", "forged"]];
  gateway.upstream.on("/x", answer(200, forged, "ok"));
  const { answer: down } = await gateway.through({ target: "/bearer/x" });
  assert.match(down.value("ostiary-request-id"), /^[0-9a-f]{32}$/);
  assert.ok(!down.head.includes("forged"));
  assert.deepEqual(down.values("ostiary-refusal"), []);
});

test("the caller's Ostiary headers are not sent upstream", async () => {
  const { up } = await gateway.through({ target: "/bearer/x", fields: [["Ostiary-Request-Id", "forged"], ["Ostiary-Refusal", "forged"]] });
  assert.ok(!up.head.includes("forged"));
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
