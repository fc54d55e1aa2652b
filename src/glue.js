// What would take many crossings between JavaScript and WebAssembly, each in one. Texts cross as lines: no
// method, URL or header value can hold a line end. Nothing is decided here and nothing is kept.

// Lines: method, URL, 128 random bits in hexadecimal, the names of all headers, then for each wanted name `=`
// and its value, or nothing where the header is absent.
export function describeRequest(request, wanted) {
  const bits = crypto.getRandomValues(new BigUint64Array(2));
  const random = bits[0].toString(16).padStart(16, "0") + bits[1].toString(16).padStart(16, "0");
  return `${request.method}\n${request.url}\n${random}\n${describeHeaders(request.headers, wanted)}`;
}

// Lines: status, `1` where the answer is a WebSocket, then headers as above.
export function describeAnswer(response, wanted) {
  return `${response.status}\n${response.webSocket ? 1 : 0}\n${describeHeaders(response.headers, wanted)}`;
}

function describeHeaders(headers, wanted) {
  let lines = [...headers.keys()].join(",");
  for (const name of wanted.split("\n")) {
    const value = headers.get(name);
    lines += value === null ? "\n" : `\n=${value}`;
  }
  return lines;
}

// Sends the caller's request with edits (lines: URL, names to remove, then name and value in turn). Yields the
// answer, or null once `timeout` milliseconds have passed without progress of the request's body or a head.
export async function send(request, method, edits, hasBody, timeout) {
  const [url, removed, ...set] = edits.split("\n");
  const headers = new Headers(request.headers);
  edit(headers, removed, set, "set");

  const attempt = new AbortController();
  let progress = Date.now();
  const moved = () => { progress = Date.now(); };
  const body = hasBody && request.body !== null ? pumped(request, moved, () => attempt.abort()) : null;

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
    return await fetch(url, { method, headers, body, redirect: "manual", cache: "no-store", signal: attempt.signal });
  } catch (error) {
    if (timedOut) return null;
    throw error;
  } finally {
    // From here on the answer streams for as long as it takes.
    clearTimeout(timer);
  }
}

// The request's body, pumped by hand so that its progress can be seen. A FixedLengthStream keeps the framing of a
// body whose length is known; chunks stay chunks. A side that fails ends the other, and so the fetch.
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

export function setCookies(response) {
  return response.headers.getSetCookie();
}

// The absolute URL that the reference leads to, as the URL Standard reads it.
export function resolve(reference, base) {
  return URL.parse(reference, base)?.href;
}

// The answer with edits (lines: names to remove, then name and value in turn).
export function answer(response, edits) {
  const [removed, ...added] = edits.split("\n");
  const { status, webSocket } = response;
  const edited = status === 101 ? new Response(null, { status, webSocket, headers: response.headers }) : new Response(response.body, response);
  edit(edited.headers, removed, added, "append");
  return edited;
}

function edit(headers, removed, changes, change) {
  for (const name of removed.split(",")) {
    if (name !== "") headers.delete(name);
  }
  for (let at = 0; at < changes.length; at += 2) {
    headers[change](changes[at], changes[at + 1]);
  }
}

export function refuse(status, headers, body) {
  const refusal = new Response(body, { status });
  edit(refusal.headers, "", headers.split("\n"), "set");
  return refusal;
}

export function log(line) {
  console.log(line);
}

export function now() {
  return Date.now();
}
