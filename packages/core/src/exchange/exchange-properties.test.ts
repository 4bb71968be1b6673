/**
 * Laws over any sequence of commands, and the comparison with the naive book. Prices are few and
 * near each other, accounts are few, so that trades, self-trades and long sweeps are frequent.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Account,
  CancelReason,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  type VenueCommand,
} from "../model/index.ts";
import { NaiveBook } from "./book-naive.ts";
import { Exchange } from "./exchange.ts";
import { decodeExchangeEvent, encodeExchangeEvent } from "./exchange-codec.ts";
import type { ExchangeEvent, Traded } from "./exchange-event.ts";

const INSTRUMENTS = REFERENCE_INSTRUMENTS.filter(({ symbol }) => /^(00700|BTC-USDT)$/.test(symbol));
const SYMBOLS = INSTRUMENTS.map(({ symbol }) => symbol);
const PARAMETERS = { numRuns: 150 };
/**
 * Resting bids lie below it, resting asks from it on; each side has more prices than ten queues.
 */
const MIDDLE_TICKS = 20;

test("exchange: any commands give the same events and books as the naive book", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const exchange = new Exchange(INSTRUMENTS);
      const naive = new Exchange(INSTRUMENTS, () => new NaiveBook());
      play(sequence, (command) => {
        const handled = exchange.handle(command);
        assert.deepEqual(handled, naive.handle(command));
        assert.deepEqual(exchange.depth(command.symbol, 4), naive.depth(command.symbol, 4));
        assert.equal(exchange.openOrderCount, naive.openOrderCount);
        return handled.events;
      });
      assert.deepEqual(stateOf(exchange), stateOf(naive));
    }),
    PARAMETERS,
  );
});

test("exchange: decide changes nothing and decides the same again", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const exchange = new Exchange(INSTRUMENTS);
      play(sequence, (command) => {
        const before = stateOf(exchange);
        const decided = exchange.decide(command);
        assert.deepEqual(stateOf(exchange), before);
        const { events } = exchange.handle(command);
        assert.deepEqual(events, decided);
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: a book is never crossed", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const exchange = new Exchange(INSTRUMENTS);
      play(sequence, (command) => {
        const { events } = exchange.handle(command);
        const bid = exchange.bestBid(command.symbol);
        const ask = exchange.bestAsk(command.symbol);
        assert.ok(bid === null || ask === null || bid < ask);
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: of every order, entered = traded + removed + resting", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const exchange = new Exchange(INSTRUMENTS);
      const left = new Map<OrderId, number>();
      const take = (orderId: OrderId, lots: number): void => {
        left.set(orderId, (left.get(orderId) ?? 0) - lots);
      };
      for (const event of play(sequence, (command) => exchange.handle(command).events)) {
        if (event.type === "Entered") left.set(event.orderId, event.lots);
        else if (event.type === "Removed") take(event.orderId, event.lots);
        else {
          take(event.incomingOrderId, event.lots);
          take(event.restingOrderId, event.lots);
        }
      }
      const resting = [...left].filter(([, lots]) => lots !== 0).sort();
      const open = openOrders(exchange).map((order) => [order.orderId, order.lots]);
      assert.deepEqual(resting, open.sort());
    }),
    PARAMETERS,
  );
});

test("exchange: trades follow price, then time, and only the last leaves its resting order lots", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const exchange = new Exchange(INSTRUMENTS);
      play(sequence, (command) => {
        const queue = openOrders(exchange).filter(({ symbol }) => symbol === command.symbol);
        const { events } = exchange.handle(command);
        const trades = events.filter((event) => event.type === "Traded");
        assertPriority(command, trades, queue);
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: events that went through the journal rebuild the same state", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const exchange = new Exchange(INSTRUMENTS);
      const replayed = new Exchange(INSTRUMENTS);
      play(sequence, (command) => {
        const { events, reports } = exchange.handle(command);
        const read = events.map((event) => decodeExchangeEvent(encodeExchangeEvent(event)));
        assert.deepEqual(read, events);
        for (const event of read) replayed.apply(event);
        assert.deepEqual(
          read.flatMap((event) => replayed.reportsOf(event)),
          reports,
        );
        return events;
      });
      assert.deepEqual(stateOf(replayed), stateOf(exchange));
    }),
    PARAMETERS,
  );
});

