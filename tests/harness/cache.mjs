// The server behind workerd's Cache API. It keeps every entry, whatever its lifetime.

import { createServer } from "node:http";

class CacheServer {
  // The HTTP responses that were stored, by namespace and URL.
  kept = new Map();
  #server = createServer((request, response) => this.#serve(request, response));

  async listen() {
    this.#server.unref();
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    return this;
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request, response) {
    const key = `${request.headers["cf-cache-namespace"]} ${request.url}`;
    if (request.method === "PUT") {
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      this.kept.set(key, Buffer.concat(pieces));
      response.writeHead(204).end();
      return;
    }
    const kept = this.kept.get(key);
    if (kept === undefined) {
      response.writeHead(504, { "cf-cache-status": "MISS" }).end();
      return;
    }
    const end = kept.indexOf("\r\n\r\n");
    const [, ...lines] = kept.subarray(0, end).toString("latin1").split("\r\n");
    const fields = lines.map((line) => line.split(": ")).filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name));
    response.writeHead(200, [...fields.flat(), "cf-cache-status", "HIT"]).end(kept.subarray(end + 4));
  }
}

export function startCache() {
  return new CacheServer().listen();
}
