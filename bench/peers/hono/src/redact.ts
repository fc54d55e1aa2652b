// What a value can come back as: one expression for all values and all their forms.
export interface Needles {
  pattern: RegExp;
  // In bytes.
  longest: number;
}

const escapes: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t" };
const literal = (text: string) => text.replace(/[^A-Za-z0-9]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
const eitherCase = (digits: string) => digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

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

function base64(value: string, before: number): string {
  const digits = btoa("\0".repeat(before) + value);
  const whole = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + value.length) * 8) / 6));
  return whole.replace(/[+/]/g, (digit) => `(?:${anyForm(digit)}|${digit === "+" ? "-" : "_"})`);
}

// Values that headers can hold, so a character is a byte.
export function needlesOf(values: string[]): Needles {
  const forms = values.flatMap((value) => [
    Array.from(value, anyForm).join(""),
    Array.from(value, (byte) => eitherCase(byte.charCodeAt(0).toString(16).padStart(2, "0"))).join(""),
    ...[0, 1, 2].map((before) => base64(value, before)),
  ]);
  return { pattern: new RegExp(forms.join("|"), "g"), longest: 6 * Math.max(...values.map((value) => value.length)) };
}

export function redactHeaders(headers: Headers, { pattern }: Needles): void {
  for (const [name, value] of [...headers]) {
    const redacted = value.replace(pattern, "[redacted]");
    if (redacted !== value) headers.set(name, redacted);
  }
}

// Releases everything up to the last line feed, and of the rest all that no needle can begin in.
export class Redaction extends TransformStream<Uint8Array, Uint8Array> {
  constructor({ pattern, longest }: Needles) {
    const decoder = new TextDecoder("latin1");
    const mark = new TextEncoder().encode("[redacted]");
    let held = new Uint8Array(0);
    const release = (bytes: Uint8Array, upTo: number, controller: TransformStreamDefaultController<Uint8Array>): number => {
      const text = decoder.decode(bytes);
      let rest = 0;
      for (const { 0: match, index } of text.matchAll(pattern)) {
        if (index >= upTo) break;
        if (index > rest) controller.enqueue(bytes.subarray(rest, index));
        controller.enqueue(mark);
        rest = index + match.length;
      }
      if (upTo > rest) controller.enqueue(bytes.subarray(rest, upTo));
      return Math.max(rest, upTo);
    };
    super({
      transform(chunk, controller) {
        const bytes = new Uint8Array(held.length + chunk.length);
        bytes.set(held);
        bytes.set(chunk, held.length);
        const upTo = Math.max(bytes.lastIndexOf(10) + 1, bytes.length - longest + 1, 0);
        held = bytes.slice(release(bytes, upTo, controller));
      },
      flush(controller) {
        release(held, held.length, controller);
      },
    });
  }
}
