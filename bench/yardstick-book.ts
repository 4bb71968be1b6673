/**
 * The yardstick: a plain price-time book as one would write it first, with nothing around it.
 * Integer prices, an id index, a linked queue per price, the best price last in a sorted array.
 * Ids are integers, or text as an exchange's are.
 */
type Id = number | string;

export interface YardstickOrder {
  readonly id: Id;
  readonly level: YardstickLevel;
  lots: number;
  previous: YardstickOrder | null;
  next: YardstickOrder | null;
}

interface YardstickLevel {
  readonly isBid: boolean;
  readonly ticks: number;
  first: YardstickOrder | null;
  last: YardstickOrder | null;
}

export class YardstickBook {
  readonly orders = new Map<Id, YardstickOrder>();
  readonly #bids: YardstickLevel[] = [];
  readonly #asks: YardstickLevel[] = [];
  tradeCount = 0;

  enter(id: Id, isBid: boolean, ticks: number, lots: number): void {
    const opposite = isBid ? this.#asks : this.#bids;
    let leaves = lots;
    let best = opposite.at(-1);
    while (leaves > 0 && best && (isBid ? best.ticks <= ticks : best.ticks >= ticks)) {
      const resting = best.first as YardstickOrder;
      const traded = Math.min(leaves, resting.lots);
      this.tradeCount += 1;
      leaves -= traded;
      resting.lots -= traded;
      if (resting.lots === 0) this.cancel(resting.id);
      best = opposite.at(-1);
    }
    if (leaves > 0) this.#rest(id, isBid, ticks, leaves);
  }

  cancel(id: Id): void {
    const order = this.orders.get(id);
    if (order === undefined) return;
    this.orders.delete(id);
    const { level, previous, next } = order;
    if (previous) previous.next = next;
    else level.first = next;
    if (next) next.previous = previous;
    else level.last = previous;
    if (level.first) return;
    const levels = level.isBid ? this.#bids : this.#asks;
    levels.splice(placeOf(levels, level.isBid, level.ticks), 1);
  }

  #rest(id: Id, isBid: boolean, ticks: number, lots: number): void {
    const levels = isBid ? this.#bids : this.#asks;
    const place = placeOf(levels, isBid, ticks);
    let level = levels[place];
    if (level?.ticks !== ticks) {
      level = { isBid, ticks, first: null, last: null };
      levels.splice(place, 0, level);
    }
    const order: YardstickOrder = { id, level, lots, previous: level.last, next: null };
    if (level.last) level.last.next = order;
    else level.first = order;
    level.last = order;
    this.orders.set(id, order);
  }
}

function placeOf(levels: readonly YardstickLevel[], isBid: boolean, ticks: number): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const middleTicks = (levels[middle] as YardstickLevel).ticks;
    if (isBid ? middleTicks < ticks : middleTicks > ticks) low = middle + 1;
    else high = middle;
  }
  return low;
}
