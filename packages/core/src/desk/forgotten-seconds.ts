/**
 * The seconds of which something was forgotten, as a few ranges: a request that expires in none of
 * them was never answered and forgotten. Ranges may hold more than was forgotten, never less. Owned
 * by the memory of answered requests, and part of its state.
 */
import { at } from "../assert.ts";

/** Both ends belong to it. */
export type SecondsRange = readonly [fromS: number, throughS: number];

/** Ranges no further from each other are one: new requests are doubted for so much longer. */
const JOINED_S = 10;
/** One more, and of the earlier half the two nearest to each other become one. */
const RANGES_MAX = 256;

export class ForgottenSeconds {
  /** Rising, and far enough from each other. */
  #ranges: SecondsRange[] = [];

  get ranges(): readonly SecondsRange[] {
    return this.#ranges;
  }

  restore(ranges: readonly SecondsRange[]): void {
    this.#ranges = [...ranges];
  }

  add(second: number): void {
    if (this.find(second, second) !== null) return;
    const before = this.#ranges.findLastIndex(([fromS]) => fromS <= second);
    this.#ranges.splice(before + 1, 0, [second, second]);
    this.#joinNear(before + 1);
    this.#joinNear(before);
    if (this.#ranges.length > RANGES_MAX) this.#join(this.#nearest());
  }

  /** The range that has a second from `fromS` to `throughS`, the last if there are several. */
  find(fromS: number, throughS: number): SecondsRange | null {
    return this.#ranges.findLast((range) => range[0] <= throughS && range[1] >= fromS) ?? null;
  }

  /** Makes a range and the next one into one where there is too little between them. */
  #joinNear(index: number): void {
    const [range, next] = [this.#ranges[index], this.#ranges[index + 1]];
    if (range === undefined || next === undefined) return;
    if (next[0] - range[1] <= JOINED_S) this.#join(index);
  }

  /**
   * Of the earlier half, the range with the least between it and the next; the first of several.
   * The later half is what a clock that is set back will ask for. And what lies between two clocks,
   * one of them astray, stays free: else all would be doubted until the right one is there.
   */
  #nearest(): number {
    const gapBehind = (index: number) =>
      at(this.#ranges, index + 1)[0] - at(this.#ranges, index)[1];
    let nearest = 0;
    for (let index = 1; index < RANGES_MAX / 2; index += 1) {
      if (gapBehind(index) < gapBehind(nearest)) nearest = index;
    }
    return nearest;
  }

  #join(index: number): void {
    const [range, next] = [at(this.#ranges, index), at(this.#ranges, index + 1)];
    this.#ranges.splice(index, 2, [range[0], Math.max(range[1], next[1])]);
  }
}
