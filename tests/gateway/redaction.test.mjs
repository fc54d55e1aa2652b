// Case 37: no response contains a credential that was sent to the upstream, in any encoding.

import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { canary } from "../harness/canaries.mjs";
import { MAIN, basic, useGateway } from "../harness/gateway.mjs";
import { pause, within } from "../harness/patience.mjs";
import { EVERY, LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";

const KEY = canary("PRIMARY_KEY");
const MARK = "[redacted:primary]";

// The mark for a form, with the same number of bytes.
const covered = (form, name = "primary") => `[redacted:${name}]`.padEnd(Buffer.byteLength(form), "*");
const MEBIBYTE = 1024 * 1024;

const gateway = useGateway();

const percent = (text) => text.replace(/[^]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
const unicode = (text) => text.replace(/[^]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

const FORMS = {
  "as it is": KEY,
  "percent-encoded": encodeURIComponent(KEY),
  "percent-encoded in lower case": encodeURIComponent(KEY).replace(/%../g, (escape) => escape.toLowerCase()),
  "percent-encoded byte by byte": percent(KEY),
  "as a form": String(new URLSearchParams({ key: KEY })),
  "in JSON": JSON.stringify(KEY),
  "in JSON as PHP writes it": JSON.stringify(KEY).replaceAll("/", "\\/"),
  "in JSON, all of it escaped": unicode(KEY),
  "in hexadecimal": Buffer.from(KEY).toString("hex"),
  "in upper-case hexadecimal": Buffer.from(KEY).toString("hex").toUpperCase(),
  "in Base64": Buffer.from(KEY).toString("base64"),
  "in Base64, after one byte": Buffer.from(`x${KEY}y`).toString("base64"),
  "in Base64, after two bytes": Buffer.from(`xy${KEY}`).toString("base64"),
  "in Base64url": Buffer.from(`?${KEY}`).toString("base64url"),
  "in HTML": KEY.replaceAll('"', "&quot;"),
  "in HTML as templates write it": KEY.replace(/[^a-z0-9_]/g, (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`),
  "in Base64 within a URL": encodeURIComponent(Buffer.from(KEY).toString("base64")),
};

const chunked = (pieces) => Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), ...pieces.map(chunk), LAST_CHUNK]);

for (const [how, form] of Object.entries(FORMS)) {
  test(`case 37: an upstream that echoes the secret ${how}`, async () => {
    const body = `{"sent": "${form}", "more": ""}`;
    for (const bytes of [answer(200, {}, body), chunked(Array.from(body, (character) => Buffer.from(character)))]) {
      gateway.upstream.clear();
      gateway.upstream.on("/x", bytes);
      const { answer: down } = await gateway.through({ target: "/redact/x" });
      assert.match(down.text, /^\{"sent": .*\[redacted:primary\].*, "more": ""\}$/);
      assert.equal(down.whole, true);
    }
  });
}

test("case 37: the pair of Basic and a key in a query", async () => {
  const echo = async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, {}, `${exchange.value("authorization") ?? ""} ${exchange.query ?? ""}\n`));
  };
  gateway.upstream.on(EVERY, echo);
  const pair = (await gateway.call({ target: "/pair-basic/x", fields: [basic("", MAIN)] })).text;
  assert.match(pair, /^Basic \S*\[redacted:(password|username)\]\S* \n$/);
  const query = (await gateway.call({ target: "/query/x?a=1" })).text;
  assert.match(query, /^ a=1&key=\[redacted:query\]\**\n$/);
});

test("case 37: a body without a secret is not changed", async () => {
  const body = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at * 7919) >> 3));
  gateway.upstream.on("/x", answer(200, {}, body));
  const { answer: down } = await gateway.through({ target: "/redact/x" });
  assert.ok(down.body.equals(body));
});

test("case 37: every header is searched, and the reason phrase is removed", async () => {
  const fields = [
    ["Location", `https://other.example.com/${encodeURIComponent(KEY)}`],
    ["Link", `<https://other.example.com/>; rel=next; title="${Buffer.from(KEY).toString("hex")}"`],
    ["WWW-Authenticate", `Bearer error_description="${JSON.stringify(KEY).slice(1, -1)} is wrong"`],
    ["X-Debug", `authorization: Bearer ${KEY}`],
    ["X-Fine", "as it is"],
    [`X-${Buffer.from(KEY).toString("hex")}`, "1"],
    [`X-${Buffer.from(KEY).toString("base64url")}`, "1"],
    ["ETag", '"x"'], ["Accept-Ranges", "bytes"],
  ];
  const bytes = answer(403, fields, "no").toString("latin1").replace("403 Scripted", `403 ${KEY}`);
  gateway.upstream.on("/x", Buffer.from(bytes, "latin1"));
  const { answer: down } = await gateway.through({ target: "/redact/x" });
  assert.equal(down.status, 403);
  assert.equal(down.value("www-authenticate"), `Bearer error_description="${covered(JSON.stringify(KEY).slice(1, -1))} is wrong"`);
  assert.equal(down.value("x-debug"), `authorization: Bearer ${covered(KEY)}`);
  assert.match(down.value("link"), /title="\[redacted:primary\]\**"/);
  assert.equal(down.value("x-fine"), "as it is");
  assert.deepEqual(["content-length", "etag", "accept-ranges"].map((name) => down.value(name)), ["2", '"x"', "bytes"]);
  for (const form of ["hex", "base64url"]) assert.ok(!down.head.includes(Buffer.from(KEY).toString(form)), form);
});

test("case 37: forwarded cookies are searched one by one", async () => {
  gateway.upstream.on("/x", answer(200, [["Set-Cookie", `a=${encodeURIComponent(KEY)}; Path=/`], ["Set-Cookie", "b=2"]], "ok"));
  const { answer: down } = await gateway.through({ host: "cookies.gw.test", target: "/x" });
  assert.deepEqual(down.values("set-cookie"), [`a=${covered(encodeURIComponent(KEY))}; Path=/`, "b=2"]);
});

test("case 48: the upstream is not asked for a body that cannot be searched", async () => {
  const fields = [
    ["Range", "bytes=0-9,20-29"], ["Request-Range", "bytes=0-9"], ["A-IM", "range"], ["If-Range", '"x"'],
    ["If-None-Match", '"x"'], ["Accept-Encoding", "gzip, br"], ["Accept-Charset", "utf-16"], ["Want-Digest", "sha-256"],
    ["Accept", "application/json;charset=UTF-16"],
  ];
  const { up } = await gateway.through({ target: "/redact/x", fields });
  for (const name of ["range", "request-range", "a-im", "if-range", "accept-charset", "want-digest"]) {
    assert.deepEqual(up.values(name), [], name);
  }
  assert.deepEqual([up.value("if-none-match"), up.value("accept-encoding")], ['"x"', "identity"]);
  assert.equal(up.value("accept"), "application/json");
});

for (const [what, type, body] of [
  ["UTF-16 by its label", "application/json; charset=utf-16le", Buffer.from(`{"key":"${KEY}"}`, "utf16le")],
  ["UTF-16 by its byte order mark", "text/plain", Buffer.from(`\ufeff${KEY}`, "utf16le")],
  ["UTF-16 without a mark", "text/plain", Buffer.from(KEY, "utf16le")],
  ["UTF-7", "text/html; charset=utf-7", Buffer.from(KEY)],
  ["EBCDIC", "text/plain; charset=ibm037", Buffer.from(KEY)],
]) {
  test(`case 48: a body in ${what} is refused`, async () => {
    gateway.upstream.on("/x", answer(200, { "content-type": type }, body));
    const down = await gateway.call({ target: "/redact/x" });
    assert.deepEqual([down.status, down.value("ostiary-refusal")], [502, "upstream_invalid"]);
  });
}

test("case 48: UTF-16 with another label is refused, or is a broken body", async () => {
  for (const type of ["application/json", "text/event-stream", "text/plain; charset=utf-8"]) {
    gateway.upstream.on("/x", answer(200, { "content-type": type }, Buffer.from(`\ufeff${KEY}\n${KEY}`, "utf16le")));
    const down = await gateway.call({ target: "/redact/x" });
    const isRefused = down.status === 502 && down.value("ostiary-refusal") === "upstream_invalid";
    assert.ok(isRefused || (!down.whole && down.body.length === 0), type);
  }
});

test("case 47: a body is searched whatever its Content-Length is", async () => {
  for (const fields of [
    [["Content-Length", "0"], ["Transfer-Encoding", "chunked"]],
    [["Transfer-Encoding", "chunked"], ["Content-Length", "0"]],
  ]) {
    gateway.upstream.on("/x", Buffer.concat([answer(200, fields), chunk(Buffer.from(`echo ${KEY}\n`)), LAST_CHUNK]));
    const down = await gateway.call({ target: "/redact/x" });
    assert.ok(!down.text.includes(KEY), down.text);
  }
});

test("case 46: values that a caller sends beside its token do not change the response", async () => {
  const body = `invalid api key: ${KEY}.`;
  gateway.upstream.on(EVERY, answer(401, { "content-type": "text/plain" }, body));
  const expected = body.replace(KEY, covered(KEY));
  for (const guess of ["api key: ", `api key: ${KEY.slice(0, 4)}`, `key: ${KEY}`, KEY.slice(0, -1), `${KEY}.`]) {
    const fields = [["X-Guess", guess], ["X-Api-Key", guess], ["Cookie", `a=${encodeURIComponent(guess)}`]];
    const down = await gateway.call({ target: `/redact/x?key=${encodeURIComponent(guess)}`, fields });
    assert.equal(down.text, expected, guess);
  }
});

test("case 50: HEAD and GET agree, and joined ranges equal the redacted body", async () => {
  const body = Buffer.from(`${"x".repeat(700)}${KEY}${"y".repeat(900)}${encodeURIComponent(KEY)}${"z".repeat(300)}`);
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    const fields = { etag: '"v1"', "accept-ranges": "bytes", "content-type": "text/plain; charset=utf-8" };
    const range = /^bytes=(\d*)-(\d*)$/.exec(exchange.value("range") ?? "");
    if (range === null) {
      const head = answer(200, { ...fields, "content-length": `${body.length}` });
      return exchange.write(exchange.method === "HEAD" ? head : Buffer.concat([head, body]));
    }
    const first = range[1] === "" ? Math.max(0, body.length - Number(range[2])) : Number(range[1]);
    const last = range[1] === "" || range[2] === "" ? body.length - 1 : Math.min(Number(range[2]), body.length - 1);
    const part = { ...fields, "content-range": `bytes ${first}-${last}/${body.length}` };
    return exchange.write(answer(206, part, body.subarray(first, last + 1)));
  });
  const head = await gateway.call({ method: "HEAD", target: "/redact/x" });
  const whole = await gateway.call({ target: "/redact/x" });
  assert.equal(whole.text.length, body.length);
  assert.ok(!whole.text.includes(KEY));
  for (const name of ["content-length", "etag", "accept-ranges"]) assert.equal(head.value(name), whole.value(name), name);
  assert.equal(whole.value("content-length"), `${body.length}`);

  for (const step of [97, 512, 1024]) {
    let joined = "";
    for (let first = 0; first < body.length; first += step) {
      const down = await gateway.call({ target: "/redact/x", fields: [["Range", `bytes=${first}-${first + step - 1}`]] });
      const last = Math.min(first + step, body.length) - 1;
      assert.deepEqual([down.status, down.value("content-range")], [206, `bytes ${first}-${last}/${body.length}`]);
      assert.equal(down.value("content-length"), `${last - first + 1}`);
      joined += down.text;
    }
    assert.equal(joined, whole.text, `${step}`);
  }
  const suffix = await gateway.call({ target: "/redact/x", fields: [["Range", "bytes=-310"]] });
  assert.deepEqual([suffix.status, suffix.text], [206, whole.text.slice(-310)]);
  const open = await gateway.call({ target: "/redact/x", fields: [["Range", "bytes=710-"]] });
  assert.deepEqual([open.status, open.text], [206, whole.text.slice(710)]);
  const beyond = await gateway.call({ target: "/redact/x", fields: [["Range", `bytes=${body.length}-`]] });
  assert.deepEqual([beyond.status, beyond.value("content-range"), beyond.text], [416, `bytes */${body.length}`, ""]);
  const several = await gateway.call({ target: "/redact/x", fields: [["Range", "bytes=0-1,5-6"]] });
  assert.deepEqual([several.status, several.text], [200, whole.text]);
});

const encoders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
for (const [coding, encode] of Object.entries(encoders)) {
  test(`case 37: a body with the coding ${coding}, which was not asked for, is decoded`, async () => {
    const text = `${"plain text ".repeat(20_000)}${KEY}\n`;
    gateway.upstream.on("/x", answer(200, { "content-encoding": coding }, encode(text)));
    const { answer: down } = await gateway.through({ target: "/redact/x", fields: [["Accept-Encoding", coding]] });
    assert.deepEqual(down.values("content-encoding"), []);
    assert.equal(down.text, text.replace(KEY, covered(KEY)));
  });

  test(`case 37: a ${coding} bomb is a broken body, without growth of memory`, async () => {
    const bomb = encode(Buffer.alloc(256 * MEBIBYTE));
    gateway.upstream.on("/x", answer(200, { "content-encoding": coding }, bomb));
    gateway.upstream.on("/y", Buffer.concat([answer(200, { "content-encoding": coding, "transfer-encoding": "chunked" }), chunk(bomb), LAST_CHUNK]));
    const before = gateway.process.residentMemory();
    for (const target of ["/redact/x", "/redact/y"]) {
      const down = await gateway.call({ target });
      assert.equal(down.whole, false);
      assert.ok(down.body.length < 256 * MEBIBYTE, `${down.body.length}`);
    }
    assert.ok(gateway.process.residentMemory() - before < 64 * MEBIBYTE);
  });
}

for (const [what, bytes] of [
  ["cut off", gzipSync(`${KEY}\n`).subarray(0, -6)],
  ["followed by something else", Buffer.concat([gzipSync(`${KEY}\n`), Buffer.from(KEY)])],
  ["not gzip", Buffer.from(`${KEY}\n`)],
]) {
  test(`case 37: a gzip body that is ${what} is broken for the caller`, async () => {
    gateway.upstream.on("/x", answer(200, { "content-encoding": "gzip" }, bytes));
    const down = await gateway.call({ target: "/redact/x" });
    assert.equal(down.whole, false);
    assert.ok([`${covered(KEY)}\n`, ""].includes(down.text), down.text);
  });
}

test("case 37: gzip with several members is decoded completely", async () => {
  const bytes = Buffer.concat([gzipSync(`one ${KEY.slice(0, 9)}`), gzipSync(`${KEY.slice(9)}\ntwo`)]);
  gateway.upstream.on("/x", answer(200, { "content-encoding": "gzip" }, bytes));
  assert.equal((await gateway.through({ target: "/redact/x" })).answer.text, `one ${covered(KEY)}\ntwo`);
});

for (const [what, status, fields] of [
  ["a part", 206, { "content-range": "bytes 0-1/5" }],
  ["a part of another kind", 226, { im: "range" }],
  // The runtime would pass it on unchanged.
  ["gzip by a name that the runtime does not know", 200, { "content-encoding": "GZIP" }],
  ["br by a name that the runtime does not know", 200, { "content-encoding": "Br" }],
  ["zstd", 200, { "content-encoding": "zstd" }],
  ["two codings", 200, { "content-encoding": "gzip, gzip" }],
  ["a coding that nobody knows", 200, { "content-encoding": "x-own" }],
]) {
  test(`case 37: ${what} is refused`, async () => {
    gateway.upstream.on("/x", answer(status, fields, "he"));
    const down = await gateway.call({ target: "/redact/x" });
    assert.equal(down.status, 502);
    assert.equal(down.value("ostiary-refusal"), "upstream_invalid");
  });
}

test("case 36: responses without a body keep their framing", async () => {
  gateway.upstream.on("/x", answer(200, { etag: '"x"' }, "hello"));
  const { answer: head } = await gateway.through({ method: "HEAD", target: "/redact/x" });
  assert.deepEqual([head.value("content-length"), head.value("etag")], ["5", '"x"']);
  for (const status of [204, 304]) {
    gateway.upstream.on("/x", answer(status, { etag: '"x"' }));
    const down = await gateway.call({ target: "/redact/x" });
    assert.deepEqual([down.status, down.value("etag"), down.framing], [status, '"x"', "none"]);
  }
  // The runtime fails to decode an empty body.
  gateway.upstream.on("/x", answer(200, { "content-encoding": "gzip" }));
  const empty = await gateway.call({ target: "/redact/x" });
  assert.deepEqual([empty.status, empty.text, empty.whole], [200, "", true]);
});

test("case 41: events at 200 ms each arrive before the next is sent", async () => {
  let arrived = () => {};
  const late = [];
  gateway.upstream.on("/events", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
    for (let event = 0; event < 5; event += 1) {
      const seen = new Promise((resolve) => (arrived = resolve));
      await exchange.write(chunk(Buffer.from(`data: ${event} ${event === 3 ? KEY : ""}\n\n`)));
      if ((await Promise.race([seen, pause(3_000).then(() => "late")])) === "late") late.push(event);
      await pause(200);
    }
    await exchange.write(LAST_CHUNK);
  });
  const connection = await gateway.open({ target: "/redact/events" });
  const down = await connection.answer();
  let events = "";
  for await (const bytes of down.pieces()) {
    events += bytes;
    arrived();
  }
  connection.close();
  assert.deepEqual(late, []);
  assert.equal(events, `data: 0 \n\ndata: 1 \n\ndata: 2 \n\ndata: 3 ${covered(KEY)}\n\ndata: 4 \n\n`);
});

