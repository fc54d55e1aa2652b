import { digestOf } from "../callers";
import type { Placement } from "../configuration";
import { Refused } from "../problem";
import type { Caller, Route, Verify } from "./configuration";
import type { Readings } from "./secrets";

// The tokens that a request shows: in `Authorization`, and in each header that the route's auth fills.
function tokensOf(headers: Headers, auth: Placement[]): Set<string> {
  const tokens = new Set<string>();
  // Clients write many schemes, or none.
  const [, scheme = "", credentials] = /^(?:(\S+) +)?(.*)$/s.exec(headers.get("authorization")?.trim() ?? "") ?? [];
  if (scheme.toLowerCase() === "basic") tokens.add(basicToken(credentials));
  else {
    tokens.add(credentials);
    if (scheme.toLowerCase() === "apikey") tokens.add(basicToken(credentials));
  }
  for (const { header, prefix } of auth) {
    const value = header === "authorization" ? null : headers.get(header);
    if (value === null) continue;
    tokens.add(value);
    if (value.startsWith(prefix)) tokens.add(value.slice(prefix.length));
  }
  tokens.delete("");
  return tokens;
}

// The password, or the user name where the password is empty (RFC 7617 §2).
function basicToken(credentials: string): string {
  try {
    const [, user, password] = /^([^:]*):?(.*)$/s.exec(atob(credentials)) ?? [];
    return password || user;
  } catch {
    return "";
  }
}

// The one caller that the tokens prove. Digests are compared first; where one matches nothing is read. None is left out
// after a match.
export async function identify({ callers, auth }: Route, headers: Headers, readings: Readings): Promise<string> {
  const tokens = tokensOf(headers, auth);
  if (tokens.size === 0) throw new Refused("caller_unauthenticated");
  const shown = await Promise.all(Array.from(tokens, digestOf));
  const matches = (digest: Uint8Array) => shown.reduce((found, each) => crypto.subtle.timingSafeEqual(each, digest) || found, false);

  const proved = new Set<string>();
  for (const caller of callers) {
    if ("digest" in caller && matches(caller.digest)) proved.add(caller.name);
  }
  const verified = callers.filter((caller): caller is Caller & { verify: Verify } => "verify" in caller);
  if (proved.size === 0) {
    const proofs = verified.flatMap(({ name, verify }) => Array.from(tokens, async (token) => ((await verify(token)) ? name : undefined)));
    for (const name of await Promise.all(proofs)) if (name !== undefined) proved.add(name);
  }
  let isUnreadable = false;
  if (proved.size === 0) {
    const bySecret = callers.filter((caller): caller is Caller & { binding: string } => "binding" in caller);
    await readings.read(bySecret.map(({ binding }) => binding));
    await Promise.all(
      bySecret.map(async ({ name, binding }) => {
        const { value, failure } = readings.get(binding) as { value?: string; failure?: string };
        if (value !== undefined && matches(await digestOf(value))) proved.add(name);
        // A source that does not exist counts as read.
        isUnreadable ||= failure === "error" || failure === "timeout";
      }),
    );
  }
  const [caller, ...others] = proved;
  if (caller !== undefined && others.length === 0) return caller;
  throw new Refused(caller === undefined && isUnreadable ? "secret_unavailable" : "caller_unauthenticated");
}
