// Checks the fields of a secret. Each function returns the field as it is stored, or throws the API's refusal.

import { invalid } from "./envelope.mjs";

// In bytes of UTF-8.
const LONGEST_VALUE = 65_536;
const SCOPES = new Set(["workers", "ai_gateway", "dex", "access", "containers", "websearch"]);

export function nameOf({ name }) {
  if (name === undefined || name === "") throw invalid("secret_name_empty");
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]+$/.test(name)) throw invalid("secret_name_invalid");
  return name;
}

export function valueOf({ value }) {
  if (value === undefined || value === "") throw invalid("secret_value_empty");
  if (typeof value !== "string") throw invalid("secret_value_invalid");
  if (Buffer.byteLength(value) > LONGEST_VALUE) throw invalid("secret_value_too_long");
  return value;
}

/** An older reference spells AI Gateway's scope with a hyphen. */
export function scopesOf({ scopes }) {
  if (scopes === undefined || (Array.isArray(scopes) && scopes.length === 0)) throw invalid("secret_scopes_empty");
  if (!Array.isArray(scopes)) throw invalid("secret_scope_invalid");
  const named = scopes.map((scope) => (scope === "ai-gateway" ? "ai_gateway" : scope));
  if (!named.every((scope) => SCOPES.has(scope))) throw invalid("secret_scope_invalid");
  return [...new Set(named)];
}

export function commentOf({ comment = null }) {
  if (comment !== null && typeof comment !== "string") throw invalid("secret_comment_invalid");
  return comment;
}
