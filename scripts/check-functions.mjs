// Fails when a function of a WebAssembly module is larger than so many KiB: check-functions FILE KIB
//
// V8 compiles a function as a whole, at its first call. The first request waits for it.

import { readFileSync } from "node:fs";

// The number of the code section in the binary format of WebAssembly (core specification, 5.5.2).
const CODE = 10;

const [file, limit] = process.argv.slice(2);
const bytes = readFileSync(file);
let at = 8;

// An unsigned LEB128 number (core specification, 5.2.2).
function number() {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
}

let largest = 0;
while (at < bytes.length) {
  const section = bytes[at++];
  const length = number();
  const end = at + length;
  if (section === CODE) {
    for (let left = number(); left > 0; left--) {
      const size = number();
      largest = Math.max(largest, size);
      at += size;
    }
  }
  at = end;
}
if (largest === 0) throw new Error(`${file} has no function.`);
console.log(`The largest function of ${file} has ${Math.ceil(largest / 1024)} KiB; at most ${limit} KiB are allowed.`);
process.exitCode = largest > limit * 1024 ? 1 : 0;
