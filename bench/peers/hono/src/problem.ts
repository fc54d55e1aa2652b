// RFC 9457.

const PROBLEMS = {
  caller_unauthenticated: [401, "No token that this gateway knows."],
  not_allowed: [403, "No rule admits this method and path."],
  no_route: [404, "No route is mounted here."],
  upstream_unreachable: [502, "The upstream cannot be reached."],
  secret_unavailable: [503, "A secret cannot be read."],
  upstream_invalid: [502, "The upstream's answer cannot be passed on."],
  upstream_timeout: [504, "The upstream did not answer in time."],
  loop_detected: [508, "The request has been through this gateway before."],
} as const;

export type Code = keyof typeof PROBLEMS;

export class Refused extends Error {
  constructor(readonly code: Code) {
    super(code);
  }
}

export function problem(code: Code, requestId: string): Response {
  const [status, title] = PROBLEMS[code];
  const body = { type: `https://example.com/problems#${code}`, title, status, code, request_id: requestId };
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return new Response(JSON.stringify(body), { status, headers });
}
