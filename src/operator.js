// What only the operator's endpoints ask for: the body of a small request, and how long each binding takes.

const TIMED_OUT = Symbol();

// Receives the body as a text, up to a number of bytes, and hands it to the exchange.
export async function receive(exchange, request, [limit, milliseconds]) {
  const reader = request.body?.getReader();
  let timer;
  const deadline = new Promise((resolve) => { timer = setTimeout(resolve, Number(milliseconds), TIMED_OUT); });
  try {
    const text = reader === undefined ? "" : await Promise.race([textOf(reader, Number(limit)), deadline]);
    if (text === TIMED_OUT) exchange.timedOut(0);
    else exchange.received(text);
  } catch {
    exchange.failed(0);
  } finally {
    clearTimeout(timer);
    reader?.cancel().catch(() => {});
  }
}

// Nothing where the body is longer than the limit.
async function textOf(reader, limit) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.byteLength;
    if (length > limit) return undefined;
    text += decoder.decode(value, { stream: true });
  }
}

// Reads all bindings at once, each by itself, so that it has its own time.
export async function measure(exchange, bindings, read) {
  await Promise.all(bindings.map(async (binding, position) => {
    const started = Date.now();
    await read({
      yielded: (_, value) => exchange.yielded(position, value),
      timedOut: () => exchange.timedOut(position),
      failed: () => exchange.failed(position),
    }, [binding]);
    exchange.measured(position, Date.now() - started);
  }));
}
