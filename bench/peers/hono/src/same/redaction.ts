// What was sent upstream is replaced by as many bytes, so that the length of a response stays true.

import { Refused } from "../problem";
import { eitherCase, escapes, literal, MARK, needlesOf, redactHeaders, Redaction } from "../redact";

// The names by which HTML refers to the characters of ASCII that have one.
const REFERENCES: Record<string, string[]> = {
  "!": ["excl"], '"': ["quot", "QUOT"], "#": ["num"], $: ["dollar"], "%": ["percnt"], "&": ["amp", "AMP"], "'": ["apos"],
  "(": ["lpar"], ")": ["rpar"], "*": ["ast", "midast"], "+": ["plus"], ",": ["comma"], ".": ["period"], "/": ["sol"],
  ":": ["colon"], ";": ["semi"], "<": ["lt", "LT"], "=": ["equals"], ">": ["gt", "GT"], "?": ["quest"], "@": ["commat"],
  "[": ["lsqb", "lbrack"], "\\": ["bsol"], "]": ["rsqb", "rbrack"], "^": ["Hat"], _: ["lowbar", "UnderBar"],
  "`": ["grave", "DiacriticalGrave"], "{": ["lcub", "lbrace"], "|": ["verbar", "vert", "VerticalLine"], "}": ["rcub", "rbrace"],
};
const LONGEST_FORM = "&DiacriticalGrave;".length;

// A byte as it is, percent-encoded, or escaped as JSON, JavaScript or HTML have it.
function anyForm(byte: string): string {
  const code = byte.charCodeAt(0);
  const digits = eitherCase(code.toString(16).padStart(2, "0"));
  const references = [`#[xX]0{0,6}${eitherCase(code.toString(16))}`, `#0{0,6}${code}`, ...(REFERENCES[byte] ?? [])];
  const forms = [literal(byte), `%${digits}`, `\\\\u00${digits}`, `\\\\x${digits}`, `&(?:${references.join("|")});?`];
  if (byte in escapes || byte === "'") forms.push(`\\\\${literal(escapes[byte] ?? byte)}`);
  if (byte === " ") forms.push("\\+");
  return `(?:${forms.join("|")})`;
}

const markFor = ({ length }: string) => (length < MARK.length ? "" : MARK).padEnd(length, "*");

// Removes from a request what asks for a response that cannot be read as text, whole and in one encoding.
export function askForText(headers: Headers): void {
  for (const name of ["a-im", "accept-charset", "if-range", "range", "request-range", "want-content-digest", "want-digest", "want-repr-digest"]) {
    headers.delete(name);
  }
  headers.set("accept-encoding", "identity");
}

// Encodings that have the characters of ASCII at one byte each.
const READABLE = /^(?:utf-?8|(?:us-)?ascii|iso-8859-\d+|latin\d|windows-125\d)$/i;
const DIGESTS = ["content-digest", "content-md5", "digest", "repr-digest"];

export function redacted(response: Response, method: string, values: string[]): Response {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(response.headers.get("content-type") ?? "")?.[1];
  const isPart = response.status === 206 || response.status === 226;
  if (isPart || response.headers.has("content-encoding") || (charset !== undefined && !READABLE.test(charset))) {
    throw new Refused("upstream_invalid");
  }
  const needles = needlesOf(values, anyForm, LONGEST_FORM);
  redactHeaders(response.headers, needles, markFor);
  for (const name of [...response.headers.keys()].filter((name) => DIGESTS.includes(name) || name.search(needles.pattern) >= 0)) {
    response.headers.delete(name);
  }
  if (response.body === null || method === "HEAD") return response;
  // Server-sent events end their lines with either.
  const scanned = response.body.pipeThrough(new Redaction(needles, { markFor, lineEnds: [10, 13], begin: checkByteOrder }));
  const length = response.headers.get("content-length");
  return new Response(length === null ? scanned : scanned.pipeThrough(new FixedLengthStream(Number(length))), response);
}

// The byte order marks of UTF-16 and UTF-32.
function checkByteOrder([first, second, third, fourth]: Uint8Array): void {
  const pair = (one: number, other: number) => (one === 0xfe && other === 0xff) || (one === 0xff && other === 0xfe);
  if (pair(first, second) || (first === 0 && second === 0 && pair(third, fourth))) throw new Error("The encoding cannot be read.");
}
