/**
 * The resting orders of a book as records in one buffer, named by handles. A book may hold
 * millions: as objects they would be most of what the garbage collector has to look through and to
 * move, and finding one would touch several places in memory. Here one order is one place, and
 * nothing of it is the collector's.
 */
import { assert } from "../../assert.ts";
import { TimeInForce } from "../../model/index.ts";

/** Where an order's record begins, in words. Holds until the book changes. */
export type OrderHandle = number;

/** No order: an end of a queue, or an order that is not here. */
export const NO_ORDER: OrderHandle = 0;

/** Records made room for at first; never fewer. */
export const SLAB_RECORDS_MIN = 64;

/** A record's fields, in words of four bytes. */
const WORDS = 10;
/** The parts of its order number, see order-number.ts. */
const HIGH = 0;
const LOW = 1;
const LOTS = 2;
const ORDER_LOTS = 3;
const LEVEL = 4;
const ACCOUNT = 5;
const TIME_IN_FORCE = 6;
/** Neighbours in the queue of its level; of a free record, the next free one. */
const PREVIOUS = 7;
const NEXT = 8;
/** The next order of the same slot of the index. */
const NEXT_IN_SLOT = 9;

/** By the FIX character's code, which is what a record holds. */
const TIMES_IN_FORCE: readonly TimeInForce[] = timesInForce();

export class OrderSlab {
  #words: Int32Array<ArrayBuffer>;
  #firstFree: OrderHandle = NO_ORDER;
  /** Every record from here on was never used. */
  #end: OrderHandle = WORDS;
  #count = 0;

  /** With room for so many, or a few more. */
  constructor(recordCount = 0) {
    // The first record's place is no order's.
    this.#words = new Int32Array(Math.max(SLAB_RECORDS_MIN, 1 + recordCount) * WORDS);
  }

  get count(): number {
    return this.#count;
  }

  /** Records there is room for. */
  get capacity(): number {
    return this.#words.length / WORDS;
  }

  /** A record without number and neighbours. */
  add(
    level: number,
    account: number,
    timeInForce: TimeInForce,
    lots: number,
    orderLots: number,
  ): OrderHandle {
    assert(lots > 0 && lots <= orderLots && orderLots < 2 ** 31, "a resting order has lots");
    const order = this.#take();
    const words = this.#words;
    words[order + LOTS] = lots;
    words[order + ORDER_LOTS] = orderLots;
    words[order + LEVEL] = level;
    words[order + ACCOUNT] = account;
    words[order + TIME_IN_FORCE] = timeInForce.charCodeAt(0);
    words[order + PREVIOUS] = NO_ORDER;
    words[order + NEXT] = NO_ORDER;
    this.#count += 1;
    return order;
  }

  /** Takes over what another slab keeps of an order, without its neighbours. */
  adopt(from: OrderSlab, other: OrderHandle): OrderHandle {
    const order = this.#take();
    const words = this.#words;
    for (let word = 0; word < WORDS; word += 1)
      words[order + word] = from.#words[other + word] ?? 0;
    words[order + PREVIOUS] = NO_ORDER;
    words[order + NEXT] = NO_ORDER;
    this.#count += 1;
    return order;
  }

  /** The record may be another order's from now on. */
  free(order: OrderHandle): void {
    this.#words[order + NEXT] = this.#firstFree;
    this.#firstFree = order;
    this.#count -= 1;
  }

  high(order: OrderHandle): number {
    return this.#words[order + HIGH] as number;
  }

  low(order: OrderHandle): number {
    return this.#words[order + LOW] as number;
  }

  isNumbered(order: OrderHandle, high: number, low: number): boolean {
    return this.#words[order + LOW] === low && this.#words[order + HIGH] === high;
  }

  setNumber(order: OrderHandle, high: number, low: number): void {
    this.#words[order + HIGH] = high;
    this.#words[order + LOW] = low;
  }

  lots(order: OrderHandle): number {
    return this.#words[order + LOTS] as number;
  }

  setLots(order: OrderHandle, lots: number): void {
    this.#words[order + LOTS] = lots;
  }

  orderLots(order: OrderHandle): number {
    return this.#words[order + ORDER_LOTS] as number;
  }

  setOrderLots(order: OrderHandle, orderLots: number): void {
    this.#words[order + ORDER_LOTS] = orderLots;
  }

  level(order: OrderHandle): number {
    return this.#words[order + LEVEL] as number;
  }

  account(order: OrderHandle): number {
    return this.#words[order + ACCOUNT] as number;
  }

  timeInForce(order: OrderHandle): TimeInForce {
    return TIMES_IN_FORCE[this.#words[order + TIME_IN_FORCE] as number] as TimeInForce;
  }

  previous(order: OrderHandle): OrderHandle {
    return this.#words[order + PREVIOUS] as OrderHandle;
  }

  setPrevious(order: OrderHandle, previous: OrderHandle): void {
    this.#words[order + PREVIOUS] = previous;
  }

  next(order: OrderHandle): OrderHandle {
    return this.#words[order + NEXT] as OrderHandle;
  }

  setNext(order: OrderHandle, next: OrderHandle): void {
    this.#words[order + NEXT] = next;
  }

  nextInSlot(order: OrderHandle): OrderHandle {
    return this.#words[order + NEXT_IN_SLOT] as OrderHandle;
  }

  setNextInSlot(order: OrderHandle, next: OrderHandle): void {
    this.#words[order + NEXT_IN_SLOT] = next;
  }

  #take(): OrderHandle {
    const free = this.#firstFree;
    if (free !== NO_ORDER) {
      this.#firstFree = this.next(free);
      return free;
    }
    if (this.#end === this.#words.length) this.#grow();
    const unused = this.#end;
    this.#end += WORDS;
    return unused;
  }

  #grow(): void {
    const words = new Int32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
  }
}

function timesInForce(): TimeInForce[] {
  const byCode: TimeInForce[] = [];
  for (const each of Object.values(TimeInForce)) byCode[each.charCodeAt(0)] = each;
  return byCode;
}
