// Proves that the peer which is compared as the same is the same: `node --test bench/promises.test.mjs`.

import { suite, test } from "node:test";
import { buildPeers, peerOf } from "./peers.mjs";
import { PROMISES, prove } from "./promises.mjs";
import { SIGNATURES } from "./signatures.mjs";

const peers = buildPeers();

for (const name of ["hono-same", "ostiary"]) {
  suite(name, () => {
    for (const [title, promise] of Object.entries(PROMISES)) test(title, () => prove(promise, peers[name]));
  });
  suite(`${name}, signed`, () => {
    for (const [title, promise] of Object.entries(SIGNATURES)) test(title, () => prove(promise, peers[peerOf(name, "signed")]));
  });
}
