import type { PatternSegment, Rule } from "./configuration";
import { decoded } from "./target";

// Whether the rule admits the path below a mount, however a server reads it.
export function admits({ methods, path, segments }: Rule, method: string, raw: string): boolean {
  if (!methods.has(method)) return false;
  const text = decoded(raw);
  if (!path.test(text)) return false;
  if (!/[;?#]|[. ](?:\/|$)/.test(text)) return true;
  const read = text.split("/").slice(1);
  return segments.every((segment, position) => admitsOtherReadings(segment, read[position], position === segments.length - 1));
}

// Whether what is left of a segment for servers that cut it short is admitted too. A segment without a star is what it
// is. A server that cuts a path at `?` or `#` drops all segments that follow.
function admitsOtherReadings({ whole, hasStar, saysWhatFollows }: PatternSegment, segment: string, isLast: boolean): boolean {
  if (!hasStar) return true;
  const beforeQuery = segment.replace(/[?#].*$/s, "");
  const isCut = beforeQuery !== segment;
  if (isCut && !isLast) return false;
  const readings = isCut && saysWhatFollows ? [segment, beforeQuery] : [segment];
  return readings
    .flatMap((reading) => [reading, reading.replace(/;.*$/s, "")])
    .flatMap((reading) => [reading, reading.replace(/[. ]+$/, "")])
    .every((reading) => whole.test(reading));
}
