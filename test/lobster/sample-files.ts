/**
 * Makes the sample of LOBSTER files in test/golden/lobster. A market of its own in the plainest
 * form, arrays of orders and nothing shared with the product, so that agreement means something.
 * Run it to write the files anew: `npx node test/lobster/sample-files.ts`.
 */
import { writeFileSync } from "node:fs";

export interface SampleFiles {
  readonly messages: string;
  readonly orderBook: string;
}

interface NaiveOrder {
  readonly id: number;
  readonly isBid: boolean;
  readonly price: number;
  size: number;
}

export interface SampleOptions {
  readonly seed: number;
  readonly messageCount: number;
  /** Levels of a row: where the market has more, they come into view and go out of it. */
  readonly levelCount: number;
}

/** What is in test/golden/lobster. */
export const GOLDEN_SAMPLE: SampleOptions = { seed: 31, messageCount: 200, levelCount: 5 };

const MIDDLE_PRICE = 1_000_000;
const PRICE_STEP = 100;
/** 09:30:00 in nanoseconds after midnight. */
const OPENING_NS = 34_200_000_000_000;

/** The same text on every machine. */
export function sampleFiles({ seed, messageCount, levelCount }: SampleOptions): SampleFiles {
  const market = new NaiveMarket(levelCount, randomFrom(seed));
  while (market.messages.length < messageCount) market.act();
  const text = (lines: readonly string[]): string => `${lines.slice(0, messageCount).join("\n")}\n`;
  return { messages: text(market.messages), orderBook: text(market.rows) };
}

class NaiveMarket {
  readonly messages: string[] = [];
  readonly rows: string[] = [];
  readonly #levelCount: number;
  readonly #random: (below: number) => number;
  /** In the order of time; priority is found by looking at all of them. */
  #orders: NaiveOrder[] = [];
  #nextId = 1001;
  #timeNs = OPENING_NS;

  constructor(levelCount: number, random: (below: number) => number) {
    this.#levelCount = levelCount;
    this.#random = random;
    // Orders from before the first message; the asks leave room in the rows.
    for (let count = 0; count < 24; count += 1) this.#orders.push(this.#newOrder(true, 9));
    for (let count = 0; count < 6; count += 1) this.#orders.push(this.#newOrder(false, 3));
  }

  act(): void {
    this.#timeNs += 1 + this.#random(900_000_000);
    const dice = this.#random(100);
    if (dice < 44) this.#enter();
    else if (dice < 56) this.#cancelSome();
    else if (dice < 74) this.#delete();
    else if (dice < 94) this.#trade();
    else if (dice < 97) this.#hidden();
    else this.#mark();
  }

  #enter(): void {
    const order = this.#newOrder(this.#random(2) === 0, 9);
    const isShown = this.#isShown(order.isBid, order.price);
    this.#orders.push(order);
    if (isShown) this.#write(1, order, order.size);
  }

  #cancelSome(): void {
    const order = this.#anyOrder();
    if (order === undefined || order.size === 1) return;
    const size = 1 + this.#random(order.size - 1);
    const isShown = this.#isShown(order.isBid, order.price);
    order.size -= size;
    if (isShown) this.#write(2, order, size);
  }

  #delete(): void {
    const order = this.#anyOrder();
    if (order === undefined) return;
    const isShown = this.#isShown(order.isBid, order.price);
    this.#orders = this.#orders.filter((other) => other !== order);
    if (isShown) this.#write(3, order, order.size);
  }

  /** Somebody buys or sells at once: one message for each order that is hit. */
  #trade(): void {
    const isBid = this.#random(2) === 0;
    let left = 1 + this.#random(250);
    while (left > 0) {
      const order = this.#first(isBid);
      if (order === undefined) return;
      const size = Math.min(left, order.size);
      left -= size;
      order.size -= size;
      if (order.size === 0) this.#orders = this.#orders.filter((other) => other !== order);
      this.#write(4, order, size);
    }
  }

  #hidden(): void {
    const [bid] = this.#levels(true);
    if (bid === undefined) return;
    const price = bid[0] + PRICE_STEP / 2;
    this.#writeLine(`5,0,${1 + this.#random(100)},${price},${this.#random(2) === 0 ? 1 : -1}`);
  }

  #mark(): void {
    if (this.#random(2) === 0) {
      this.#writeLine(`6,-1,${100 + this.#random(900)},${MIDDLE_PRICE},-1`);
    } else {
      for (const price of [-1, 0, 1]) this.#writeLine(`7,0,0,${price},-1`);
    }
  }

  /** Never crosses: it stays at least a step away from the other side. */
  #newOrder(isBid: boolean, stepCountMax: number): NaiveOrder {
    const rise = isBid ? -1 : 1;
    const best = this.#levels(!isBid)[0]?.[0] ?? MIDDLE_PRICE;
    const price = best + rise * PRICE_STEP * (1 + this.#random(stepCountMax));
    const order = { id: this.#nextId, isBid, price, size: 1 + this.#random(300) };
    this.#nextId += 1 + this.#random(40);
    return order;
  }

  #anyOrder(): NaiveOrder | undefined {
    return this.#orders[this.#random(Math.max(1, this.#orders.length))];
  }

  #first(isBid: boolean): NaiveOrder | undefined {
    const best = this.#levels(isBid)[0]?.[0];
    return this.#orders.find((order) => order.isBid === isBid && order.price === best);
  }

  /** Price and size of all levels of one side, best first. */
  #levels(isBid: boolean): (readonly [price: number, size: number])[] {
    const sizes = new Map<number, number>();
    for (const order of this.#orders) {
      if (order.isBid !== isBid) continue;
      sizes.set(order.price, (sizes.get(order.price) ?? 0) + order.size);
    }
    return [...sizes].sort(([a], [b]) => (isBid ? b - a : a - b));
  }

  #isShown(isBid: boolean, price: number): boolean {
    const edge = this.#levels(isBid)[this.#levelCount - 1]?.[0];
    return edge === undefined || (isBid ? price >= edge : price <= edge);
  }

  #write(type: number, { id, isBid, price }: NaiveOrder, size: number): void {
    this.#writeLine(`${type},${id},${size},${price},${isBid ? 1 : -1}`);
  }

  #writeLine(rest: string): void {
    const seconds = Math.floor(this.#timeNs / 1e9);
    const fraction = String(this.#timeNs % 1e9).padStart(9, "0");
    this.messages.push(`${seconds}.${fraction},${rest}`);
    const bids = this.#levels(true);
    const asks = this.#levels(false);
    const cells: number[] = [];
    for (let index = 0; index < this.#levelCount; index += 1) {
      cells.push(...(asks[index] ?? [9_999_999_999, 0]));
      cells.push(...(bids[index] ?? [-9_999_999_999, 0]));
    }
    this.rows.push(cells.join(","));
  }
}

/** A linear congruence modulo 2^32, its high bits: small, seeded, the same everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

if (import.meta.main) {
  const folder = new URL("../golden/lobster/", import.meta.url);
  const { messages, orderBook } = sampleFiles(GOLDEN_SAMPLE);
  writeFileSync(new URL("sample_message.csv", folder), messages);
  writeFileSync(new URL("sample_orderbook.csv", folder), orderBook);
}
