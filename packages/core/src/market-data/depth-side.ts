/** One side of a book as the public sees it: the total and the number of orders of each price. */
import { assert, at } from "../assert.ts";
import { Side } from "../model/index.ts";

/** One price. As a change: its new total, 0 and 0 where the price is gone. */
export interface DepthLevel {
  readonly ticks: number;
  readonly lots: number;
  readonly orderCount: number;
}

interface Level {
  readonly ticks: number;
  lots: number;
  orderCount: number;
}

export class DepthSide {
  /** +1 where a higher price is better, -1 where a lower one is. */
  readonly #direction: 1 | -1;
  /** Worst first and best last: what changes most often moves least. */
  readonly #levels: Level[] = [];

  constructor(side: Side) {
    this.#direction = side === Side.Buy ? 1 : -1;
  }

  /** Counts the same levels in other steps. */
  regrid(ticksOf: (ticks: number) => number, lotsOf: (lots: number) => number): void {
    for (const [index, { ticks, lots, orderCount }] of this.#levels.entries()) {
      this.#levels[index] = { ticks: ticksOf(ticks), lots: lotsOf(lots), orderCount };
    }
  }

  /** Adds to a price; it is gone with its last order. */
  change(ticks: number, lotsDelta: number, ordersDelta: number): void {
    assert(Number.isSafeInteger(ticks) && ticks > 0, "a price is a whole number of ticks");
    const index = this.#indexOf(ticks);
    const found = this.#levels[index];
    const level = found?.ticks === ticks ? found : { ticks, lots: 0, orderCount: 0 };
    level.lots += lotsDelta;
    level.orderCount += ordersDelta;
    assert(Number.isSafeInteger(level.lots) && level.lots >= 0, "a price's total is exact");
    assert(level.orderCount >= 0, "a price has no fewer than no orders");
    assert((level.lots === 0) === (level.orderCount === 0), "a price has lots when it has orders");
    if (level !== found && level.orderCount > 0) this.#levels.splice(index, 0, level);
    else if (level === found && level.orderCount === 0) this.#levels.splice(index, 1);
  }

  /** At most so many prices, best first; costs as many steps. The caller owns the copies. */
  best(levelCountMax: number): DepthLevel[] {
    const levels = this.#levels;
    const result: DepthLevel[] = [];
    const end = Math.max(0, levels.length - levelCountMax);
    for (let index = levels.length - 1; index >= end; index -= 1) {
      const { ticks, lots, orderCount } = at(levels, index);
      result.push({ ticks, lots, orderCount });
    }
    return result;
  }

  /** Whether the first price comes before the second, best first. */
  isBetter(ticks: number, thanTicks: number): boolean {
    return (ticks - thanTicks) * this.#direction > 0;
  }

  /** The first place whose price is no worse, else the end. */
  #indexOf(ticks: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBetter(ticks, at(this.#levels, middle).ticks)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
