import { callers } from "./configuration";

const encoder = new TextEncoder();

// The caller whose token this Authorization header shows. Digests have one length, and each is compared in
// constant time, so that the time tells nothing about a token.
export async function callerOf(authorization: string | undefined): Promise<string | undefined> {
  const token = authorization?.match(/^bearer +(.+)$/i)?.[1];
  if (token === undefined) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(token)));
  let found: string | undefined;
  for (const caller of callers) {
    if (crypto.subtle.timingSafeEqual(digest, caller.digest)) found = caller.name;
  }
  return found;
}