test("exchange: a restored snapshot is the same state and has the same future", () => {
  fc.assert(
    fc.property(steps(), fc.nat(80), (sequence, cut) => {
      const exchange = new Exchange(INSTRUMENTS);
      let restored = exchange;
      let commandCount = 0;
      play(sequence, (command) => {
        commandCount += 1;
        if (commandCount === cut) {
          restored = Exchange.restore(INSTRUMENTS.toReversed(), exchange.snapshotLines());
          assert.deepEqual(stateOf(restored), stateOf(exchange));
        }
        const handled = exchange.handle(command);
        if (restored !== exchange) assert.deepEqual(restored.handle(command), handled);
        return handled.events;
      });
      assert.deepEqual(stateOf(restored), stateOf(exchange));
    }),
    PARAMETERS,
  );
});

test("exchange codec: any event is read as it was written", () => {
  fc.assert(
    fc.property(anyEvent(), (event) => {
      assert.deepEqual(decodeExchangeEvent(encodeExchangeEvent(event)), event);
    }),
  );
});

test("exchange codec: an unknown kind or a missing cell is a bug", () => {
  const kinds = ["E", "T", "C", "L", "S"];
  for (const kind of kinds) assert.throws(() => decodeExchangeEvent(`["${kind}","AAPL"]`), /cells/);
  assert.throws(() => decodeExchangeEvent('["?","AAPL"]'), /of a known kind/);
  assert.throws(() => decodeExchangeEvent("[]"), /inside the array/);
});

/** A command before the ids are known: a cancel names one of the orders then open. */
type Step =
  | {
      readonly symbolIndex: number;
      readonly account: Account;
      readonly side: Side;
      readonly ordType: OrdType;
      readonly ticks: number;
      readonly lots: number;
    }
  | { readonly cancelIndex: number };

/** Quotes that fill many prices, then a mixture of quotes, sweeps through them, and cancels. */
function steps(): fc.Arbitrary<Step[]> {
  const quote = fc
    .record({
      symbolIndex: fc.constantFrom(0, 0, 0, 0, 0, 1),
      account: fc.constantFrom(...accounts("ann", "bob", "cat")),
      side: fc.constantFrom(Side.Buy, Side.Sell),
      ordType: fc.constant(OrdType.Limit),
      distance: fc.nat(MIDDLE_TICKS - 2),
      lots: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ distance, ...order }) => ({
      ...order,
      ticks: order.side === Side.Buy ? MIDDLE_TICKS - 1 - distance : MIDDLE_TICKS + distance,
    }));
  const sweep = fc.record({
    symbolIndex: fc.constantFrom(0, 0, 0, 0, 0, 1),
    // Mostly an account that does not quote: few sweeps end early as self-trades.
    account: fc.constantFrom(...accounts("ann", "eve", "eve", "fay", "fay")),
    side: fc.constantFrom(Side.Buy, Side.Sell),
    ordType: fc.constantFrom(OrdType.Limit, OrdType.EnhancedLimit, OrdType.Market),
    ticks: fc.oneof(fc.integer({ min: 1, max: 2 * MIDDLE_TICKS }), fc.constantFrom(1, 40)),
    lots: fc.integer({ min: 1, max: 60 }),
  });
  const cancel = fc.record({ cancelIndex: fc.nat(1_000) });
  const mixture = fc.oneof(
    { weight: 10, arbitrary: quote },
    { weight: 2, arbitrary: sweep },
    { weight: 4, arbitrary: cancel },
  );
  const opening = fc.array(quote, { maxLength: 60, size: "max" });
  const trading = fc.array(mixture, { minLength: 1, maxLength: 60, size: "max" });
  return fc.tuple(opening, trading).map(([first, then]) => [...first, ...then]);
}

function accounts(...names: string[]): Account[] {
  return names as Account[];
}

