import { type Code, statusAndTitle } from "../problem";
import { ALLOW } from "./target";

const TRANSIENT: Code[] = ["upstream_unreachable", "secret_unavailable", "upstream_timeout"];

// A problem (RFC 9457) with the member `error`, where SDKs look for a message.
export function refusal(code: Code, requestId: string, request: Headers): Response {
  const [status, title] = statusAndTitle(code);
  const type = `https://example.com/problems#${code}`;
  const body = { type, title, status, code, request_id: requestId, error: { message: title, type: "gateway_refusal", code } };
  const headers: Record<string, string> = {
    "content-type": namesJsonAlone(request.get("accept")) ? "application/json" : "application/problem+json",
    "cache-control": "no-store",
    "ostiary-refusal": code,
  };
  if (code === "method_not_allowed") headers.allow = ALLOW;
  if (status === 401) headers["www-authenticate"] = challenge(request);
  if (!TRANSIENT.includes(code)) headers["x-should-retry"] = headers["stripe-should-retry"] = "false";
  return new Response(JSON.stringify(body), { status, headers });
}

// A browser would ask its user for a password and remember it.
function challenge(request: Headers): string {
  const bearer = 'Bearer realm="gateway"';
  return request.has("sec-fetch-mode") ? bearer : `Basic realm="gateway", ${bearer}`;
}

// Some SDKs parse no other JSON.
function namesJsonAlone(accept: string | null): boolean {
  const ranges = (accept ?? "").toLowerCase().split(",").map((range) => range.split(";")[0].trim());
  const isWider = ranges.some((range) => ["application/problem+json", "application/*", "*/*", "*"].includes(range));
  return !isWider && ranges.some((range) => range.endsWith("/json") || range.endsWith("+json"));
}
