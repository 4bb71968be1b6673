/**
 * Orders by id: a hash table of chained orders. A `Map` with text keys spends most of a large
 * book's time waiting for memory: it compares an id with the text of every id in its chain. Here
 * ids that follow each other, as order numbers do, fall into neighbouring slots, a new order
 * touches what the one before it has touched, and the chain runs through the orders themselves.
 */
import { assert } from "../../assert.ts";
import type { OrderId } from "../../model/index.ts";

export interface Indexed {
  readonly orderId: OrderId;
  /** Of its id, so that a growing index need not read the ids again; the index's own. */
  hash: number;
  /** The next order of the same slot; the index's own. */
  nextInSlot: this | null;
}

const SLOTS_MIN = 64;

export class OrderIndex<Order extends Indexed> {
  /** A power of two of them, at least as many as orders. */
  #slots: (Order | null)[] = emptySlots(SLOTS_MIN);
  #size = 0;
  /** The id hashed last, and its hash: a command asks for the same order more than once. */
  #hashedId = "";
  #hash = 0;

  get size(): number {
    return this.#size;
  }

  get(orderId: OrderId): Order | undefined {
    let order = this.#slots[this.#slotOf(this.#hashOf(orderId))] ?? null;
    while (order !== null && order.orderId !== orderId) order = order.nextInSlot;
    return order ?? undefined;
  }

  add(order: Order): void {
    if (2 * this.#size >= this.#slots.length) this.#grow();
    order.hash = this.#hashOf(order.orderId);
    const slot = this.#slotOf(order.hash);
    const first = this.#slots[slot] ?? null;
    for (let other = first; other !== null; other = other.nextInSlot) {
      assert(other.orderId !== order.orderId, "an order is in the book once");
    }
    order.nextInSlot = first;
    this.#slots[slot] = order;
    this.#size += 1;
  }

  /** Takes an order out and returns it; undefined when it is not here. */
  remove(orderId: OrderId): Order | undefined {
    const slot = this.#slotOf(this.#hashOf(orderId));
    let before: Order | null = null;
    let order = this.#slots[slot] ?? null;
    while (order !== null && order.orderId !== orderId) {
      before = order;
      order = order.nextInSlot;
    }
    if (order === null) return undefined;
    if (before === null) this.#slots[slot] = order.nextInSlot;
    else before.nextInSlot = order.nextInSlot;
    order.nextInSlot = null;
    this.#size -= 1;
    return order;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = emptySlots(2 * before.length);
    for (const first of before) {
      for (let order = first; order !== null; ) {
        const next: Order | null = order.nextInSlot;
        const slot = this.#slotOf(order.hash);
        order.nextInSlot = this.#slots[slot] ?? null;
        this.#slots[slot] = order;
        order = next;
      }
    }
  }

  #hashOf(orderId: OrderId): number {
    if (orderId !== this.#hashedId) {
      this.#hash = hashOf(orderId);
      this.#hashedId = orderId;
    }
    return this.#hash;
  }

  #slotOf(hash: number): number {
    return hash & (this.#slots.length - 1);
  }
}

/** Of decimal digits, the number they mean, modulo 2^32: successors get successive slots. */
function hashOf(orderId: OrderId): number {
  let hash = 0;
  for (let index = 0; index < orderId.length; index += 1) {
    hash = (Math.imul(hash, 10) + orderId.charCodeAt(index) - 48) | 0;
  }
  return hash;
}

function emptySlots(count: number): null[] {
  return new Array<null>(count).fill(null);
}
