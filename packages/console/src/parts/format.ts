/** Decimals as people read them. Digits only: no float touches them. */

/** `1234567.5` is `1,234,567.5`. */
export function grouped(text: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = ""] = match;
  return sign + whole.replace(/\B(?=(?:\d{3})+$)/g, ",") + fraction;
}

/** With at least so many digits after the point, so that a column of prices lines up. */
export function padded(text: string, decimals: number): string {
  const [whole = "", fraction = ""] = text.split(".");
  return decimals === 0 ? text : `${whole}.${fraction.padEnd(decimals, "0")}`;
}

/** Digits after the point of a step such as `0.05`. */
export function decimalsOf(step: string): number {
  return step.split(".")[1]?.length ?? 0;
}

/** The part of a whole as per cent, for drawing. */
export function percentOf(part: string, whole: string): number {
  const all = Number(whole);
  return all > 0 ? Math.min(100, (100 * Number(part)) / all) : 0;
}
