/** Bytes changed a little: what a broken or an evil client makes of a good message. */
import type { Random } from "../e2e/crash/random.ts";

const SPLICES: readonly Buffer[] = [
  ...['"', "\\", "{", "}", "[", "]", ":", ",", "null", "true", "0", "-", "e9", ".", "\\u0000"],
  ...["__proto__", '"order_no":', "1e400", "\\ud800", "\ufeff", "\0", "\n", " ", "\u{1f600}"],
  ...["9".repeat(40), "[[[[[[[[", "]]]]]]]]", "{".repeat(40), "/*", "//", "'", "NaN"],
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.from([0xc0, 0xaf]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xff])]);

/** One to four changes. `other` lends parts. */
export function mutated(random: Random, bytes: Buffer, other: Buffer): Buffer {
  let result = bytes;
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    result = changedOnce(random, result, other);
  }
  return result;
}

function changedOnce(random: Random, bytes: Buffer, other: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(random.oneIn(4) ? 16 : 2);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([before, after.subarray(length)]);
    case 1:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 2:
      return Buffer.concat([before, random.pick(SPLICES), after]);
    case 3:
      return Buffer.concat([before, random.pick(SPLICES), after.subarray(length)]);
    case 4:
      return Buffer.concat([before, Buffer.from([random.below(256)]), after.subarray(1)]);
    case 5: {
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + 2 * length), after]);
    }
    case 6:
      return Buffer.concat([before, after.subarray(length), after.subarray(0, length)]);
    default:
      return random.oneIn(6)
        ? before
        : Buffer.concat([before, Buffer.from([random.pick(DIGITS)]), after]);
  }
}

const DIGITS = [..."0123456789"].map((digit) => digit.charCodeAt(0));
