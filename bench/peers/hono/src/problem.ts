// RFC 9457.

const PROBLEMS = {
  invalid_host: [400, "The Host header and the URL do not name the same valid host."],
  path_ambiguous: [400, "The path can be read in more than one way."],
  body_not_allowed: [400, "A GET or HEAD request must not have a body."],
  caller_unauthenticated: [401, "The request has no token that this gateway accepts."],
  not_allowed: [403, "No rule admits this method and path."],
  no_route: [404, "No route is mounted here."],
  method_not_allowed: [405, "The gateway does not know this method."],
  payload_too_large: [413, "The body is longer than what can be signed, or does not say how long it is."],
  misconfigured: [500, "The gateway's configuration has an error."],
  upstream_unreachable: [502, "The upstream cannot be reached."],
  secret_unavailable: [503, "A secret cannot be read."],
  upstream_invalid: [502, "The upstream's response cannot be returned."],
  upstream_timeout: [504, "The upstream did not respond in time."],
  loop_detected: [508, "The request has been through this gateway before."],
} as const;

export type Code = keyof typeof PROBLEMS;

export class Refused extends Error {
  constructor(readonly code: Code) {
    super(code);
  }
}

export const statusAndTitle = (code: Code): readonly [number, string] => PROBLEMS[code];

export function problem(code: Code, requestId: string): Response {
  const [status, title] = PROBLEMS[code];
  const body = { type: `https://example.com/problems#${code}`, title, status, code, request_id: requestId };
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return new Response(JSON.stringify(body), { status, headers });
}
