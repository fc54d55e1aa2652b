// Of an answer, in bytes: what one read takes at most.
const LARGEST_PIECE = 65536;

// The body of an upstream's answer on its way to the caller: the runtime's own, unseen, unless something has to see it.
// `idle` is for how many milliseconds it may stand still, 0 for ever.
export function passOn(request, response, idle) {
  if (idle === 0 || response.body === null || request.method === "HEAD") return response.body;
  return watched(response, idle);
}

// When no byte has come for so long, or the caller has gone, the upstream is let go; the caller sees a broken body.
function watched({ body, headers }, idle) {
  const length = headers.has("content-encoding") ? NaN : Number(headers.get("content-length") ?? NaN);
  const known = Number.isSafeInteger(length);
  const { readable, writable } = known ? new FixedLengthStream(length) : new IdentityTransformStream();
  pump(body.getReader({ mode: "byob" }), writable.getWriter(), idle);
  return readable;
}

async function pump(reader, writer, idle) {
  const gone = (error) => reader.cancel(error).catch(() => {});
  writer.closed.catch(gone);
  let progress = Date.now();
  let timer;
  const watch = () => {
    const left = progress + idle - Date.now();
    if (left > 0) {
      timer = setTimeout(watch, left);
    } else {
      const error = new Error("The upstream's answer stood still.");
      writer.abort(error).catch(() => {});
      gone(error);
    }
  };
  watch();
  let buffer = new ArrayBuffer(LARGEST_PIECE);
  try {
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) return await writer.close();
      progress = Date.now();
      await writer.write(value);
      progress = Date.now();
      buffer = value.buffer;
    }
  } catch (error) {
    // The upstream has broken off, and the caller must see that; or the caller has gone.
    await writer.abort(error).catch(() => {});
  } finally {
    clearTimeout(timer);
  }
}
