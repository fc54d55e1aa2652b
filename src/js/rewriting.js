import { Source, decoded } from "./redaction.js";

// Passes the body of a response through the core's rewriter of links.

// In bytes: the most of one read of a body that has to be decoded.
const LARGEST_PIECE = 65536;

// The body of a response with these headers, rewritten. `coding` is the content coding of the upstream's body.
export function rewritten(body, headers, links, coding) {
  const isPlain = coding === "identity";
  const reader = isPlain ? body.getReader() : decoded(body, coding, headers.get("content-length"));
  const rewriting = {
    read: isPlain ? () => reader.read() : () => reader.read(new Uint8Array(LARGEST_PIECE)),
    push: (piece) => [links.push(piece)],
    finish: () => [links.finish()],
    giveUp: () => links.giveUp(),
  };
  return new ReadableStream(new Source(reader, rewriting), { highWaterMark: 0 });
}