// The attack: the upstream echoes a growing guess, and the attacker measures how much of the response has arrived.
test("case 37: the number of bytes that have arrived does not depend on a guess", async () => {
  const arrivedOf = async (guess) => {
    let more;
    const said = new Promise((resolve) => (more = resolve));
    gateway.upstream.on("/echo", async (exchange) => {
      await exchange.received;
      await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
      await exchange.write(chunk(Buffer.from("-".repeat(1_000) + guess.padStart(80, "-"))));
      await said;
      await exchange.write(chunk(Buffer.from("-\n")));
      await exchange.write(LAST_CHUNK);
    });
    const connection = await gateway.open({ target: "/redact/echo" });
    const down = await connection.answer();
    let length = 0;
    setTimeout(more, 100);
    let first = null;
    said.then(() => (first = length));
    for await (const bytes of down.pieces()) length += bytes.length;
    connection.close();
    assert.equal(length, 1_082);
    return first;
  };
  const released = [];
  for (let length = 0; length < KEY.length; length += 1) released.push(await arrivedOf(KEY.slice(0, length)));
  assert.ok(released[0] > 0 && released[0] < 1_080, `${released[0]}`);
  assert.deepEqual(released.filter((each) => each !== released[0]), []);
});

for (const how of ["resets", "closes"]) {
  test(`case 39: an upstream that ${how} in mid-body causes a broken body for the caller`, async () => {
    gateway.upstream.on("/x", async (exchange) => {
      await exchange.received;
      await exchange.write(Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("line\nhalf"))]));
      await pause(50);
      if (how === "resets") exchange.wire.reset();
      else exchange.wire.socket.end();
    });
    const down = await gateway.call({ target: "/redact/x" });
    assert.equal(down.whole, false);
    assert.equal(down.text, "line\n");
  });
}

