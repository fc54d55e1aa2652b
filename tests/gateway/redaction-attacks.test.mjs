// Cases 46 to 49 and 54: a caller that controls its whole request, and an upstream that echoes the key.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { canary } from "../harness/canaries.mjs";
import { MAIN, bearer, useGateway } from "../harness/gateway.mjs";
import { within } from "../harness/patience.mjs";
import { EVERY, LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";

const KEY = canary("PRIMARY_KEY");
const mark = (covered, name = "primary") => `[redacted:${name}]`.padEnd(covered.length, "*");

const gateway = useGateway();

// Guesses of the text before the key, of the key, and of the key combined with that text.
const guesses = (known, key) => [
  "",
  `${known}${key.slice(0, 4)}`,
  `${known}${key.slice(0, 5)}`,
  `${known}wrong`,
  `${known}${key.slice(0, -12)}`,
  key.slice(0, 20),
  "%",
  "\\",
  "&#",
  "%7",
];

test("case 46: guesses beside the token in a query do not change the response", async () => {
  const key = canary("QUERY_KEY");
  gateway.upstream.on(EVERY, answer(401, {}, `invalid api key: ${key}.`));
  let answered = 0;
  for (const guess of guesses("api key: ", key)) {
    const others = Array.from({ length: 15 }, (_, at) => `&key=${encodeURIComponent(guess)}${at === 0 ? "" : at}`);
    const down = await gateway.call({ target: `/query/x?key=${encodeURIComponent(MAIN)}${others.join("")}`, token: null });
    if (down.value("ostiary-refusal") !== undefined) continue;
    answered += 1;
    assert.equal(down.text, `invalid api key: ${mark(key, "query")}.`, guess);
  }
  assert.equal(answered, guesses("", key).length);
});

test("case 46: guesses in headers, path and query do not change the response", async () => {
  const key = canary("HEADER_KEY");
  gateway.upstream.on(EVERY, answer(200, {}, `{"x-api-key":"${key}","known text":"more"}`));
  const expected = `{"x-api-key":"${mark(key, "header")}","known text":"more"}`;
  for (const guess of guesses('"x-api-key":"', key)) {
    const fields = [["X-Guess", guess], ["User-Agent", guess], bearer(MAIN)];
    const target = `/header/${encodeURIComponent(guess.replaceAll(/[\\/%]/g, "-")) || "x"}?guess=${encodeURIComponent(guess)}`;
    const down = await gateway.call({ target, fields, token: null });
    assert.equal(down.text, expected, guess);
  }
});

test("case 46: a mark overwrites no byte that a caller has written beside the key", async () => {
  const key = canary("PRIMARY_KEY");
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    const guess = decodeURIComponent(exchange.query);
    await exchange.write(answer(200, {}, `${guess}${exchange.value("authorization").slice("Bearer ".length)}${guess}`));
  });
  for (const guess of [...guesses("", KEY), "%4", "\\u", "&#x", "=", "AAAA"]) {
    const down = await gateway.call({ target: `/redact/x?${encodeURIComponent(guess)}` });
    if (guess === "\\") {
      assert.equal(down.text, `${guess}/${mark(key.slice(1))}${guess}`);
    } else if (guess === "%7" || guess === "%4") {
      // The mark completes an unfinished escape, whatever the key begins with.
      assert.equal(down.text, `${guess}1${mark(key.slice(1))}${guess}`, guess);
    } else if (guess === "\\u") {
      assert.equal(down.text, `${guess}0021${mark(key.slice(4))}${guess}`, guess);
    } else {
      assert.equal(down.text, `${guess}${mark(key)}${guess}`, guess);
    }
  }
});

test("case 46: the caller's token is not sent, so it is not looked for", async () => {
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    assert.ok(!exchange.head.includes(MAIN));
    await exchange.write(answer(200, {}, "nothing of it"));
  });
  assert.equal((await gateway.call({ target: "/redact/x" })).text, "nothing of it");
});

const framings = {
  "says Content-Length: 0 and is chunked": [["Content-Length", "0"], ["Transfer-Encoding", "chunked"]],
  "is chunked and says Content-Length: 0": [["Transfer-Encoding", "chunked"], ["Content-Length", "0"]],
  "says Content-Length: 0 and an identity coding": [["Content-Length", "0"], ["Transfer-Encoding", "identity"]],
  "ends with its connection": [["Connection", "close"], ["Transfer-Encoding", "identity"]],
};
for (const [how, fields] of Object.entries(framings)) {
  test(`case 47: a body that ${how} is not returned unsearched`, async () => {
    const echo = `echo ${KEY}`;
    gateway.upstream.on("/x", async (exchange) => {
      await exchange.received;
      const isChunked = fields.some(([, value]) => value === "chunked");
      const body = isChunked ? Buffer.concat([chunk(Buffer.from(echo)), LAST_CHUNK]) : Buffer.from(echo);
      await exchange.write(Buffer.concat([answer(200, fields), body]));
      exchange.wire.socket.end();
    });
    const down = await gateway.call({ target: "/redact/x" });
    assert.ok(!down.text.includes(KEY.slice(0, 12)), down.text);
    if (down.status !== 502 && down.text !== "") assert.equal(down.text, `echo ${mark(KEY)}`);
  });
}

