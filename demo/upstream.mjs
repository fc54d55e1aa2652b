// The demo's API: it returns what it received, and prints a line about each request. It only listens on loopback,
// because it shows the credential that it received.

import { createServer } from "node:http";

/** Starts it on `port`, or on a free one when that is taken, and returns the server. */
export function startUpstream(port) {
  const server = createServer(answer);
  return new Promise((resolve, reject) => {
    server.on("listening", () => resolve(server));
    server.on("error", (error) => {
      if (error.code === "EADDRINUSE" && port !== 0) server.listen((port = 0), "127.0.0.1");
      else reject(error);
    });
    server.listen(port, "127.0.0.1");
  });
}

async function answer(request, response) {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  console.log(`[upstream] ${request.method} ${request.url}${credential(request)}`);
  const received = { method: request.method, url: request.url, headers: request.headers, body };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(`${JSON.stringify({ received }, null, 2)}\n`);
}

/** The credential headers of the demo's routes; a credential in the query is visible in the URL. */
function credential({ headers }) {
  const shown = ["authorization", "x-api-key"].filter((name) => name in headers);
  return shown.map((name) => `, ${name}: ${headers[name]}`).join("");
}
