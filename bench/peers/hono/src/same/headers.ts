import type { Placement } from "../configuration";
import {
  PREFIXES_WITHHELD_FROM_CALLER,
  PREFIXES_WITHHELD_FROM_UPSTREAM,
  strip,
  WITHHELD_FROM_CALLER,
  WITHHELD_FROM_UPSTREAM,
} from "../headers";
import { type Links, rewriteLinks } from "./links";
import type { Credential } from "./secrets";

// Servers map what is not a letter or a digit to `_`, and cannot tell such names apart.
const folded = (name: string) => name.replace(/[^a-z0-9]/g, "-");

const CLAIMS = [
  "client-ip",
  "cluster-client-ip",
  "fastly-client-ip",
  "origin",
  "proxy-client-ip",
  "referer",
  "wl-proxy-client-ip",
  "x-appengine-user-ip",
  "x-azure-clientip",
  "x-azure-fdid",
  "x-azure-socketip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-forwarded",
  "x-host",
  "x-originating-ip",
  "x-override-url",
  "x-proxyuser-ip",
  "x-remote-addr",
  "x-remote-ip",
];
const CLAIM_PREFIXES = ["sec-fetch-", "x-accel-", "x-envoy-", "x-original-"];

const WITHHELD = new Set([
  ...WITHHELD_FROM_CALLER,
  "accept-ch",
  "activate-storage-access",
  "critical-ch",
  "expect-ct",
  "nel",
  "observe-browsing-topics",
  "origin-agent-cluster",
  "public-key-pins",
  "public-key-pins-report-only",
  "report-to",
  "reporting-endpoints",
  "set-cookie2",
  "set-login",
  "shared-storage-write",
  "strict-transport-security",
  "timing-allow-origin",
  "use-as-dictionary",
]);
const WITHHELD_PREFIXES = [...PREFIXES_WITHHELD_FROM_CALLER, "ad-auction-", "attribution-reporting-", "sec-session-", "secure-session-"];
const UPSTREAM_PREFIXES = [...PREFIXES_WITHHELD_FROM_UPSTREAM, ...CLAIM_PREFIXES];

// What of a route's requests is withheld from its upstream: where its callers show their tokens, too.
export const withheldFromUpstream = (auth: Placement[]) =>
  new Set([...WITHHELD_FROM_UPSTREAM, ...CLAIMS, ...auth.map(({ header }) => folded(header))]);

// The caller's headers as the upstream gets them: stripped first, so that nothing a caller says removes what is set.
export function upstreamHeaders({ method, headers: incoming }: Request, withheld: Set<string>, credential?: Credential): Headers {
  const headers = new Headers(incoming);
  strip(headers, withheld, UPSTREAM_PREFIXES, folded);
  for (const [name, value] of credential?.headers ?? []) headers.set(name, value);
  const loop = incoming.get("cdn-loop")?.trim();
  headers.set("cdn-loop", loop ? `${loop}, gateway` : "gateway");
  if (method === "GET" && incoming.get("upgrade")?.trim().toLowerCase() === "websocket") headers.set("upgrade", "websocket");
  return headers;
}

// The upstream's response as the caller gets it.
export function callerResponse(response: Response, linksOf: () => Links): Response {
  const { status, webSocket, headers } = response;
  const changed = status === 101 ? new Response(null, { status, webSocket, headers }) : new Response(response.body, response);
  strip(changed.headers, WITHHELD, WITHHELD_PREFIXES, folded);
  rewriteLinks(changed.headers, linksOf);
  const cacheControl = headers.get("cache-control") ?? "";
  const strict = privately(cacheControl);
  if (strict !== cacheControl) changed.headers.set("cache-control", strict);
  return changed;
}

// With it no shared cache keeps the response (RFC 9111 §5.2.2).
function privately(value: string): string {
  const directives = value.match(/(?:[^",]|"(?:[^"\\]|\\.)*"?)+/gs)?.map((directive) => directive.trim()).filter(Boolean) ?? [];
  const says = (text: string) => directives.some((directive) => directive.toLowerCase() === text);
  // `private="field"` is about one field. A cache that knows `must-understand` ignores the `no-store` beside it.
  if (says("private") || (says("no-store") && !says("must-understand"))) return value;
  return ["private", ...directives.filter((directive) => !/^(?:public|s-maxage|private)\s*(?:=|$)/i.test(directive))].join(", ");
}
