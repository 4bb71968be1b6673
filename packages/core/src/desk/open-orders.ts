/**
 * The open orders of one account, by number and in the order in which they were opened. A `Map`
 * with text keys finds an order by way of several places in memory, each a wait when there are many
 * orders; here they are chained in a table by what their numbers are, and finding one touches the
 * table and the order. A number is what the desk gives, so nobody can choose many of one slot.
 */
import { assert, at } from "../assert.ts";
import type { OrderId } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { highPart, lowPart } from "../model/order-number.ts";

/** Also the step by which the table grows and shrinks: a power of two. */
const SLOTS_MIN = 16;
/** Slots for each order at least; four times as many are given back. */
const SLOTS_PER_ORDER = 2;

/** A place in the account's list of open orders; the order in it is replaced as facts change. */
class OpenOrder {
  order: Order;
  older: OpenOrder | null = null;
  newer: OpenOrder | null = null;
  /** Another one of its slot. */
  nextInSlot: OpenOrder | null = null;
  /** The parts of its number. */
  readonly high: number;
  readonly low: number;

  constructor(order: Order) {
    this.order = order;
    this.high = highPart(order.orderId);
    this.low = lowPart(order.orderId);
    assert(this.high >= 0 && this.low >= 0, "an open order has an order number");
  }
}

/** Goes through the orders while others open, change and close. */
interface Follower {
  /** The place gets other facts; it has those from before still. */
  changing(entry: OpenOrder): void;
  /** The place goes from the list; it is in it still. */
  going(entry: OpenOrder): void;
}

/**
 * The orders that were open at one moment, newest first, told one by one while others open, change
 * and close. What changes before its turn is kept as it was. Whoever begins one must end it.
 */
export class OpenScan implements Follower {
  #next: OpenOrder | null;
  readonly #end: (scan: OpenScan) => void;
  /** Of places whose turn is to come: the orders that were in them. */
  readonly #changed = new Map<OpenOrder, Order>();
  /** Places that went before their turn, oldest first. */
  readonly #gone: OpenOrder[] = [];

  constructor(newest: OpenOrder | null, end: (scan: OpenScan) => void) {
    this.#next = newest;
    this.#end = end;
  }

  /** Null behind the oldest one. */
  next(): Order | null {
    const gone = this.#gone.at(-1);
    const entry = this.#next;
    if (gone !== undefined && (entry === null || isNewer(gone, entry))) {
      this.#gone.pop();
      return this.#asItWas(gone);
    }
    if (entry === null) return null;
    this.#next = entry.older;
    return this.#asItWas(entry);
  }

  end(): void {
    this.#end(this);
  }