/** Turns steps into commands and hands each to `handle`; returns all events. */
function play(
  sequence: readonly Step[],
  handle: (command: VenueCommand) => readonly ExchangeEvent[],
): ExchangeEvent[] {
  const all: ExchangeEvent[] = [];
  /** Orders that may be open, each with its symbol; some have traded since. */
  const candidates: (readonly [OrderId, string])[] = [];
  for (const [index, step] of sequence.entries()) {
    const command = commandOf(step, index, candidates);
    if (command === null) continue;
    if (command.type === "NewOrderSingle") candidates.push([command.orderId, command.symbol]);
    all.push(...handle(command));
  }
  return all;
}

function commandOf(
  step: Step,
  index: number,
  candidates: readonly (readonly [OrderId, string])[],
): VenueCommand | null {
  if ("cancelIndex" in step) {
    const chosen = candidates[step.cancelIndex % Math.max(1, candidates.length)];
    if (chosen === undefined) return null;
    return { type: "OrderCancelRequest", orderId: chosen[0], symbol: chosen[1] };
  }
  const instrument = INSTRUMENTS[step.symbolIndex];
  assert.ok(instrument);
  const ticks = step.ordType === OrdType.Market ? 0 : step.ticks;
  return {
    type: "NewOrderSingle",
    orderId: String(10_000_000_001 + index) as OrderId,
    account: step.account,
    symbol: instrument.symbol,
    side: step.side,
    ordType: step.ordType,
    price: (BigInt(ticks) * instrument.priceTick) as Price,
    orderQty: (BigInt(step.lots) * instrument.lotQty) as Qty,
  };
}

interface OpenOrder {
  readonly symbol: string;
  readonly side: Side;
  readonly lots: number;
  readonly orderId: OrderId;
}

/** In priority order, as a snapshot lists them. */
function openOrders(exchange: Exchange): OpenOrder[] {
  const orders: OpenOrder[] = [];
  let symbol = "";
  for (const line of exchange.snapshotLines()) {
    const [kind, first, , lots, orderId] = JSON.parse(line);
    if (kind === "B") symbol = first;
    if (kind === "O") orders.push({ symbol, side: first, lots, orderId });
  }
  return orders;
}

function assertPriority(
  command: VenueCommand,
  trades: readonly Traded[],
  queue: readonly OpenOrder[],
): void {
  const isNew = command.type === "NewOrderSingle";
  const opposite = isNew ? queue.filter(({ side }) => side !== command.side) : [];
  for (const [index, trade] of trades.entries()) {
    const next = opposite[index];
    assert.equal(trade.restingOrderId, next?.orderId);
    const isLast = index === trades.length - 1;
    assert.ok(next && (trade.lots === next.lots || (isLast && trade.lots < next.lots)));
  }
}

function anyEvent(): fc.Arbitrary<ExchangeEvent> {
  const count = fc.nat(Number.MAX_SAFE_INTEGER);
  const orderId = fc.stringMatching(/^[0-9]{11,20}$/).map((digits) => digits as OrderId);
  const account = fc.string({ maxLength: 20 }).map((name) => name as Account);
  const shared = { symbol: fc.constantFrom(...SYMBOLS), lots: count };
  const entered = {
    type: fc.constant("Entered" as const),
    orderId,
    account,
    side: fc.constantFrom(...Object.values(Side)),
    ordType: fc.constantFrom(...Object.values(OrdType)),
    ticks: count,
    restingTicks: count,
    restingLots: count,
  };
  const traded = {
    type: fc.constant("Traded" as const),
    tradeNo: count,
    incomingOrderId: orderId,
    incomingAccount: account,
    restingOrderId: orderId,
    restingAccount: account,
    ticks: count,
  };
  const { Requested, NoLiquidity, SelfTrade } = CancelReason;
  const reason = fc.constantFrom(Requested, NoLiquidity, SelfTrade);
  const removed = { type: fc.constant("Removed" as const), orderId, account, reason };
  const plain = { noNullPrototype: true };
  return fc.oneof(
    fc.record({ ...shared, ...entered }, plain),
    fc.record({ ...shared, ...traded }, plain),
    fc.record({ ...shared, ...removed }, plain),
  );
}

function stateOf(exchange: Exchange): string[] {
  return [...exchange.snapshotLines()];
}
