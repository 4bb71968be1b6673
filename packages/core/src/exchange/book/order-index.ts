/**
 * Orders by id: a hash table of chained orders. A `Map` with text keys spends most of a large
 * book's time waiting for memory: it compares an id with the text of every id in its chain. Here
 * ids that follow each other, as order numbers do, fall into neighbouring slots, a new order
 * touches what the one before it has touched, and the chain runs through the orders' own records.
 */
import { assert } from "../../assert.ts";
import type { OrderId } from "../../model/index.ts";
import { highPart, lowPart } from "../../model/order-number.ts";
import { NO_ORDER, type OrderHandle, type OrderSlab } from "./order-slab.ts";

const SLOTS_MIN = 256;
/**
 * Slots for each order at least: a new order's slot is then usually empty, and it is known to be
 * new without a look at an old one. Four bytes each.
 */
const SLOTS_PER_ORDER_MIN = 4;

export class OrderIndex {
  readonly #orders: OrderSlab;
  /** A power of two of them. */
  #slots: Int32Array;
  #size = 0;
  /** The id looked for last, and what was found: a command asks for an order several times. */
  #soughtId = "";
  #high = 0;
  #low = 0;
  #found: OrderHandle = NO_ORDER;

  /** Precondition: none of the slab's orders is indexed yet. There is room for `capacity`. */
  constructor(orders: OrderSlab, capacity: number) {
    this.#orders = orders;
    let slotCount = SLOTS_MIN;
    while (slotCount < SLOTS_PER_ORDER_MIN * capacity) slotCount *= 2;
    this.#slots = new Int32Array(slotCount);
  }

  get size(): number {
    return this.#size;
  }

  /** The order with that id, or none. */
  find(orderId: OrderId): OrderHandle {
    if (orderId !== this.#soughtId) this.#seek(orderId);
    return this.#found;
  }

  /** Gives an order its id. */
  add(orderId: OrderId, order: OrderHandle): void {
    assert(this.find(orderId) === NO_ORDER, "an order is in the book once");
    assert(this.#soughtId !== "", "an order that rests has an order number");
    this.#orders.setNumber(order, this.#high, this.#low);
    this.adopt(order);
    // Nobody asks for it again within its command, and the next id would be compared with it.
    this.#soughtId = "";
    this.#found = NO_ORDER;
  }

  /** Takes in an order that has its number. Precondition: none of that number is here. */
  adopt(order: OrderHandle): void {
    if (SLOTS_PER_ORDER_MIN * this.#size >= this.#slots.length) this.#grow();
    this.#link(order);
    this.#size += 1;
  }

  remove(order: OrderHandle): void {
    const slot = this.#slotOf(this.#orders.high(order), this.#orders.low(order));
    const next = this.#orders.nextInSlot(order);
    let before = this.#slots[slot] as OrderHandle;
    if (before === order) {
      this.#slots[slot] = next;
    } else {
      for (let other = before; other !== order; other = this.#orders.nextInSlot(before)) {
        assert(other !== NO_ORDER, "the order is indexed");
        before = other;
      }
      this.#orders.setNextInSlot(before, next);
    }
    this.#size -= 1;
    this.#soughtId = "";
    this.#found = NO_ORDER;
  }

  #seek(orderId: OrderId): void {
    this.#found = NO_ORDER;
    this.#soughtId = "";
    const high = highPart(orderId);
    const low = lowPart(orderId);
    if (high < 0 || low < 0) return;
    this.#soughtId = orderId;
    this.#high = high;
    this.#low = low;
    const orders = this.#orders;
    let order = this.#slots[this.#slotOf(high, low)] as OrderHandle;
    while (order !== NO_ORDER && !orders.isNumbered(order, high, low)) {
      order = orders.nextInSlot(order);
    }
    this.#found = order;
  }

  #link(order: OrderHandle): void {
    const slot = this.#slotOf(this.#orders.high(order), this.#orders.low(order));
    this.#orders.setNextInSlot(order, this.#slots[slot] as OrderHandle);
    this.#slots[slot] = order;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length);
    for (const first of before) {
      for (let order: OrderHandle = first; order !== NO_ORDER; ) {
        const next = this.#orders.nextInSlot(order);
        this.#link(order);
        order = next;
      }
    }
  }

  /** Successors get successive slots; numbers of different partitions are spread apart. */
  #slotOf(high: number, low: number): number {
    return (low + Math.imul(high, SPREAD)) & (this.#slots.length - 1);
  }
}

/** 2^32 divided by the golden ratio, as a 32-bit integer: multiples of it lie far apart. */
const SPREAD = 0x9e3779b9 | 0;
