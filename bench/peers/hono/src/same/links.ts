// Links in the head of a response: those into the upstream lead to the mount, and none holds a credential.

import { decoded } from "./target";

export interface Links {
  // The URL that was sent: links are relative to it.
  sent: string;
  upstream: string;
  // With the host that the caller has asked.
  mount: string;
  values: string[];
}

// A link within a link within a link is encoded three times.
const DECODINGS = 4;

function holdsSecret(text: string, { values }: Links): boolean {
  for (let decodings = 0; decodings <= DECODINGS; decodings++) {
    if (values.some((value) => text.includes(value))) return true;
    const next = decoded(text);
    if (next === text) return false;
    text = next;
  }
  return false;
}

// The reference as the caller may have it; nothing where it cannot be had without a credential.
function rewrite(reference: string, links: Links): string | undefined {
  const url = URL.parse(reference, links.sent);
  if (url === null) return holdsSecret(reference, links) ? undefined : reference;
  for (const [name, value] of [...url.searchParams]) {
    if (holdsSecret(name, links) || holdsSecret(value, links)) url.searchParams.delete(name);
  }
  if (holdsSecret(url.hash, links)) url.hash = "";
  if (holdsSecret(url.href.replaceAll("+", " "), links)) return undefined;
  if (url.origin === links.upstream) return links.mount + url.href.slice(url.origin.length);
  return holdsSecret(reference, links) ? url.href : reference;
}

// RFC 8288 §3. Where a quoted string is not closed, readers could disagree on what the targets are.
function rewriteLinkHeader(value: string, links: Links): string | undefined {
  if (!/^(?:[^"<]|<[^>]*>|"(?:[^"\\]|\\.)*")*$/s.test(value)) return undefined;
  let isComplete = true;
  const rewritten = value.replace(/<([^>]*)>|"(?:[^"\\]|\\.)*"/gs, (match, target?: string) => {
    if (target === undefined) return match;
    const link = rewrite(target.trim(), links);
    isComplete &&= link !== undefined;
    return `<${link}>`;
  });
  return isComplete && !holdsSecret(rewritten, links) ? rewritten : undefined;
}

// Seconds, and after `; url=` a link that browsers follow as a `Location`.
function rewriteRefresh(value: string, links: Links): string | undefined {
  const [, seconds, target] = /^(\d+)(?:\s*;\s*url\s*=\s*["']?([^"']*)["']?)?$/i.exec(value) ?? [];
  if (seconds === undefined || target === undefined) return seconds;
  const link = rewrite(target.trim(), links);
  return link && `${seconds}; url=${link}`;
}

const REWRITES = {
  "azure-asyncoperation": rewrite,
  "content-location": rewrite,
  "docker-upload-location": rewrite,
  link: rewriteLinkHeader,
  location: rewrite,
  "operation-location": rewrite,
  refresh: rewriteRefresh,
  "x-goog-upload-control-url": rewrite,
  "x-goog-upload-url": rewrite,
};

// Few responses have a link, so what they are rewritten by is made only then.
export function rewriteLinks(headers: Headers, linksOf: () => Links): void {
  for (const [name, rewriteValue] of Object.entries(REWRITES)) {
    const value = headers.get(name);
    if (value === null) continue;
    const rewritten = rewriteValue(value, linksOf());
    if (rewritten === undefined) headers.delete(name);
    else headers.set(name, rewritten);
  }
}
