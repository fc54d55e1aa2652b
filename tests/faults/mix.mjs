// The faults of the load, and the allowed outcomes of each.

/** The callers. The gateway reads secrets for those with a token in the store, but not for those with a digest. */
export const CALLERS = ["ada", "bob", "cyd", "dan"];

/** The token of this one flaps. */
export const FLAPPING_CALLER = "bob";

// The outcomes for a caller: `answered` with its own body, `broken` in the middle of its own body, `left` if the caller
// has aborted, `refused` with a code, or a status of the upstream.
const ANSWERED = ["answered"];
const BROKEN = ["broken"];
const LEFT = ["left"];
const UNREACHABLE = ["refused: upstream_unreachable"];
const INVALID = ["refused: upstream_invalid"];
const TIMEOUT = ["refused: upstream_timeout"];
const UNAVAILABLE = ["refused: secret_unavailable"];

/**
 * `answer` is the upstream's behaviour (answers.mjs), `route` the store's (world.mjs), `caller` that of an unusual
 * caller. `share` is the percentage of requests of this kind.
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
  // If the secret of a token sometimes cannot be read, a wrong token does not always get a 401.
  { share: 2, route: "rotated", answer: "healthy", caller: "shows a wrong token", outcomes: ["refused: caller_unauthenticated", ...UNAVAILABLE] },
  { share: 1, route: "rotated", answer: "healthy", caller: "asks for another's", outcomes: ["refused: not_allowed"] },
];

const HUNDRED = MIX.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

export const kindOf = ({ route, answer, caller }) => [route, answer, ...(caller ? [`the caller ${caller}`] : [])].join(", ");

/** The kind and the caller of the request with this number. All of them occur, in an irregular order. */
export function drawn(number) {
  const round = Math.floor(number / HUNDRED.length);
  // A step that is coprime to 100 reaches each of them once per round.
  const kind = HUNDRED[(number * 37 + round) % HUNDRED.length];
  return { kind, caller: CALLERS[(number + 2 * round) % CALLERS.length], method: (number + round) % 3 === 0 ? "POST" : "GET" };
}

/** The allowed outcomes of the request while nothing else fails. */
export function acceptable({ kind, caller }) {
  return caller === FLAPPING_CALLER ? [...kind.outcomes, ...UNAVAILABLE] : kind.outcomes;
}
