import { createHash, createHmac, randomUUID } from "node:crypto";

export function signed(caller, key, method, url, body = "") {
  const { host, pathname, search } = new URL(url);
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const nonce = randomUUID();
  const digest = createHash("sha256").update(body).digest("hex");
  const message = [method, host, pathname + search, timestamp, nonce, digest].join("\n");
  const signature = createHmac("sha256", key).update(message).digest("hex");
  return { "x-caller": caller, "x-timestamp": timestamp, "x-nonce": nonce, "x-signature": signature };
}
