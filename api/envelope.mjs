// The envelope of every response of Cloudflare's API: `{success, errors, messages, result, result_info?}`.

/**
 * A refusal, with the code and the message that clients of the real API have reported. Codes are documented only as "at
 * least 1000", so a client should use the status and the message.
 */
export class Refusal extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    Object.assign(this, { status, code, headers });
  }
}

// 1001 is an error of the caller, 1003 a conflict with the state of the store.
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
