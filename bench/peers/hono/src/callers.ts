import { callers } from "./configuration";

const encoder = new TextEncoder();

// Digests have one length, so that they can be compared in constant time.
export const digestOf = async (token: string) => new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(token)));

// The caller whose token this Authorization header shows. The time that this takes tells nothing about a
// token.
export async function callerOf(authorization: string | undefined): Promise<string | undefined> {
  const token = authorization?.match(/^bearer +(.+)$/i)?.[1];
  if (token === undefined) return undefined;
  const digest = await digestOf(token);
  let found: string | undefined;
  for (const caller of callers) {
    if (crypto.subtle.timingSafeEqual(digest, caller.digest)) found = caller.name;
  }
  return found;
}
