// The shapes of the Secrets Store API's responses, from its published schema.

import assert from "node:assert/strict";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const SCOPES = ["workers", "ai_gateway", "dex", "access", "containers", "websearch"];
const id = (value) => typeof value === "string" && value.length > 0 && value.length <= 32;
const text = (value) => typeof value === "string";
const time = (value) => TIME.test(value);
const count = (value) => Number.isInteger(value) && value >= 0;

// Every field of a response: whether it is required, and its type.
const SECRET = {
  id: [true, id],
  name: [true, (value) => /^[A-Za-z0-9_-]+$/.test(value)],
  store_id: [true, id],
  created: [true, time],
  modified: [true, time],
  status: [true, (value) => ["pending", "active", "deleted"].includes(value)],
  comment: [false, (value) => value === null || text(value)],
  scopes: [false, (value) => Array.isArray(value) && value.every((scope) => SCOPES.includes(scope))],
};
const STORE = { id: [true, id], name: [true, text], created: [true, time], modified: [true, time], account_id: [false, id] };
const PAGE = { count: [true, count], page: [true, count], per_page: [true, count], total_count: [true, count], total_pages: [true, count] };
const ERROR = {
  code: [true, (value) => Number.isInteger(value) && value >= 1000],
  message: [true, text],
  documentation_url: [false, text],
  source: [false, (value) => typeof value === "object"],
};

function fits(shape, value) {
  for (const [name, [required, check]] of Object.entries(shape)) {
    if (required || value[name] !== undefined) assert.ok(check(value[name]), `${name} of ${JSON.stringify(value)}`);
  }
  for (const name of Object.keys(value)) assert.ok(Object.hasOwn(shape, name), `${name} is not in the schema`);
  return value;
}

/** A secret: never with a value. */
export const isSecret = (value) => fits(SECRET, value);
export const isStore = (value) => fits(STORE, value);
export const isQuota = (value) => {
  assert.deepEqual(Object.keys(value), ["secrets"]);
  return fits({ quota: [true, count], usage: [true, count] }, value.secrets);
};

/** The result of a successful response, after `check`: one, `null`, or each item of an array. */
export function succeeded({ status, body }, check, expected = 200) {
  assert.equal(status, expected, JSON.stringify(body));
  const { success, errors, messages, result, result_info: page, ...more } = body;
  assert.deepEqual({ success, errors, messages, more }, { success: true, errors: [], messages: [], more: {} });
  if (page !== undefined) fits(PAGE, page);
  if (check === null) assert.equal(result, null);
  else [result].flat().forEach(check);
  return result;
}

/** Throws unless the response is this error. */
export function refused({ status, body }, expectedStatus, code, message) {
  const { success, errors, messages, result, ...more } = body;
  assert.deepEqual({ success, messages, result, more }, { success: false, messages: [], result: null, more: {} });
  errors.forEach((error) => fits(ERROR, error));
  assert.deepEqual({ status, code: errors[0].code, message: errors[0].message }, { status: expectedStatus, code, message });
}
