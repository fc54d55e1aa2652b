// What a value can come back as: one expression for all values and all their forms.
export interface Needles {
  pattern: RegExp;
  // In bytes.
  longest: number;
}

export const escapes: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t" };
export const literal = (text: string) => text.replace(/[^A-Za-z0-9]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
export const eitherCase = (digits: string) => digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const references: Record<string, string> = { '"': "quot", "&": "amp", "'": "apos", "<": "lt", ">": "gt" };

// A byte as it is, percent-encoded, or escaped in JSON or HTML.
function anyForm(byte: string): string {
  const code = byte.charCodeAt(0).toString(16).padStart(2, "0");
  const forms = [literal(byte), `%${eitherCase(code)}`, `\\\\u00${eitherCase(code)}`];
  forms.push(`&(?:#[xX]0?${eitherCase(code.replace(/^0/, ""))}|#0?${byte.charCodeAt(0)}${byte in references ? `|${references[byte]}` : ""});`);
  if (byte in escapes) forms.push(`\\\\${literal(escapes[byte])}`);
  if (byte === " ") forms.push("\\+");
  return `(?:${forms.join("|")})`;
}

type Form = (byte: string) => string;

function base64(value: string, before: number, anyForm: Form): string {
  const digits = btoa("\0".repeat(before) + value);
  const whole = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + value.length) * 8) / 6));
  return whole.replace(/[+/]/g, (digit) => `(?:${anyForm(digit)}|${digit === "+" ? "-" : "_"})`);
}

// Values that headers can hold, so a character is a byte. A form of it has at most so many bytes.
export function needlesOf(values: string[], form: Form = anyForm, longestForm = 6): Needles {
  const forms = values.flatMap((value) => [
    Array.from(value, form).join(""),
    Array.from(value, (byte) => eitherCase(byte.charCodeAt(0).toString(16).padStart(2, "0"))).join(""),
    ...[0, 1, 2].map((before) => base64(value, before, form)),
  ]);
  return { pattern: new RegExp(forms.join("|"), "g"), longest: longestForm * Math.max(...values.map((value) => value.length)) };
}

export const MARK = "[redacted]";

export function redactHeaders(headers: Headers, { pattern }: Needles, markFor: (match: string) => string = () => MARK): void {
  for (const [name, value] of [...headers]) {
    const redacted = value.replace(pattern, markFor);
    if (redacted !== value) headers.set(name, redacted);
  }
}

export interface Manner {
  markFor?: (match: string) => string;
  lineEnds?: number[];
  // Throws where the first bytes are not of a text that can be read.
  begin?: (bytes: Uint8Array) => void;
}

// Releases everything up to the end of the last line, and of the rest all that no needle can begin in.
export class Redaction extends TransformStream<Uint8Array, Uint8Array> {
  constructor({ pattern, longest }: Needles, { markFor = () => MARK, lineEnds = [10], begin }: Manner = {}) {
    const decoder = new TextDecoder("latin1");
    const encoder = new TextEncoder();
    let held = new Uint8Array(0);
    let hasBegun = false;
    const release = (bytes: Uint8Array, upTo: number, controller: TransformStreamDefaultController<Uint8Array>): number => {
      const text = decoder.decode(bytes);
      let rest = 0;
      for (const { 0: match, index } of text.matchAll(pattern)) {
        if (index >= upTo) break;
        if (index > rest) controller.enqueue(bytes.subarray(rest, index));
        controller.enqueue(encoder.encode(markFor(match)));
        rest = index + match.length;
      }
      if (upTo > rest) controller.enqueue(bytes.subarray(rest, upTo));
      return Math.max(rest, upTo);
    };
    super({
      transform(chunk, controller) {
        if (!hasBegun) begin?.(chunk);
        hasBegun = true;
        const bytes = new Uint8Array(held.length + chunk.length);
        bytes.set(held);
        bytes.set(chunk, held.length);
        const upTo = Math.max(...lineEnds.map((end) => bytes.lastIndexOf(end) + 1), bytes.length - longest + 1, 0);
        held = bytes.slice(release(bytes, upTo, controller));
      },
      flush(controller) {
        release(held, held.length, controller);
      },
    });
  }
}