  changing(entry: OpenOrder): void {
    if (this.#isToCome(entry) && !this.#changed.has(entry)) this.#changed.set(entry, entry.order);
  }

  going(entry: OpenOrder): void {
    if (!this.#isToCome(entry)) return;
    this.changing(entry);
    if (entry === this.#next) this.#next = entry.older;
    let index = this.#gone.length;
    while (index > 0 && isNewer(at(this.#gone, index - 1), entry)) index -= 1;
    this.#gone.splice(index, 0, entry);
  }

  #isToCome(entry: OpenOrder): boolean {
    return this.#next !== null && !isNewer(entry, this.#next);
  }

  #asItWas(entry: OpenOrder): Order {
    const order = this.#changed.get(entry) ?? entry.order;
    this.#changed.delete(entry);
    return order;
  }
}

/**
 * Leads from the oldest of the orders that are open when it begins to the newest of them. Each is
 * told as it is in its turn; what closes before is not told. Whoever begins one must end it.
 */
export class OpenCursor implements Follower {
  #next: OpenOrder | null;
  /** Told last. */
  #told: OpenOrder | null = null;
  readonly #newest: OpenOrder | null;
  readonly #end: (cursor: OpenCursor) => void;

  constructor(
    oldest: OpenOrder | null,
    newest: OpenOrder | null,
    end: (cursor: OpenCursor) => void,
  ) {
    this.#next = oldest;
    this.#newest = newest;
    this.#end = end;
  }

  /** Whether it stands behind the newest one. */
  get isOver(): boolean {
    const next = this.#next;
    return next === null || this.#newest === null || isNewer(next, this.#newest);
  }

  /** Null behind the newest one. */
  next(): Order | null {
    const entry = this.#next;
    if (entry === null || this.isOver) return null;
    this.#told = entry;
    this.#next = entry.newer;
    return entry.order;
  }

  /** Whether an order that was open in the book at some time, or still is, waits for its turn. */
  isToCome(orderId: OrderId): boolean {
    const number = { high: highPart(orderId), low: lowPart(orderId) };
    const wasOpen = this.#newest !== null && !isNewer(number, this.#newest);
    return wasOpen && (this.#told === null || isNewer(number, this.#told));
  }

  end(): void {
    this.#end(this);
  }

  /** Orders are told as they are. */
  changing(): void {}

  going(entry: OpenOrder): void {
    if (entry === this.#next) this.#next = entry.newer;
  }
}

type OrderNumber = Pick<OpenOrder, "high" | "low">;

/** Whether its number is above the other's. */
function isNewer(one: OrderNumber, other: OrderNumber): boolean {
  return one.high > other.high || (one.high === other.high && one.low > other.low);
}

export class OpenOrders {
  #slots: (OpenOrder | null)[] = emptySlots(SLOTS_MIN);
  #size = 0;
  #newest: OpenOrder | null = null;
  #oldest: OpenOrder | null = null;
  /** Found last: a command asks for an order several times. */
  #found: OpenOrder | null = null;
  readonly #followers = new Set<Follower>();

  get size(): number {
    return this.#size;
  }

  get(orderId: OrderId): Order | null {
    return this.#find(orderId)?.order ?? null;
  }

  *newestFirst(): Iterable<Order> {
    for (let entry = this.#newest; entry !== null; entry = entry.older) yield entry.order;
  }

  *oldestFirst(): Iterable<Order> {
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) yield entry.order;
  }

  /** What is open now; until its end it costs a little at every change. */
  scan(): OpenScan {
    const scan = new OpenScan(this.#newest, (ended) => this.#followers.delete(ended));
    this.#followers.add(scan);
    return scan;
  }

  /** Leads through what is open now and stays so; until its end as a scan. */
  cursor(): OpenCursor {
    const end = (ended: OpenCursor) => this.#followers.delete(ended);
    const cursor = new OpenCursor(this.#oldest, this.#newest, end);
    this.#followers.add(cursor);
    return cursor;
  }

  /** For so many more: the table then does not grow while they come in. */
  makeRoom(count: number): void {
    let slotCount = this.#slots.length;
    while (SLOTS_PER_ORDER * (this.#size + count) > slotCount) slotCount *= 2;
    if (slotCount > this.#slots.length) this.#resize(slotCount);
  }

  insert(order: Order): void {
    assert(this.#find(order.orderId) === null, "an order is opened once");
    const entry = new OpenOrder(order);
    entry.older = this.#newest;
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#size += 1;
    if (SLOTS_PER_ORDER * this.#size > this.#slots.length) this.#resize(2 * this.#slots.length);
    else this.#link(entry);
  }

  /** The order has other facts. */
  replace(order: Order): void {
    const entry = this.#opened(order.orderId);
    if (this.#followers.size > 0) for (const each of this.#followers) each.changing(entry);
    entry.order = order;
  }

  /** The order as it was. */
  remove(orderId: OrderId): Order {
    const entry = this.#opened(orderId);
    if (this.#followers.size > 0) for (const each of this.#followers) each.going(entry);
    this.#unlink(entry);
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    this.#size -= 1;
    this.#found = null;
    const isSpare = 4 * SLOTS_PER_ORDER * this.#size < this.#slots.length;
    if (isSpare && this.#slots.length > SLOTS_MIN) this.#resize(this.#slots.length / 2);
    return entry.order;
  }

  #opened(orderId: OrderId): OpenOrder {
    const entry = this.#find(orderId);
    assert(entry !== null, "the order is open");
    return entry;
  }

  #find(orderId: OrderId): OpenOrder | null {
    if (this.#found?.order.orderId === orderId) return this.#found;
    const high = highPart(orderId);
    const low = lowPart(orderId);
    if (high < 0 || low < 0) return null;
    let entry = this.#slots[this.#slotOf(low)] ?? null;
    while (entry !== null && (entry.low !== low || entry.high !== high)) entry = entry.nextInSlot;
    if (entry !== null) this.#found = entry;
    return entry;
  }

  #link(entry: OpenOrder): void {
    const slot = this.#slotOf(entry.low);
    entry.nextInSlot = this.#slots[slot] ?? null;
    this.#slots[slot] = entry;
  }

  #unlink(entry: OpenOrder): void {
    const slot = this.#slotOf(entry.low);
    let before = this.#slots[slot] ?? null;
    if (before === entry) {
      this.#slots[slot] = entry.nextInSlot;
      return;
    }
    while (before !== null && before.nextInSlot !== entry) before = before.nextInSlot;
    assert(before !== null, "an open order is in its slot");
    before.nextInSlot = entry.nextInSlot;
  }

  #resize(slotCount: number): void {
    this.#slots = emptySlots(slotCount);
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) this.#link(entry);
  }

  /** Orders that follow each other fall into slots that do. */
  #slotOf(low: number): number {
    return low & (this.#slots.length - 1);
  }
}

function emptySlots(count: number): (OpenOrder | null)[] {
  return new Array<OpenOrder | null>(count).fill(null);
}