test("case 47: a body with a compressed transfer coding is refused", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
  gateway.upstream.on("/x", Buffer.concat([Buffer.from(head), chunk(gzipSync(KEY)), LAST_CHUNK]));
  const down = await gateway.call({ target: "/redact/x" });
  assert.deepEqual([down.status, down.value("ostiary-refusal")], [502, "upstream_invalid"]);
});

test("case 48: the upstream is not asked for a body that cannot be searched", async () => {
  const fields = [
    ["Accept-Charset", "utf-16"], ["Accept_Charset", "utf-16"], ["Accept", 'application/json;charset=UTF-16, text/html; charset="utf-7";q=0.5'],
    ["Accept-Encoding", "gzip, br, zstd"], ["TE", "gzip, trailers"], ["A-IM", "vcdiff"], ["Request-Range", "bytes=0-9"],
    ["Want-Digest", "sha-256"], ["Want-Repr-Digest", "sha-256=1"], ["Want-Content-Digest", "sha-256=1"],
    ["Grpc-Accept-Encoding", "gzip"], ["Available-Dictionary", ":AAAA:"], ["If-None-Match", '"x"'],
  ];
  const { up } = await gateway.through({ target: "/redact/x", fields });
  for (const [name] of fields.slice(0, -1).filter(([name]) => !name.startsWith("Accept"))) assert.deepEqual(up.values(name), [], name);
  assert.deepEqual([up.values("accept-charset"), up.values("accept_charset")], [[], []]);
  assert.equal(up.value("accept"), "application/json, text/html;q=0.5");
  assert.deepEqual([up.value("if-none-match"), up.value("accept-encoding")], ['"x"', "identity"]);
});

const utf16 = Buffer.from(`{"key":"${KEY}"}`, "utf16le");
const swapped = Buffer.from(utf16).swap16();
const utf32 = Buffer.from(Array.from(KEY, (character) => [character.charCodeAt(0), 0, 0, 0]).flat());
const foreign = {
  "UTF-16 by its label": ["application/json;charset=UTF-16", utf16],
  "UTF-16LE by its label": ["text/plain; charset=utf-16le", utf16],
  "UTF-16LE by its mark": ["text/plain", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
  "UTF-16BE by its mark": ["text/plain", Buffer.concat([Buffer.from([0xfe, 0xff]), swapped])],
  "JSON in UTF-16 by its mark": ["application/json", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
  "UTF-16 without label and mark": ["application/json", utf16],
  "UTF-32 by its mark": ["text/html", Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32])],
  "UTF-7 by its mark": ["text/plain", Buffer.from(`+/v8-${KEY}`)],
  "UTF-7 by its label": ["text/html; charset=UTF-7", Buffer.from(KEY)],
  "EBCDIC by its label": ["text/plain; charset=IBM037", Buffer.from(KEY)],
  "ISO-2022 by its label": ["text/plain; charset=iso-2022-kr", Buffer.from(KEY)],
};
for (const [what, [type, body]] of Object.entries(foreign)) {
  test(`case 48: ${what} is refused`, async () => {
    const fields = [["Content-Type", type]];
    for (const bytes of [answer(200, fields, body), Buffer.concat([answer(200, [...fields, ["Transfer-Encoding", "chunked"]]), chunk(body.subarray(0, 1)), chunk(body.subarray(1)), LAST_CHUNK])]) {
      gateway.upstream.on("/x", bytes);
      const down = await gateway.call({ target: "/redact/x" });
      assert.deepEqual([down.status, down.value("ostiary-refusal")], [502, "upstream_invalid"]);
    }
  });
}

test("case 48: compressed messages within a body are refused", async () => {
  for (const name of ["grpc-encoding", "connect-content-encoding"]) {
    const message = gzipSync(KEY);
    const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, message.length]), message]);
    gateway.upstream.on("/x", answer(200, { "content-type": "application/grpc-web+proto", [name]: "gzip" }, frame));
    const down = await gateway.call({ method: "POST", target: "/redact/x", fields: [[name, "gzip"]], body: "" });
    assert.deepEqual([down.status, down.value("ostiary-refusal")], [502, "upstream_invalid"], name);
  }
});

test("case 48: UTF-16 that begins with a character outside ASCII is searched", async () => {
  const text = Buffer.from(`\u201cguess\u201d is not ${KEY}.`, "utf16le");
  for (const body of [text, Buffer.from(text).swap16()]) {
    gateway.upstream.on("/x", answer(200, { "content-type": "text/plain" }, body));
    const down = await gateway.call({ target: "/redact/x" });
    assert.equal(down.status, 200);
    assert.ok(!down.body.toString("latin1").replaceAll("\0", "").includes(KEY.slice(0, 12)));
    assert.equal(down.body.length, body.length);
  }
});

