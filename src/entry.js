// The Worker: performs the commands of an exchange (see exchange.rs) with the runtime's own objects. Texts cross
// as lines: no method, URL, header or binding can hold a line end. Nothing is decided here, nothing is kept.

import Shim from "./index.js";

const { begin, headersRead, answerHeadersRead } = Shim.prototype;
const REQUEST_HEADERS = headersRead().split("\n");
const ANSWER_HEADERS = answerHeadersRead().split("\n");
const TIMED_OUT = Symbol();

export default {
  async fetch(request, env, context) {
    recover(env, context);
    try {
      return await handle(request, env);
    } catch (error) {
      // The instance may be in pieces: the next request gets a new one.
      if (error instanceof WebAssembly.RuntimeError) globalThis.__worker_init_state.criticalError = true;
      throw error;
    }
  },
};

// worker-build's shim makes a new WebAssembly instance where the last one has panicked. Its class does that when
// it is constructed; its proxies, which cost more than all of this file, are not needed for anything else.
function recover(env, context) {
  if (globalThis.__worker_init_state.criticalError) new Shim(context, env);
}

async function handle(request, env) {
  const exchange = begin(describeRequest(request), env);
  try {
    let response;
    for (;;) {
      const [command, ...lines] = exchange.resume().split("\n");
      const [verb, ...words] = command.split(" ");
      switch (verb) {
        case "read":
          await read(exchange, env, lines, Number(words[0]));
          break;
        case "send":
          response = await send(exchange, request, words, lines);
          break;
        case "answer":
          return answer(response, lines);
        case "refuse":
          return refuse(Number(words[0]), lines);
        default:
          throw new Error("unknown command");
      }
    }
  } finally {
    exchange.free();
  }
}

// Lines: method; URL; 128 random bits in hexadecimal; the names of all headers; then for each wanted name `=` and
// its value, or nothing where the header is absent.
function describeRequest(request) {
  const bits = crypto.getRandomValues(new BigUint64Array(2));
  const random = bits[0].toString(16).padStart(16, "0") + bits[1].toString(16).padStart(16, "0");
  return `${request.method}\n${request.url}\n${random}\n${describeHeaders(request.headers, REQUEST_HEADERS)}`;
}

function describeHeaders(headers, wanted) {
  let lines = [...headers.keys()].join(",");
  for (const name of wanted) {
    const value = headers.get(name);
    lines += value === null ? "\n" : `\n=${value}`;
  }
  return lines;
}

// Reads all bindings at once and hands the exchange what each came to.
async function read(exchange, env, bindings, within) {
  let timer;
  const deadline = new Promise((resolve) => { timer = setTimeout(resolve, within, TIMED_OUT); });
  await Promise.all(bindings.map(async (binding, position) => {
    try {
      const value = await Promise.race([env[binding].get(), deadline]);
      if (value === TIMED_OUT) {
        exchange.timedOut(position);
      } else if (typeof value === "string" || value === null || value === undefined) {
        exchange.yielded(position, value);
      } else {
        exchange.failed(position);
      }
    } catch {
      exchange.failed(position);
    }
  }));
  clearTimeout(timer);
}

// Sends the caller's request with edits (lines: URL; names to remove; then name and value in turn). The deadline
// runs from the last progress of the request's body to the head of the answer.
async function send(exchange, request, [method, hasBody, milliseconds], [url, removed, ...set]) {
  const headers = new Headers(request.headers);
  edit(headers, removed, set, "set");

  const timeout = Number(milliseconds);
  const attempt = new AbortController();
  let progress = Date.now();
  const moved = () => { progress = Date.now(); };
  const body = hasBody === "1" && request.body !== null ? pumped(request, moved, () => attempt.abort()) : null;

  let timer;
  let timedOut = false;
  const watch = () => {
    const left = progress + timeout - Date.now();
    if (left > 0) {
      timer = setTimeout(watch, left);
    } else {
      timedOut = true;
      attempt.abort();
    }
  };
  watch();
  try {
    const response = await fetch(url, { method, headers, body, redirect: "manual", cache: "no-store", signal: attempt.signal });
    exchange.answered(response, `${response.status}\n${response.webSocket ? 1 : 0}\n${describeHeaders(response.headers, ANSWER_HEADERS)}`);
    return response;
  } catch {
    // What the exception says may hold the URL, so it is not looked at.
    if (timedOut) exchange.timedOut(0);
    else exchange.failed(0);
  } finally {
    // From here on the answer streams for as long as it takes.
    clearTimeout(timer);
  }
}

// The request's body, pumped by hand so that its progress can be seen. A FixedLengthStream keeps the framing of a
// body whose length is known; chunks stay chunks.
function pumped(request, moved, brokenOff) {
  const length = request.headers.get("content-length");
  const { readable, writable } = length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  pump(request.body.getReader({ mode: "byob" }), writable.getWriter(), moved, brokenOff);
  return readable;
}

// An upload that its caller breaks off must not look whole to the upstream: aborting a writer ends a chunked body
// cleanly, so it is the attempt that is aborted.
async function pump(reader, writer, moved, brokenOff) {
  let buffer = new ArrayBuffer(65536);
  for (;;) {
    let piece;
    try {
      piece = await reader.read(new Uint8Array(buffer));
    } catch {
      return brokenOff();
    }
    try {
      if (piece.done) return await writer.close();
      moved();
      await writer.write(piece.value);
      moved();
    } catch (error) {
      // The upstream has stopped reading; it may have answered already.
      return reader.cancel(error).catch(() => {});
    }
    buffer = piece.value.buffer;
  }
}

// Lines: the log event; names to remove; then name and value in turn.
function answer(response, [event, removed, ...added]) {
  console.log(event);
  const { status, webSocket, headers } = response;
  const answered = status === 101 ? new Response(null, { status, webSocket, headers }) : new Response(response.body, response);
  edit(answered.headers, removed, added, "append");
  return answered;
}

// Lines: the log event; the body; then name and value in turn.
function refuse(status, [event, body, ...set]) {
  console.log(event);
  const refusal = new Response(body, { status });
  edit(refusal.headers, "", set, "set");
  return refusal;
}

function edit(headers, removed, changes, change) {
  if (removed !== "") {
    for (const name of removed.split(",")) headers.delete(name);
  }
  for (let at = 0; at < changes.length; at += 2) {
    headers[change](changes[at], changes[at + 1]);
  }
}
