// The Worker: performs the commands of an exchange (see exchange.rs) with the runtime's own objects. Texts cross
// as lines: no method, URL, header or binding can hold a line end. Nothing is decided here, nothing is kept.

import Shim from "./index.js";
import { Attempt } from "./attempt.js";
import { passOn } from "./download.js";
import { limit } from "./limit.js";
import { measure, receive } from "./operator.js";
import { redacted } from "./redaction.js";
import { Upload } from "./upload.js";

const { begin, answerHeadersRead } = Shim.prototype;
const ANSWER_HEADERS = new Set(answerHeadersRead().split("\n"));
const EVERY_HEADER = { has: () => true };
const TIMED_OUT = Symbol();

export default {
  fetch(request, env, context) {
    recover(env, context);
    try {
      const begun = begin(describeRequest(request), env);
      return typeof begun === "string" ? finish(parse(begun), request, null) : handle(begun, request, env).catch(fail);
    } catch (error) {
      fail(error);
    }
  },
};

// After a panic the instance may be in pieces: the next request gets a new one.
function fail(error) {
  if (error instanceof WebAssembly.RuntimeError) globalThis.__worker_init_state.criticalError = true;
  throw error;
}

// worker-build's shim makes a new WebAssembly instance where the last one has panicked. Its class does that when
// it is constructed; its proxies, which cost more than all of this file, are not needed for anything else.
function recover(env, context) {
  if (globalThis.__worker_init_state.criticalError) new Shim(context, env);
}

async function handle(exchange, request, env) {
  let command = parse(exchange.command());
  // The last answer of the upstream, and what the request's body is kept in.
  const sent = { response: null, attempt: null, upload: null };
  for (;;) {
    const { verb, options, lines } = command;
    if (verb === "read") {
      await read(exchange, env, lines, Number(options[0]));
    } else if (verb === "send") {
      await send(exchange, request, sent, options, lines);
    } else if (verb === "limit") {
      await limit(exchange, env, lines, Number(options[0]));
    } else if (verb === "keep") {
      exchange.said(0, sent.upload === null || (await sent.upload.canRepeat()));
    } else if (verb === "sleep") {
      await new Promise((resolve) => { setTimeout(resolve, Number(options[0])); });
      exchange.said(0, true);
    } else if (verb === "receive") {
      await receive(exchange, request, options);
    } else if (verb === "measure") {
      await measure(exchange, lines, (one, bindings) => read(one, env, bindings, Number(options[0])));
    } else {
      const redactor = verb === "redact" ? exchange.redactor() : undefined;
      // Only here: an exchange that has thrown may be of an instance that is gone, and is left to the collector.
      exchange.free();
      sent.upload?.settle(sent.attempt);
      return finish(command, request, sent.response, redactor);
    }
    command = parse(exchange.resume());
  }
}

function parse(command) {
  const [first, ...lines] = command.split("\n");
  const [verb, ...options] = first.split(" ");
  return { verb, options, lines };
}

// The last command: the upstream's answer, or one of the gateway's own.
function finish({ verb, options, lines }, request, response, redactor) {
  if (verb === "reply") return reply(response, Number(options[0]), lines);
  const body = passOn(request, response, Number(options[0]));
  if (verb === "answer") return answer(response, body, lines);
  const { status, webSocket, headers } = response;
  return answer({ status, webSocket, headers }, redacted(body, headers, redactor, options[1], fail), lines);
}

// Lines: method; URL; 128 random bits in hexadecimal; then headers.
function describeRequest(request) {
  return `${request.method}\n${request.url}\n${randomHalf()}${randomHalf()}${describeHeaders(request.headers, EVERY_HEADER)}`;
}

// 64 random bits in hexadecimal: those of a UUID that are all random (RFC 9562 §5.4). The runtime makes UUIDs at a
// third of what random bytes cost that have yet to become text.
function randomHalf() {
  const identifier = crypto.randomUUID();
  return identifier.slice(0, 4) + identifier.slice(24);
}

// A line for each header: its name, and for a wanted one `=` and its value.
function describeHeaders(headers, wanted) {
  let lines = "";
  headers.forEach((value, name) => { lines += wanted.has(name) ? `\n${name}=${value}` : `\n${name}`; });
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
// runs from the last progress of the request's body to the head of the answer. The answer that was there before is given
// up when the next one has come.
async function send(exchange, request, sent, [method, hasBody, timeout, keep, most, allHeaders, readsBody], lines) {
  const [url, removed, ...set] = lines;
  let attempt = null;
  try {
    const headers = new Headers(request.headers);
    edit(headers, removed, set, "set");
    if (hasBody === "1" && request.body !== null) {
      sent.upload ??= new Upload(request, Number(timeout), Number(keep), Number(most));
      attempt = sent.upload.attempt();
    } else if (readsBody === "1") {
      attempt = new Attempt(Number(timeout));
    }
    // A signal of this kind ends a fetch whose head has not come, and no answer that streams by itself; but one whose
    // body is read here.
    const signal = attempt === null ? AbortSignal.timeout(Number(timeout)) : attempt.signal;
    const body = sent.upload === null ? null : await sent.upload.start(attempt);
    const response = await fetch(url, { method, headers, body, redirect: "manual", cache: "no-store", signal });
    // Nobody wants the rest of the one before, nor does its upstream get what is left of the upload.
    sent.response?.body?.cancel().catch(() => {});
    Object.assign(sent, { response, attempt });
    const { status, webSocket } = response;
    const wanted = allHeaders === "1" ? EVERY_HEADER : ANSWER_HEADERS;
    exchange.answered(response, `${status}\n${webSocket ? 1 : 0}${describeHeaders(response.headers, wanted)}`);
  } catch (error) {
    // What the exception says may hold the URL, so nothing but its kind is looked at.
    if (attempt?.tooLarge) exchange.tooLarge(0);
    else if (attempt === null ? error?.name === "TimeoutError" : attempt.timedOut) exchange.timedOut(0);
    else exchange.failed(0);
  } finally {
    attempt?.answered();
  }
}

// Lines: the log event; names to remove; then name and value in turn.
function answer(response, body, [event, removed, ...added]) {
  console.log(event);
  const { status, webSocket, headers } = response;
  const answered =
    status === 101 ? new Response(null, { status, webSocket, headers }) : new Response(body, response);
  edit(answered.headers, removed, added, "append");
  return answered;
}

// An answer of the gateway's own. Lines: the log event; the body; then name and value in turn.
// An upstream's answer that is not handed on is let go.
function reply(response, status, [event, body, ...set]) {
  console.log(event);
  response?.body?.cancel().catch(() => {});
  const headers = {};
  for (let at = 0; at < set.length; at += 2) headers[set[at]] = set[at + 1];
  return new Response(body === "" ? null : body, { status, headers });
}

function edit(headers, removed, changes, change) {
  if (removed !== "") {
    for (const name of removed.split(",")) headers.delete(name);
  }
  for (let at = 0; at < changes.length; at += 2) {
    headers[change](changes[at], changes[at + 1]);
  }
}
