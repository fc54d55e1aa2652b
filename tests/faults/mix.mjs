// What is mixed into the load, and what may come of each.

/** The callers; those with a token in the store are read for, those with a digest are not. */
export const CALLERS = ["ada", "bob", "cyd", "dan"];

/** The token of this one flaps. */
export const FLAPPING_CALLER = "bob";

// What a caller can come to: `answered` with its own body, `broken` within its own body, `left` of its own accord,
// `refused` with a code, or a status of the upstream.
const ANSWERED = ["answered"];
const BROKEN = ["broken"];
const LEFT = ["left"];
const UNREACHABLE = ["refused: upstream_unreachable"];
const INVALID = ["refused: upstream_invalid"];
const TIMEOUT = ["refused: upstream_timeout"];
const UNAVAILABLE = ["refused: secret_unavailable"];

/**
 * `answer` names what the upstream does (answers.mjs), `route` what the store does (world.mjs), `caller` a caller that
 * does something else than ask. `share` is how many of a hundred requests are of this kind.
 */
export const MIX = [
  { share: 22, route: "rotated", answer: "healthy", outcomes: ANSWERED },
  { share: 6, route: "rotated", answer: "in pieces", outcomes: ANSWERED },
  { share: 6, route: "throwing", answer: "healthy", outcomes: ANSWERED },
  { share: 3, route: "hanging", answer: "healthy", outcomes: ANSWERED },
  { share: 6, route: "flapping", answer: "healthy", outcomes: ANSWERED },
  { share: 6, route: "lonely", answer: "healthy", outcomes: [...ANSWERED, ...UNAVAILABLE] },
  { share: 3, route: "lost", answer: "healthy", outcomes: UNAVAILABLE },
  { share: 3, route: "rotated", answer: "a reset before the head", outcomes: UNREACHABLE },
  { share: 3, route: "retried", answer: "two resets before the head", outcomes: ANSWERED },
  { share: 1, route: "retried", answer: "a reset before the head", outcomes: UNREACHABLE },
  { share: 3, route: "rotated", answer: "a close before the head", outcomes: UNREACHABLE },
  { share: 3, route: "rotated", answer: "a reset within the head", outcomes: UNREACHABLE },
  { share: 3, route: "rotated", answer: "a reset within a body with a length", outcomes: BROKEN },
  { share: 3, route: "rotated", answer: "a reset within a body of chunks", outcomes: BROKEN },
  { share: 3, route: "rotated", answer: "a close within a body of chunks", outcomes: BROKEN },
  { share: 3, route: "rotated", answer: "garbage", outcomes: UNREACHABLE },
  { share: 3, route: "rotated", answer: "two lengths", outcomes: UNREACHABLE },
  { share: 3, route: "rotated", answer: "a status of 600", outcomes: INVALID },
  { share: 3, route: "rotated", answer: "a 101 that nobody asked for", outcomes: INVALID },
  { share: 3, route: "rotated", answer: "a second answer behind the first", outcomes: ANSWERED },
  { share: 2, route: "brief", answer: "nothing", outcomes: TIMEOUT },
  { share: 2, route: "idle", answer: "a head, and then nothing", outcomes: BROKEN },
  { share: 1, route: "rotated", answer: "nothing", caller: "resets", outcomes: LEFT },
  // The runtime does not see that a caller has closed its end until it writes to it; the deadline ends the wait.
  { share: 1, route: "brief", answer: "nothing", caller: "leaves", outcomes: LEFT },
  { share: 1, route: "rotated", answer: "in pieces that drip", caller: "leaves", outcomes: LEFT },
  { share: 1, route: "rotated", answer: "a head, and then nothing", caller: "resets", outcomes: LEFT },
  // The token of a flapping secret may have been the right one, so a wrong token is not always said to be wrong.
  { share: 2, route: "rotated", answer: "healthy", caller: "shows a wrong token", outcomes: ["refused: caller_unauthenticated", ...UNAVAILABLE] },
  { share: 1, route: "rotated", answer: "healthy", caller: "asks for another's", outcomes: ["refused: not_allowed"] },
];

const HUNDRED = MIX.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

export const kindOf = ({ route, answer, caller }) => [route, answer, ...(caller ? [`the caller ${caller}`] : [])].join(", ");

/** The kind and the caller of the request of that number: all of them come up, in an order without a pattern. */
export function drawn(number) {
  const round = Math.floor(number / HUNDRED.length);
  // A step without a common factor with a hundred meets each of them once a round.
  const kind = HUNDRED[(number * 37 + round) % HUNDRED.length];
  return { kind, caller: CALLERS[(number + 2 * round) % CALLERS.length], method: (number + round) % 3 === 0 ? "POST" : "GET" };
}

/** What may come of that request while nothing else goes wrong. */
export function acceptable({ kind, caller }) {
  return caller === FLAPPING_CALLER ? [...kind.outcomes, ...UNAVAILABLE] : kind.outcomes;
}