test("case 42: if the caller disconnects, the upstream's body is cancelled", async () => {
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
    for (;;) {
      await exchange.write(chunk(Buffer.from("line\n")));
      await pause(10);
    }
  });
  const connection = await gateway.open({ target: "/redact/x" });
  await connection.answer();
  connection.close();
  await within("the upstream's connection to be closed", gateway.upstream.exchanges[0].closed);
});

// REDACTION_MEBIBYTES=1024 for a body of 1 GiB.
test("case 42: a large body is returned without growth of memory, and waits for a slow caller", async () => {
  const mebibytes = Number(process.env.REDACTION_MEBIBYTES ?? 256);
  const piece = Buffer.alloc(MEBIBYTE, "0123456789abcdef");
  let written = 0;
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "transfer-encoding": "chunked" }));
    for (; written < mebibytes; written += 1) await exchange.write(chunk(piece));
    await exchange.write(LAST_CHUNK);
  });
  const connection = await gateway.open({ target: "/redact/x" });
  const down = await connection.answer();
  const before = gateway.process.residentMemory();
  await pause(500);
  assert.ok(written < 48, `${written} MiB went before the caller had read`);
  let [length, most] = [0, 0];
  for await (const bytes of down.pieces()) {
    length += bytes.length;
    most = Math.max(most, gateway.process.residentMemory());
  }
  connection.close();
  assert.equal(length, mebibytes * MEBIBYTE);
  // About 110 MiB of garbage accumulates, however long the body is.
  assert.ok(most - before < 160 * MEBIBYTE, `${(most - before) / MEBIBYTE} MiB`);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