test("case 72: no head has the length of a body that was compressed with the key", async () => {
  for (const coding of ["gzip", "br", "zstd", "x-gzip"]) {
    for (const [method, status] of [["HEAD", 200], ["GET", 304]]) {
      const head = `HTTP/1.1 ${status} X\r\nContent-Encoding: ${coding}\r\nContent-Length: 1234\r\nETag: "x"\r\n\r\n`;
      gateway.upstream.on("/x", Buffer.from(head));
      const down = await gateway.call({ method, target: "/redact/x", fields: [["If-None-Match", '"x"']] });
      assert.deepEqual([down.status, down.value("content-length") === "1234"], [status, false], `${method} ${coding}`);
      assert.equal(down.value("etag"), 'W/"x"');
    }
  }
});

test("case 48: a byte order mark that arrives after the head aborts the body", async () => {
  let arrived = () => {};
  const head = new Promise((resolve) => (arrived = resolve));
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
    await head;
    await exchange.write(chunk(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])));
    await exchange.write(LAST_CHUNK);
  });
  const connection = await gateway.open({ target: "/redact/x" });
  const down = await connection.answer();
  arrived();
  let bytes = 0;
  try {
    for await (const piece of down.pieces()) bytes += piece.length;
  } catch {
    // The body is broken, as expected.
  }
  connection.close();
  assert.deepEqual([down.status, bytes], [200, 0]);
});

test("a video is not treated as text", async () => {
  const film = Buffer.concat([Buffer.from([0, 0, 0, 0x20]), Buffer.from("ftypisom"), Buffer.alloc(500)]);
  gateway.upstream.on("/x", answer(200, { "content-type": "video/mp4" }, film));
  const { answer: down } = await gateway.through({ target: "/redact/x" });
  assert.ok(down.body.equals(film));
});

test("case 49: bodies that are expensive to search are returned completely", async () => {
  const end = KEY.slice(-8);
  const bodies = [";".repeat(64) + end, end, KEY.slice(0, 8), KEY.slice(20), ";", "&", "%", "\\", "&#x0", "%25", "\\\\u", KEY[0]];
  for (const unit of bodies) {
    const body = Buffer.from(unit.repeat(Math.ceil(400_000 / unit.length)));
    gateway.upstream.clear();
    gateway.upstream.on("/x", answer(200, { "content-type": "text/plain" }, body));
    const { answer: down } = await gateway.through({ target: "/redact/x" });
    assert.ok(down.body.equals(body), unit);
  }
});

for (const [what, end] of [["CR", "\r\r"], ["LF", "\n\n"], ["CRLF", "\r\n\r\n"]]) {
  test(`case 54: an event that ends in ${what} arrives before the next one is sent`, async () => {
    let arrived = () => {};
    gateway.upstream.on("/events", async (exchange) => {
      await exchange.received;
      await exchange.write(answer(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
      for (let event = 0; event < 5; event += 1) {
        const seen = new Promise((resolve) => (arrived = resolve));
        await exchange.write(chunk(Buffer.from(`data: ${event === 3 ? KEY : event}${end}`)));
        await within(`event ${event} to be read`, seen);
      }
      await exchange.write(LAST_CHUNK);
    });
    const connection = await gateway.open({ target: "/redact/events" });
    const down = await connection.answer();
    let events = "";
    for await (const bytes of down.pieces()) {
      events += bytes;
      if (events.endsWith(end)) arrived();
    }
    connection.close();
    const expected = [0, 1, 2, mark(KEY), 4].map((data) => `data: ${data}${end}`);
    assert.equal(events, expected.join(""));
  });
}

test("case 54: CR and LF in separate pieces release the line that they end", async () => {
  let arrived = () => {};
  gateway.upstream.on("/events", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" }));
    for (const piece of ["data: 1\r", "\n\r", "\n"]) {
      const seen = new Promise((resolve) => (arrived = resolve));
      await exchange.write(chunk(Buffer.from(piece)));
      await within("a piece to be read", seen);
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
  assert.equal(events, "data: 1\r\n\r\n");
});

// docs/redaction.md has the number.
test("of a stream that pauses, twelve times the key's length is held back", async () => {
  let more;
  const enough = new Promise((resolve) => (more = resolve));
  gateway.upstream.on("/x", async (exchange) => {
    await exchange.received;
    await exchange.write(answer(200, { "content-type": "text/plain", "transfer-encoding": "chunked" }));
    await exchange.write(chunk(Buffer.alloc(1_000, ".")));
    await enough;
    await exchange.write(LAST_CHUNK);
  });
  const connection = await gateway.open({ target: "/redact/x" });
  const down = await connection.answer();
  let length = 0;
  let first;
  for await (const bytes of down.pieces()) {
    length += bytes.length;
    first ??= length;
    more();
  }
  connection.close();
  assert.deepEqual([first, length], [1_000 - 12 * KEY.length, 1_000]);
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
