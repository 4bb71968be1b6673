/** Times of orders travel in whole seconds. */
export function unixSeconds(unixMs: number): number {
  return Math.floor(unixMs / 1000);
}
