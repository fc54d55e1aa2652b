// Parses durations such as "2s", "500ms" and "1m".

const UNITS = { ms: 1, s: 1_000, m: 60_000 };

/** Milliseconds; undefined when the text is not a number with a unit. */
export function milliseconds(text) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * UNITS[unit];
}
