// The upstream: nginx, with answers that cost it next to nothing.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BODIES, plainText } from "./bodies.mjs";

export const LARGE_BODY = 10 * 1024 * 1024;

// As an API of today answers: some of it is stripped by a gateway, most is passed on.
const ANSWER_HEADERS = `
      default_type application/json;
      add_header access-control-allow-origin "*";
      add_header cache-control "no-cache, no-store";
      add_header request-id req_0123456789abcdef;
      add_header strict-transport-security "max-age=63072000; includeSubDomains";
      add_header vary "Origin";
      add_header x-api-version "2026-11-17";
      add_header x-ratelimit-remaining "998";`;
const ANSWER = JSON.stringify({ object: "charge", id: "ch_0123456789", amount: 2000, currency: "eur", status: "succeeded", description: "x".repeat(160) });

// Passthrough keeps the mount on the path, gateways take it off: both lead to the same place.
const configuration = (folder, port) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 512; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_buffer_size 16m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream answer { server unix:${folder}/answer; keepalive 64; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    rewrite ^/(?:one|two|four|eight|redacted)(/.*)$ $1;
    location = /v1/charges/1 {${ANSWER_HEADERS}
      return 200 '${ANSWER}';
    }
    # "return" alone would answer before the body has arrived; a proxy reads it first.
    location = /v1/charges {
      proxy_pass http://answer;
      proxy_pass_request_body off;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_set_header content-length "";
    }
    location = /v1/large { root ${folder}; }
    location = /v1/text {
      root ${folder};
      default_type application/json;
    }
    location /v1/bodies/ {
      root ${folder};
      default_type application/json;
    }
    location = /v1/echo {
      default_type application/json;
      return 200 '{"key":"$http_x_key_2","more":1}';
    }
    location = /v1/seen {
      default_type application/json;
      return 200 '{"authorization":"$http_authorization","x-key-2":"$http_x_key_2","x-key-8":"$http_x_key_8","cookie":"$http_cookie","x-forwarded-for":"$http_x_forwarded_for","traceparent":"$http_traceparent"}';
    }
  }
  server {
    listen unix:${folder}/answer;
    location / {${ANSWER_HEADERS}
      return 200 '${ANSWER}';
    }
  }
}
`;

export async function startUpstream() {
  const folder = mkdtempSync(join(tmpdir(), "ostiary-bench-upstream-"));
  const port = await freePort();
  writeFileSync(join(folder, "nginx.conf"), configuration(folder, port));
  mkdirSync(join(folder, "v1"));
  writeFileSync(join(folder, "v1", "large"), Buffer.alloc(LARGE_BODY, "x"));
  writeFileSync(join(folder, "v1", "text"), plainText(LARGE_BODY));
  mkdirSync(join(folder, "v1", "bodies"));
  for (const [name, { bytes }] of Object.entries(BODIES)) writeFileSync(join(folder, "v1", "bodies", name), bytes());
  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  for (let attempt = 0; !(await answers(port)); attempt++) {
    if (attempt === 50 || child.exitCode !== null) throw new Error("nginx does not answer");
    await sleep(50);
  }
  return {
    port,
    async stop() {
      process.off("exit", end);
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function answers(port) {
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, path: "/v1/charges/1", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
  });
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
