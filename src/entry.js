// The Worker: performs the commands of an exchange (see exchange.rs) with the runtime's own objects. Texts cross
// as lines: no method, URL, header or binding can hold a line end. Nothing is decided here, nothing is kept.

import Shim from "./index.js";
import { measure, receive } from "./operator.js";
import { Upload } from "./upload.js";

const { begin, headersRead, answerHeadersRead } = Shim.prototype;
const REQUEST_HEADERS = new Set(headersRead().split("\n"));
const ANSWER_HEADERS = new Set(answerHeadersRead().split("\n"));
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
  let response;
  for (;;) {
    const [command, ...lines] = exchange.resume().split("\n");
    const [verb, ...words] = command.split(" ");
    if (verb === "read") {
      await read(exchange, env, lines, Number(words[0]));
    } else if (verb === "send") {
      response = await send(exchange, request, words, lines);
    } else if (verb === "receive") {
      await receive(exchange, request, words);
    } else if (verb === "measure") {
      await measure(exchange, lines, (one, bindings) => read(one, env, bindings, Number(words[0])));
    } else {
      // Only here: an exchange that has thrown may be of an instance that is gone, and is left to the collector.
      exchange.free();
      return verb === "answer" ? answer(response, lines) : reply(response, Number(words[0]), lines);
    }
  }
}

// Lines: method; URL; 128 random bits in hexadecimal; then headers.
function describeRequest(request) {
  const bits = crypto.getRandomValues(new BigUint64Array(2));
  const random = bits[0].toString(16).padStart(16, "0") + bits[1].toString(16).padStart(16, "0");
  return `${request.method}\n${request.url}\n${random}${describeHeaders(request.headers, REQUEST_HEADERS)}`;
}

// A line for each header: its name, and for a wanted one `=` and its value.
function describeHeaders(headers, wanted) {
  let lines = "";
  for (const [name, value] of headers) lines += wanted.has(name) ? `\n${name}=${value}` : `\n${name}`;
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
  const timeout = Number(milliseconds);
  const upload = hasBody === "1" && request.body !== null ? new Upload(request, timeout) : null;
  try {
    const headers = new Headers(request.headers);
    edit(headers, removed, set, "set");
    // A signal of this kind ends a fetch whose head has not come, and no answer that streams.
    const signal = upload === null ? AbortSignal.timeout(timeout) : upload.signal;
    const body = upload === null ? null : upload.start();
    const response = await fetch(url, { method, headers, body, redirect: "manual", cache: "no-store", signal });
    const { status, webSocket } = response;
    exchange.answered(response, `${status}\n${webSocket ? 1 : 0}${describeHeaders(response.headers, ANSWER_HEADERS)}`);
    return response;
  } catch (error) {
    // What the exception says may hold the URL, so nothing but its kind is looked at.
    if (upload === null ? error?.name === "TimeoutError" : upload.timedOut) exchange.timedOut(0);
    else exchange.failed(0);
  } finally {
    upload?.answered();
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
// An upstream's answer that is not handed on is let go.
function reply(response, status, [event, body, ...set]) {
  console.log(event);
  response?.body?.cancel().catch(() => {});
  const headers = {};
  for (let at = 0; at < set.length; at += 2) headers[set[at]] = set[at + 1];
  return new Response(body, { status, headers });
}

function edit(headers, removed, changes, change) {
  if (removed !== "") {
    for (const name of removed.split(",")) headers.delete(name);
  }
  for (let at = 0; at < changes.length; at += 2) {
    headers[change](changes[at], changes[at + 1]);
  }
}
