// Bodies that are hard to look through for a secret: what a caller could have an upstream send who wants a gateway to
// spend its time. All have one size, so that each can be compared with plain text.

import { createHash } from "node:crypto";
import { secretValue } from "./server.mjs";

export const BODY = 1024 * 1024;

const secrets = ["KEY_1", "KEY_2"].map(secretValue);
const lengths = Array.from({ length: secrets[0].length - 1 }, (_, at) => at + 1);
const fill = (text) => Buffer.alloc(BODY, text);

// JSON as APIs write it: a line for each record, with names, numbers, links and escapes. The same each time.
export function plainText(length) {
  const digest = (at) => createHash("sha256").update(String(at)).digest("hex");
  const record = (_, at) => JSON.stringify({
    id: `ch_${digest(at).slice(0, 24)}`,
    amount: at * 7919,
    description: `Order "${at}" of ${digest(-at).slice(0, 12)}\n50% off`,
    links: { receipt: `https://example.com/receipts/${digest(at).slice(24)}?from=a%2Fb%20c&page=${at}` },
    metadata: { note: "The quick brown fox jumps over the lazy dog. ".repeat(4) },
  });
  const records = Array.from({ length: 4_096 }, record).join("\n");
  return Buffer.alloc(length, `${records}\n`);
}

// By name. `route` is the one whose secret they are made of, where it is not the usual one.
export const BODIES = {
  text: { title: "plain text", bytes: () => plainText(BODY) },
  "semicolons-and-end": { title: "64 `;` and the secret's last eight bytes, repeated", bytes: () => fill(secrets.map((secret) => ";".repeat(64) + secret.slice(-8)).join("")) },
  semicolons: { title: "`;`", bytes: () => fill(";") },
  ampersands: { title: "`&`", bytes: () => fill("&") },
  percents: { title: "`%`", bytes: () => fill("%") },
  backslashes: { title: "`\\`", bytes: () => fill("\\") },
  beginnings: { title: "the secret's beginnings, of every length", bytes: () => fill(secrets.flatMap((secret) => lengths.map((length) => secret.slice(0, length))).join("")) },
  ends: { title: "the secret's ends, of every length", bytes: () => fill(secrets.flatMap((secret) => lengths.map((length) => secret.slice(-length))).join("")) },
  secrets: { title: "the secret itself, repeated", bytes: () => fill(secrets.join(" ")) },
  "one-character": { title: "one character, and a secret of it", route: "one-character", bytes: () => fill(secretValue("ONE_CHARACTER")[0]) },
};
