/** A market for tests: a real exchange whose commands are durable when a test says so. */
import assert from "node:assert/strict";
import {
  type Depth,
  Exchange,
  type ExchangeCommand,
  encodeExchangeRecord,
} from "@countermand/core/exchange";
import type { MarketBatch } from "@countermand/core/market-data";
import {
  type Account,
  type InstrumentSource,
  InstrumentTable,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import type { Clock } from "../sys/clock.ts";
import { marketBatchOf } from "./exchange-batch.ts";
import { MarketDataHub } from "./market-data-hub.ts";
import type { MarketPort } from "./market-session.ts";

export const EPOCH = 7;
/** 2025-05-09T07:02:22Z. */
const START_MS = 1_746_774_142_000;

export class TestMarket {
  readonly exchange: Exchange;
  readonly hub: MarketDataHub;
  /** Of all commands, as the journal holds them. */
  readonly records: string[] = [];
  nowMs = START_MS as UnixMs;
  #orderCount = 0;
  #staged: MarketBatch[] = [];

  constructor(instruments: InstrumentSource = REFERENCE_INSTRUMENTS, clock?: Clock) {
    this.exchange = new Exchange(InstrumentTable.of(instruments).all);
    this.hub = new MarketDataHub({
      instruments,
      epoch: EPOCH,
      exchange: this.exchange,
      marketNowMs: () => this.nowMs,
      ...(clock !== undefined && { clock }),
    });
  }

  /** Places a limit order; its id. In ticks and lots. */
  place(symbol: string, side: Side, ticks: number, lots: number): OrderId {
    const instrument = this.hub.listed().find((each) => each.symbol === symbol);
    assert.ok(instrument !== undefined);
    const { priceTick, lotQty } = instrument;
    this.#orderCount += 1;
    const orderId = String(22_000_000_000 + this.#orderCount) as OrderId;
    this.handle({
      type: "NewOrderSingle",
      orderId,
      account: `account-${this.#orderCount}` as Account,
      symbol,
      side,
      ordType: OrdType.Limit,
      timeInForce: TimeInForce.Day,
      price: (BigInt(ticks) * priceTick) as Price,
      stopPx: 0n as Price,
      protectionPx: 0n as Price,
      orderQty: (BigInt(lots) * lotQty) as Qty,
    });
    return orderId;
  }

  /** No effect when the order is not in the book. */
  cancel(symbol: string, orderId: OrderId): void {
    this.handle({ type: "OrderCancelRequest", orderId, symbol });
  }

  handle(command: ExchangeCommand): void {
    const { events } = this.exchange.handle(command);
    this.records.push(...events.map((event) => encodeExchangeRecord(event, this.nowMs)));
    const batch = marketBatchOf(events, this.nowMs);
    if (batch !== null) this.#staged.push(batch);
  }

  /** Makes everything so far durable: one commit. */
  commit(): void {
    const batches = this.#staged;
    this.#staged = [];
    this.hub.publish(batches);
  }
}

/** A connection whose network takes what a test lets it take. */
export class TestPort implements MarketPort {
  onWritten: () => void = () => undefined;
  /** Messages that the reader has. */
  readonly read: string[] = [];
  /** The network takes everything at once. */
  isFast = true;
  #waiting: Buffer[] = [];
  #bufferedBytes = 0;
  readonly #bytesFactor: number;
  isPaused = false;
  pingCount = 0;
  closed: string | null = null;
  isTerminated = false;

  /** With a factor, few small messages fill the network. */
  constructor(bytesFactor = 1) {
    this.#bytesFactor = bytesFactor;
  }

  send(messages: readonly Buffer[]): void {
    for (const message of messages) {
      this.#waiting.push(message);
      this.#bufferedBytes += message.length;
    }
    if (this.isFast) this.#take(this.#waiting.length);
  }

  bufferedBytes(): number {
    return this.#bufferedBytes * this.#bytesFactor;
  }

  ping(): void {
    this.pingCount += 1;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number, reason: string): void {
    this.closed = `${code} ${reason}`;
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** The reader reads so many messages; what it is sent meanwhile waits. */
  drain(count: number): void {
    if (this.#take(count)) this.onWritten();
  }

  /** The reader reads all there is, also what it is sent because it reads. */
  drainAll(): void {
    while (this.#waiting.length > 0) this.drain(this.#waiting.length);
  }

  /** Messages as objects since the last call. */
  messages(): Message[] {
    return this.read.splice(0).map((text) => JSON.parse(text) as Message);
  }

  #take(count: number): boolean {
    const taken = this.#waiting.splice(0, count);
    for (const message of taken) {
      this.#bufferedBytes -= message.length;
      this.read.push(message.toString());
    }
    return taken.length > 0;
  }
}

/** Any message of the stream: what is not there is undefined. */
export interface Message {
  readonly type: string;
  readonly channel: string;
  readonly symbol: string;
  readonly epoch: number;
  readonly seq: number;
  readonly prev_seq: number;
  readonly reason: string;
  readonly details: string;
  readonly subscriptions: number;
  readonly data: {
    readonly levels: number;
    readonly bids: readonly WireLevel[];
    readonly asks: readonly WireLevel[];
    readonly trades: readonly { readonly exec_id: string; readonly price: number }[];
    readonly candles: readonly object[];
    readonly subscriptions: readonly object[];
  };
}

export type WireLevel = readonly [price: number, qty: number, orderCount: number];

/** What a client holds of one symbol's depth: the last snapshot and the changes since. */
export class DepthReader {
  seq = -1;
  snapshotCount = 0;
  readonly #bids = new Map<number, WireLevel>();
  readonly #asks = new Map<number, WireLevel>();

  take({ type, seq, prev_seq: prevSeq, data }: Message): void {
    if (type === "snapshot") {
      this.#bids.clear();
      this.#asks.clear();
      this.snapshotCount += 1;
    } else {
      assert.equal(prevSeq, this.seq, "messages chain");
    }
    this.seq = seq;
    apply(this.#bids, data.bids);
    apply(this.#asks, data.asks);
  }

  get bids(): readonly WireLevel[] {
    return [...this.#bids.values()].sort((a, b) => b[0] - a[0]);
  }

  get asks(): readonly WireLevel[] {
    return [...this.#asks.values()].sort((a, b) => a[0] - b[0]);
  }
}

/** The exchange's depth as the wire has it. Test prices are small enough for plain numbers. */
export function wireDepth({ bids, asks }: Depth, levels: number) {
  const rowOf = ([price, qty, count]: Depth["bids"][number]): WireLevel => [
    Number(price) / 1e8,
    Number(qty) / 1e8,
    count,
  ];
  return { bids: bids.slice(0, levels).map(rowOf), asks: asks.slice(0, levels).map(rowOf) };
}

function apply(held: Map<number, WireLevel>, levels: readonly WireLevel[]): void {
  for (const level of levels) {
    const [price, , orderCount] = level;
    if (orderCount === 0) assert.ok(held.delete(price), "only what is held goes");
    else held.set(price, level);
  }
}

export const { Buy, Sell } = Side;
