// Of one connection only (RFC 9110 §7.6.1), or said anew by the runtime.
export const HOP_BY_HOP = [
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

// Credentials that a caller brings along, and claims about who asks that upstreams believe of a proxy.
export const WITHHELD_FROM_UPSTREAM = new Set([
  ...HOP_BY_HOP,
  "content-length",
  "api-key",
  "authorization",
  "cookie",
  "dd-api-key",
  "dd-application-key",
  "job-token",
  "private-token",
  "x-amz-security-token",
  "x-api-key",
  "x-auth-email",
  "x-auth-key",
  "x-auth-token",
  "x-goog-api-key",
  "x-vault-token",
  "cdn-loop",
  "forwarded",
  "true-client-ip",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-url",
  "x-real-ip",
  "x-rewrite-url",
]);
export const PREFIXES_WITHHELD_FROM_UPSTREAM = ["cf-", "ostiary-", "x-forwarded-"];

// Would act on everything that shares the gateway's origin, or lets shared caches keep what is private.
export const WITHHELD_FROM_CALLER = new Set([
  ...HOP_BY_HOP,
  "alt-svc",
  "cdn-cache-control",
  "clear-site-data",
  "cloudflare-cdn-cache-control",
  "service-worker-allowed",
  "set-cookie",
  "surrogate-control",
]);
export const PREFIXES_WITHHELD_FROM_CALLER = ["access-control-", "ostiary-"];

// Servers behind CGI cannot tell `_` from `-`.
const underscoresFolded = (name: string) => name.replaceAll("_", "-");

export function strip(headers: Headers, withheld: Set<string>, prefixes: string[], fold = underscoresFolded): void {
  const listed = headers.get("connection")?.toLowerCase().split(",").map((name) => name.trim()) ?? [];
  for (const name of [...headers.keys()]) {
    const folded = fold(name);
    if (withheld.has(folded) || listed.includes(name) || prefixes.some((prefix) => folded.startsWith(prefix))) {
      headers.delete(name);
    }
  }
}

// The caller's headers as they go up: stripped first, so that nothing a caller says removes what is set.
export function upstreamHeaders(incoming: Headers, credentials: [string, string][]): Headers {
  const headers = new Headers(incoming);
  const loop = incoming.get("cdn-loop");
  strip(headers, WITHHELD_FROM_UPSTREAM, PREFIXES_WITHHELD_FROM_UPSTREAM);
  for (const [name, value] of credentials) headers.set(name, value);
  headers.set("cdn-loop", loop ? `${loop}, gateway` : "gateway");
  return headers;
}

// The upstream's answer as the caller gets it.
export function callerResponse(answer: Response, upstream: string, mount: string): Response {
  const response = new Response(answer.body, answer);
  strip(response.headers, WITHHELD_FROM_CALLER, PREFIXES_WITHHELD_FROM_CALLER);
  for (const name of ["location", "content-location"]) {
    const value = answer.headers.get(name);
    if (value === null) continue;
    if (value.startsWith(upstream)) response.headers.set(name, mount + value.slice(upstream.length));
    else if (value.startsWith("/") && !value.startsWith("//")) response.headers.set(name, mount + value);
  }
  const cacheControl = answer.headers.get("cache-control");
  if (!/\b(private|no-store)\b/i.test(cacheControl ?? "")) {
    const kept = (cacheControl ?? "").split(",").map((directive) => directive.trim());
    response.headers.set("cache-control", ["private", ...kept.filter((each) => each && !/^(public|s-maxage)/i.test(each))].join(", "));
  }
  return response;
}
