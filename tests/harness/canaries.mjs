// Unique secret values, and the search for them in the gateway's output.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

// Only letters that no encoding changes.
const core = (name) => createHash("sha256").update(`ostiary test ${name}`).digest("hex").slice(0, 24);

// The value of that binding. It contains characters that JSON, URLs and Base64 encode.
export const canary = (name) => `${name.toLowerCase()}/"+${core(name)}=`;

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

// The forms of a value within a Base64 text, whatever is before and after it.
function base64Forms(value) {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replaceAll("=", "");
    // The first and the last characters also contain bits of the neighbouring bytes.
    const whole = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    return [whole, whole.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

// Raw, JSON-escaped and percent-encoded forms all contain the core.
function forms(name) {
  const hex = Buffer.from(canary(name)).toString("hex");
  const escaped = hex.replaceAll(/../g, "%$&");
  return [core(name), ...base64Forms(canary(name)), hex, hex.toUpperCase(), escaped, escaped.toUpperCase()];
}

// Throws if the text contains a secret in any form.
export function sweep(text, names) {
  for (const name of names) {
    for (const form of forms(name)) {
      const at = text.indexOf(form);
      const around = text.slice(Math.max(0, at - 100), at + form.length + 40);
      assert.equal(at, -1, `case 45: ${name} is in what the gateway wrote: …${around}…`);
    }
  }
}
