// The body of a request on its way to the upstream, and the deadline on the head of the response.

import { upstreamTimeout } from "../configuration";
import { Refused } from "../problem";

// In bytes: what can be sent a second time, and what one read takes.
const REPLAY_LIMIT = 65_536;
const PIECE = 262_144;

// Runs from the last progress of the body, or it would cut an upload that is slower than it.
export class HeadDeadline {
  readonly #controller = new AbortController();
  #progress = Date.now();
  #timer: ReturnType<typeof setTimeout> | null = null;
  hasPassed = false;

  constructor() {
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  progressed(): void {
    this.#progress = Date.now();
  }

  // The head is there.
  stop(): void {
    clearTimeout(this.#timer);
  }

  // An upload that its caller breaks off must not look whole to the upstream.
  abort(): void {
    this.#controller.abort();
  }

  #watch(): void {
    const left = this.#progress + upstreamTimeout - Date.now();
    this.hasPassed = left <= 0;
    if (this.hasPassed) this.abort();
    else this.#timer = setTimeout(() => this.#watch(), left);
  }
}

export class Upload {
  #request: Request;
  #length: number | null;
  // All of it, where it is small enough to be sent again.
  #whole?: Uint8Array<ArrayBuffer>;

  private constructor(request: Request) {
    const length = request.headers.get("content-length");
    this.#request = request;
    this.#length = length === null ? null : Number(length);
  }

  // A small body is read before it is sent: a second stream would cost more than all else that is done for it.
  // Below `limit` a body has to be whole, since it is signed.
  static async of(request: Request, limit?: number): Promise<Upload> {
    const upload = new Upload(request);
    if (upload.#length !== null && upload.#length <= (limit ?? REPLAY_LIMIT)) upload.#whole = new Uint8Array(await request.arrayBuffer());
    if (limit !== undefined && upload.#whole === undefined) throw new Refused("payload_too_large");
    return upload;
  }

  get whole(): Uint8Array<ArrayBuffer> | undefined {
    return this.#whole;
  }

  get isWhole(): boolean {
    return this.#whole !== undefined;
  }

  start(deadline: HeadDeadline): BodyInit {
    if (this.#whole !== undefined) return this.#whole;
    // The framing is kept: a length stays one, chunks stay chunks.
    const { readable, writable } = this.#length === null ? new IdentityTransformStream() : new FixedLengthStream(this.#length);
    void this.#pump(writable.getWriter(), deadline);
    return readable;
  }

  async #pump(writer: WritableStreamDefaultWriter<Uint8Array>, deadline: HeadDeadline): Promise<void> {
    const reader = this.#request.body!.getReader({ mode: "byob" });
    const kept: Uint8Array[] = [];
    let [buffer, size] = [new ArrayBuffer(PIECE), 0];
    for (;;) {
      let piece;
      try {
        piece = await reader.read(new Uint8Array(buffer));
      } catch {
        return deadline.abort();
      }
      if (piece.done) break;
      deadline.progressed();
      size += piece.value.byteLength;
      if (size <= REPLAY_LIMIT) kept.push(piece.value.slice());
      try {
        await writer.write(piece.value);
      } catch (error) {
        // The upstream has stopped reading; it may have answered already.
        return reader.cancel(error).catch(() => {});
      }
      deadline.progressed();
      buffer = piece.value.buffer;
    }
    if (size <= REPLAY_LIMIT) this.#whole = new Uint8Array(await new Blob(kept).arrayBuffer());
    await writer.close().catch(() => {});
  }
}
