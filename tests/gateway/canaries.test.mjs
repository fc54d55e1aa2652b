import assert from "node:assert/strict";
import test from "node:test";
import { canary, sweep } from "../harness/canaries.mjs";

const NAMES = ["ONE_KEY"];

test("case 45: the search finds a secret in every form that a leak could have", () => {
  const value = canary("ONE_KEY");
  const leaks = {
    raw: `Bearer ${value}`,
    json: JSON.stringify({ error: `bad key ${value}` }),
    percent: `?key=${encodeURIComponent(value)}`,
    "percent, every byte": `?key=${Buffer.from(value).toString("hex").replaceAll(/../g, "%$&")}`,
    hex: Buffer.from(value).toString("hex"),
    base64: Buffer.from(value).toString("base64"),
    "base64 after a name": Buffer.from(`api:${value}`).toString("base64"),
    "base64 within a text": Buffer.from(`xy${value}zz`).toString("base64"),
    base64url: Buffer.from(`a${value}`).toString("base64url"),
  };
  for (const [form, leak] of Object.entries(leaks)) {
    assert.throws(() => sweep(`log line ${leak} end`, NAMES), /case 45/, form);
  }
});

test("case 45: the search accepts output without a secret", () => {
  sweep(`one_key ONE_KEY ${canary("OTHER_KEY")}`, NAMES);
});
