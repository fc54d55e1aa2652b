// What every answer of Cloudflare's API is wrapped in: `{success, errors, messages, result, result_info?}`.

/**
 * A refusal, with the code and the message that clients of the real API have reported. Codes are documented only as
 * "at least 1000", so a client should rather look at the status and the message.
 */
export class Refusal extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    Object.assign(this, { status, code, headers });
  }
}

// 1001 is what the caller got wrong, 1003 what the state of the store does not allow.
export const invalid = (message) => new Refusal(400, 1001, message);
export const unknown = (what) => new Refusal(404, 1001, `${what}_not_found`);
export const impossible = (message, status = 400) => new Refusal(status, 1003, message);

export function success(result, page) {
  return { success: true, errors: [], messages: [], result, ...(page && { result_info: page }) };
}

export function failure(...refusals) {
  const errors = refusals.map(({ code, message }) => ({ code, message }));
  return { success: false, errors, messages: [], result: null };
}
