// What a request is for, where every reader reads the same.

import { Refused } from "../problem";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
export const ALLOW = [...METHODS].join(", ");

const DEFAULT_PORTS: Record<string, number> = { http: 80, https: 443 };

// Nothing in it that a reader could decode, cut or resolve.
const ORDINARY = /^[\w/~-]*$/;

export interface Target {
  // Scheme and host.
  origin: string;
  // As they are in the request.
  path: string;
  search: string;
}

export function admit({ method, url, headers }: Request): Target {
  if (!METHODS.has(method)) throw new Refused("method_not_allowed");
  const [, scheme = "", authority = "", path = "", search = ""] = /^(https?):\/\/([^/?#\\]*)([^?]*)(\?.*)?$/s.exec(url) ?? [];
  const host = hostOf(authority, scheme);
  if (host === undefined || host !== hostOf(headers.get("host") ?? "", scheme)) throw new Refused("invalid_host");
  // The URL Standard ends both at `#`, reads `\` as a slash and drops white space.
  if (!path.startsWith("/") || /[\\#\0- ]|%u[0-9a-f]{4}/i.test(path) || /[#\0- ]/.test(search)) throw new Refused("path_ambiguous");
  if (!ORDINARY.test(path) && path.split("/").some(isAmbiguous)) throw new Refused("path_ambiguous");
  // RFC 9112 §6: the framing says whether there is a body.
  const announcesBody = /[^0\s]/.test(headers.get("content-length") ?? "") || headers.has("transfer-encoding");
  if ((method === "GET" || method === "HEAD") && announcesBody) throw new Refused("body_not_allowed");
  // RFC 8586 §2: a list of `cdn-id *( ";" parameter )`.
  const members = headers.get("cdn-loop")?.toLowerCase().split(",") ?? [];
  if (members.some((member) => member.split(";")[0].trim() === "gateway")) throw new Refused("loop_detected");
  return { origin: `${scheme}://${host}`, path, search };
}

const HOST = /^((?:[\w-]+\.)*[\w-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i;

// Lower-case, with its port unless that is the default; nothing where the text is not a host.
function hostOf(text: string, scheme: string): string | undefined {
  const [, name, digits] = HOST.exec(text) ?? [];
  if (name === undefined || name.length > 253) return undefined;
  if (name.startsWith("[") && !URL.canParse(`http://${name}`)) return undefined;
  const port = digits === undefined ? DEFAULT_PORTS[scheme] : Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  return port === DEFAULT_PORTS[scheme] ? name.toLowerCase() : `${name.toLowerCase()}:${port}`;
}

// Byte for byte, so that no encoding is assumed, and once.
export const decoded = (text: string) =>
  text.includes("%") ? text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16))) : text;

// More bytes than UTF-8 allows (RFC 3629 §3): `C0 AF` was a slash to old decoders.
const OVERLONG = /[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]|\xf8[\x80-\x87]|\xfc[\x80-\x83]/;

// Some servers decode a segment before they split the path, some read `\` as a slash, some cut a segment at `;`, `?` or
// `#`, and Windows drops dots and spaces at its end.
function isAmbiguous(segment: string): boolean {
  const text = decoded(segment);
  return /[\0-\x1f\x7f/\\]|^;|^[. ]+(?:[;?#]|$)/.test(text) || OVERLONG.test(text);
}
