/**
 * Laws over any sequence of commands, and the comparison with the naive exchange. Prices are few
 * and near each other, accounts are few, so that trades, self-trades, long sweeps, cascades of
 * stop orders and crossed auctions are frequent.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cellsOf } from "../model/columns.ts";
import {
  type Account,
  type Instrument,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
} from "../model/index.ts";
import { type DepthChange, depthChangesOf } from "./depth-change.ts";
import { type DepthRow, Exchange } from "./exchange.ts";
import { decodeExchangeEvent, encodeExchangeEvent } from "./exchange-codec.ts";
import { type ExchangeCommand, MarketPhase } from "./exchange-command.ts";
import type { ExchangeEvent, MarketEvent } from "./exchange-event.ts";
import { NaiveExchange } from "./exchange-naive.ts";

/** 00700 takes odd lots, BTC-USDT does not. */
const INSTRUMENTS = REFERENCE_INSTRUMENTS.filter(({ symbol }) => /^(00700|BTC-USDT)$/.test(symbol));
const ODD_LOT_SYMBOL = "00700";
const SYMBOLS = INSTRUMENTS.map(({ symbol }) => symbol);
const PARAMETERS = { numRuns: 150 };
/**
 * Resting bids lie below it, resting asks from it on; each side has more prices than ten queues.
 */
const MIDDLE_TICKS = 20;

test("exchange: any commands give the same reports and books as the naive exchange", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const naive = new NaiveExchange(INSTRUMENTS);
      const played = new Play();
      played.run(sequence, (command) => {
        const { symbol } = command;
        const handled = played.exchange.handle(command);
        const market = naive.market(symbol);
        assert.deepEqual(handled.reports, naive.handle(command));
        assert.deepEqual(played.exchange.depth(symbol, 4), market.depth(4));
        assert.equal(played.exchange.lastTradePrice(symbol) ?? 0n, market.lastPx);
        return handled.events;
      });
      assert.equal(played.exchange.openOrderCount, naive.orderCount);
    }),
    { numRuns: 400 },
  );
});

test("exchange: decide changes nothing and decides the same again", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      played.run(sequence, (command) => {
        const before = stateOf(played.exchange);
        const decided = played.exchange.decide(command);
        assert.deepEqual(played.exchange.decideTriggered(command.symbol), []);
        assert.deepEqual(stateOf(played.exchange), before);
        const { events } = played.exchange.handle(command);
        assert.deepEqual(events.slice(0, decided.length), decided);
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: outside an auction a book is never crossed", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      played.run(sequence, (command) => {
        const { events } = played.exchange.handle(command);
        const bid = played.exchange.bestBid(command.symbol);
        const ask = played.exchange.bestAsk(command.symbol);
        const isAuction = played.exchange.phase(command.symbol) === MarketPhase.Auction;
        assert.ok(bid === null || ask === null || bid < ask || isAuction);
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: of every order, quantity = traded + removed + open, whatever replaced it", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      const left = new Map<OrderId, number>();
      const traded = new Map<OrderId, number>();
      const trade = (orderId: OrderId, lots: number): void => {
        left.set(orderId, (left.get(orderId) ?? 0) - lots);
        traded.set(orderId, (traded.get(orderId) ?? 0) + lots);
      };
      const latest = new Map<OrderId, number>();
      const give = (orderId: OrderId, orderLots: number): void => {
        latest.set(orderId, orderLots);
        left.set(orderId, orderLots - (traded.get(orderId) ?? 0));
      };
      const handle = (command: ExchangeCommand) => played.exchange.handle(command).events;
      for (const event of played.run(sequence, handle).map(bare)) {
        if (event.type === "Entered" || event.type === "StopEntered")
          give(event.orderId, event.lots);
        if (event.type === "StopReplaced") give(event.orderId, event.lots);
        if (event.type === "Reduced" || event.type === "Replaced") {
          give(event.orderId, event.orderLots);
        }
        if (event.type === "Removed") {
          left.set(event.orderId, (left.get(event.orderId) ?? 0) - event.lots);
        }
        if (event.type === "Traded") {
          trade(event.incomingOrderId, event.lots);
          trade(event.restingOrderId, event.lots);
        }
        if (event.type === "AuctionTraded") {
          trade(event.buyOrderId, event.lots);
          trade(event.sellOrderId, event.lots);
        }
      }
      for (const [orderId, lots] of traded) assert.ok(lots <= (latest.get(orderId) ?? 0));
      const expected = [...left].filter(([, lots]) => lots !== 0).sort();
      assert.deepEqual(openLots(played.exchange).sort(), expected);
    }),
    PARAMETERS,
  );
});

test("exchange: no account trades with itself, and an auction trades at one price", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      played.run(sequence, (command) => {
        const { events } = played.exchange.handle(command);
        for (const event of events.map(bare)) {
          if (event.type === "Traded") {
            assert.notEqual(event.incomingAccount, event.restingAccount);
          } else if (event.type === "AuctionTraded") {
            const [first] = events;
            assert.notEqual(event.buyAccount, event.sellAccount);
            assert.ok(first?.type === "Uncrossed" && first.ticks === event.ticks);
          }
        }
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: a buy without a price never trades above its protection, at once or triggered", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      const protectedAt = new Map<OrderId, Price>();
      played.run(sequence, (command) => {
        const { events, reports } = played.exchange.handle(command);
        const isNew = command.type === "NewOrderSingle";
        if (isNew || (command.type === "OrderCancelReplaceRequest" && events.length > 0)) {
          protectedAt.set(command.orderId, command.protectionPx);
        }
        for (const report of reports) {
          if (report.type !== "Traded") continue;
          const protectionPx = protectedAt.get(report.orderId) ?? 0n;
          assert.ok(protectionPx === 0n || report.lastPx <= protectionPx);
        }
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: fill-or-kill trades whole or not at all, an immediate order never rests", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      played.run(sequence, (command) => {
        const { events } = played.exchange.handle(command);
        for (const event of events) {
          if (event.type !== "Entered" && event.type !== "Triggered") continue;
          const { orderId, timeInForce, lots, restingLots } = event;
          const trades = events.filter((each) => each.type === "Traded");
          const traded = trades.filter((trade) => trade.incomingOrderId === orderId);
          const tradedLots = traded.reduce((sum, trade) => sum + trade.lots, 0);
          if (timeInForce === TimeInForce.ImmediateOrCancel) assert.equal(restingLots, 0);
          if (timeInForce === TimeInForce.FillOrKill) {
            assert.ok(tradedLots === 0 || tradedLots === lots);
          }
        }
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: a view kept by depth changes is the book's depth after every command", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      const views = new Map(SYMBOLS.map((symbol) => [symbol, new DepthView()]));
      played.run(sequence, (command) => {
        const { events } = played.exchange.handle(command);
        const view = views.get(command.symbol);
        assert.ok(view);
        for (const event of events) for (const change of depthChangesOf(event)) view.take(change);
        const { bids, asks } = played.exchange.depth(command.symbol, 1_000);
        const instrument = INSTRUMENTS.find(({ symbol }) => symbol === command.symbol);
        assert.ok(instrument);
        const rowOf = ([ticks, { lots, orderCount }]: ViewLevel): DepthRow => [
          (BigInt(ticks) * instrument.priceTick) as Price,
          (BigInt(lots) * instrument.lotQty) as Qty,
          orderCount,
        ];
        assert.deepEqual(view.side(Side.Buy).map(rowOf), bids);
        assert.deepEqual(view.side(Side.Sell).map(rowOf), asks);
        return events;
      });
    }),
    PARAMETERS,
  );
});

test("exchange: odd lots do not touch the book of board lots, its last trade or stop orders", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      // The other one never hears of odd lots, and its trades are numbered apart.
      const without = new Exchange(INSTRUMENTS);
      const isOdd = new Set<OrderId>();
      played.run(sequence, (command) => {
        const { events } = played.exchange.handle(command);
        for (const event of events) {
          if (event.type === "OddLot" && event.event.type === "Entered")
            isOdd.add(event.event.orderId);
        }
        if (!("orderId" in command && isOdd.has(command.orderId))) without.handle(command);
        const { symbol } = command;
        assert.deepEqual(played.exchange.depth(symbol, 1_000), without.depth(symbol, 1_000));
        assert.equal(played.exchange.lastTradePrice(symbol), without.lastTradePrice(symbol));
        assert.equal(played.exchange.bestBid(symbol), without.bestBid(symbol));
        return events;
      });
      const boardLots = played.exchange.openOrderCount - oddLotCount(played.exchange);
      assert.equal(without.openOrderCount, boardLots);
    }),
    PARAMETERS,
  );
});

test("exchange: events that went through the journal rebuild the same state", () => {
  fc.assert(
    fc.property(steps(), (sequence) => {
      const played = new Play();
      const replayed = new Exchange(INSTRUMENTS);
      played.run(sequence, (command) => {
        const { events, reports } = played.exchange.handle(command);
        const read = events.map((event) => decodeExchangeEvent(encodeExchangeEvent(event)));
        assert.deepEqual(read, events);
        for (const event of read) replayed.apply(event);
        assert.deepEqual(
          read.flatMap((event) => replayed.reportsOf(event)),
          reports,
        );
        return events;
      });
      assert.deepEqual(stateOf(replayed), stateOf(played.exchange));
    }),
    PARAMETERS,
  );
});

test("exchange: a restored snapshot is the same state and has the same future", () => {
  fc.assert(
    fc.property(steps(), fc.nat(80), (sequence, cut) => {
      const played = new Play();
      let restored = played.exchange;
      let commandCount = 0;
      played.run(sequence, (command) => {
        commandCount += 1;
        if (commandCount === cut) {
          restored = Exchange.restore(INSTRUMENTS.toReversed(), played.exchange.snapshotLines());
          assert.deepEqual(stateOf(restored), stateOf(played.exchange));
        }
        const handled = played.exchange.handle(command);
        if (restored !== played.exchange) assert.deepEqual(restored.handle(command), handled);
        return handled.events;
      });
      assert.deepEqual(stateOf(restored), stateOf(played.exchange));
    }),
    PARAMETERS,
  );
});

/** A command before the ids are known: a cancel or a replace names one of the orders then open. */
type Step =
  | {
      readonly kind: "Enter";
      readonly symbolIndex: number;
      readonly account: Account;
      readonly side: Side;
      readonly ordType: OrdType;
      readonly timeInForce: TimeInForce;
      readonly ticks: number;
      readonly stopTicks: number;
      /** Taken by a buy without a price only; 0 for none. */
      readonly protectionTicks: number;
      readonly lots: number;
    }
  | { readonly kind: "Cancel"; readonly chosen: number }
  | {
      readonly kind: "Replace";
      readonly chosen: number;
      /** Added to the price and the trigger; 0 leaves them as they are. */
      readonly ticksUp: number;
      readonly lots: number;
    }
  /** In steps of odd lots. */
  | {
      readonly kind: "EnterOdd";
      readonly account: Account;
      readonly side: Side;
      readonly timeInForce: TimeInForce;
      readonly ticks: number;
      readonly lots: number;
    }
  | { readonly kind: "Turn"; readonly symbolIndex: number; readonly referenceTicks: number }
  | { readonly kind: "Close" | "Expire"; readonly symbolIndex: number };

const symbolIndex = fc.constantFrom(0, 0, 0, 0, 0, 1);
const side = fc.constantFrom(Side.Buy, Side.Sell);
const lasting = fc.constantFrom(TimeInForce.Day, TimeInForce.Day, TimeInForce.GoodTillCancel);

/** Quotes that fill many prices, then a mixture of everything. */
function steps(): fc.Arbitrary<Step[]> {
  const mixture = fc.oneof(
    { weight: 20, arbitrary: quote() },
    { weight: 6, arbitrary: sweep() },
    { weight: 6, arbitrary: stop() },
    { weight: 3, arbitrary: atAuction() },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("Cancel"), chosen: fc.nat(1_000) }) },
    { weight: 6, arbitrary: replace() },
    { weight: 8, arbitrary: oddLot() },
    { weight: 2, arbitrary: turn() },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("Close", "Expire"), symbolIndex }) },
  ) as fc.Arbitrary<Step>;
  const opening = fc.array(quote() as fc.Arbitrary<Step>, { maxLength: 60, size: "max" });
  const trading = fc.array(mixture, { minLength: 1, maxLength: 80, size: "max" });
  return fc.tuple(opening, trading).map(([first, then]) => [...first, ...then]);
}

function quote() {
  return fc
    .record({
      kind: fc.constant("Enter"),
      symbolIndex,
      account: fc.constantFrom(...accounts("ann", "bob", "cat")),
      side,
      ordType: fc.constant(OrdType.Limit),
      timeInForce: lasting,
      distance: fc.nat(MIDDLE_TICKS - 2),
      stopTicks: fc.constant(0),
      protectionTicks: fc.constant(0),
      lots: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ distance, ...order }) => ({
      ...order,
      ticks: order.side === Side.Buy ? MIDDLE_TICKS - 1 - distance : MIDDLE_TICKS + distance,
    }));
}

function sweep() {
  return fc.record({
    kind: fc.constant("Enter"),
    symbolIndex,
    // Mostly an account that does not quote: few sweeps end early as self-trades.
    account: fc.constantFrom(...accounts("ann", "eve", "eve", "fay", "fay")),
    side,
    ordType: fc.constantFrom(OrdType.Limit, OrdType.EnhancedLimit, OrdType.Market),
    timeInForce: fc.constantFrom(...Object.values(TimeInForce)),
    ticks: fc.oneof(fc.integer({ min: 1, max: 2 * MIDDLE_TICKS }), fc.constantFrom(1, 40)),
    stopTicks: fc.constant(0),
    protectionTicks: protection(),
    lots: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5 })),
  });
}

function stop() {
  return fc.record({
    kind: fc.constant("Enter"),
    symbolIndex,
    account: fc.constantFrom(...accounts("ann", "eve", "fay", "gus")),
    side,
    ordType: fc.constantFrom(OrdType.StopLimit, OrdType.StopMarket),
    timeInForce: fc.constantFrom(...Object.values(TimeInForce)),
    ticks: fc.integer({ min: 5, max: 35 }),
    stopTicks: fc.integer({ min: 5, max: 35 }),
    protectionTicks: protection(),
    lots: fc.integer({ min: 1, max: 8 }),
  });
}

/** Around the middle, so that odd lots meet each other and prices at which board lots rest. */
function oddLot() {
  return fc.record({
    kind: fc.constant("EnterOdd"),
    account: fc.constantFrom(...accounts("ann", "bob", "cat")),
    side,
    timeInForce: lasting,
    ticks: fc.integer({ min: MIDDLE_TICKS - 3, max: MIDDLE_TICKS + 3 }),
    lots: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(99)),
  });
}

function protection() {
  return fc.oneof(fc.constant(0), fc.integer({ min: MIDDLE_TICKS - 2, max: MIDDLE_TICKS + 9 }));
}

function atAuction() {
  return fc.record({
    kind: fc.constant("Enter"),
    symbolIndex,
    account: fc.constantFrom(...accounts("ann", "eve", "fay", "gus")),
    side,
    ordType: fc.constantFrom(OrdType.Auction, OrdType.AuctionLimit),
    timeInForce: lasting,
    ticks: fc.integer({ min: 15, max: 25 }),
    stopTicks: fc.constant(0),
    protectionTicks: fc.constant(0),
    lots: fc.integer({ min: 1, max: 8 }),
  });
}

function replace() {
  return fc.record({
    kind: fc.constant("Replace"),
    chosen: fc.nat(1_000),
    ticksUp: fc.constantFrom(0, 0, 0, -2, 1, 3, -9, 9),
    lots: fc.integer({ min: 1, max: 6 }),
  });
}

/** Into the auction from trading; out of the auction by its matching. */
function turn() {
  return fc.record({
    kind: fc.constant("Turn"),
    symbolIndex,
    referenceTicks: fc.oneof(fc.constant(0), fc.integer({ min: 10, max: 30 })),
  });
}

function accounts(...names: string[]): Account[] {
  return names as Account[];
}

/** What is known of an order that may be open. */
interface Candidate {
  readonly orderId: OrderId;
  readonly symbol: string;
  readonly ordType: OrdType;
  /** What its lots are steps of. */
  readonly lotQty: bigint;
  ticks: number;
  stopTicks: number;
  protectionTicks: number;
}

/** An exchange, and what turns steps into commands that break no precondition. */
class Play {
  readonly exchange = new Exchange(INSTRUMENTS);
  readonly #candidates: Candidate[] = [];
  readonly #traded = new Map<OrderId, number>();
  #orderCount = 0;

  /** Hands each command to `handle`, which lets the exchange handle it; returns all events. */
  run(
    sequence: readonly Step[],
    handle: (command: ExchangeCommand) => readonly ExchangeEvent[],
  ): ExchangeEvent[] {
    const all: ExchangeEvent[] = [];
    for (const step of sequence) {
      for (const command of this.#commandsOf(step)) {
        const events = handle(command);
        for (const event of events) this.#note(event);
        all.push(...events);
      }
    }
    return all;
  }

  #commandsOf(step: Step): ExchangeCommand[] {
    switch (step.kind) {
      case "Enter":
        return this.#enter(step);
      case "EnterOdd":
        return this.#enterOdd(step);
      case "Cancel": {
        const chosen = this.#chosen(step.chosen);
        return chosen === undefined ? [] : [{ type: "OrderCancelRequest", ...nameOf(chosen) }];
      }
      case "Replace":
        return this.#replace(step);
      case "Turn":
        return this.#turn(symbolOf(step.symbolIndex), step.referenceTicks);
      case "Close":
        return this.#close(symbolOf(step.symbolIndex));
      case "Expire":
        return [{ type: "ExpireDay", symbol: symbolOf(step.symbolIndex) }];
    }
  }

  #enter(step: Step & { readonly kind: "Enter" }): ExchangeCommand[] {
    const symbol = symbolOf(step.symbolIndex);
    const phase = this.exchange.phase(symbol);
    const { side, account } = step;
    const isAuctionType = step.ordType === OrdType.Auction || step.ordType === OrdType.AuctionLimit;
    const isStop = step.ordType === OrdType.StopLimit || step.ordType === OrdType.StopMarket;
    let { ordType, timeInForce } = step;
    if (phase === MarketPhase.Closed) return [];
    if (phase === MarketPhase.Auction) {
      if (ordType === OrdType.Market) ordType = OrdType.Auction;
      if (!isStop && !isLasting(timeInForce)) timeInForce = TimeInForce.Day;
    } else if (isAuctionType) ordType = OrdType.Limit;
    const hasPrice =
      ordType !== OrdType.Market && ordType !== OrdType.StopMarket && ordType !== OrdType.Auction;
    const ticks = hasPrice ? step.ticks : 0;
    const stopTicks = isStop ? step.stopTicks : 0;
    this.#orderCount += 1;
    const orderId = String(10_000_000_000 + this.#orderCount) as OrderId;
    const takesProtection = ordType === OrdType.Market || ordType === OrdType.StopMarket;
    const protectionTicks = takesProtection && side === Side.Buy ? step.protectionTicks : 0;
    const { lotQty } = instrumentOf(symbol);
    const candidate = { orderId, symbol, ordType, lotQty, ticks, stopTicks, protectionTicks };
    this.#candidates.push(candidate);
    const terms = termsOf(candidate, step.lots);
    const nature = { orderId, account, symbol, side, ordType, timeInForce };
    return [{ type: "NewOrderSingle", ...nature, ...terms }];
  }

  #enterOdd(step: Step & { readonly kind: "EnterOdd" }): ExchangeCommand[] {
    const { side, account, timeInForce, ticks, lots } = step;
    const { symbol, oddLotQty } = instrumentOf(ODD_LOT_SYMBOL);
    assert.ok(oddLotQty);
    if (this.exchange.phase(symbol) === MarketPhase.Closed) return [];
    this.#orderCount += 1;
    const orderId = String(10_000_000_000 + this.#orderCount) as OrderId;
    const ordType = OrdType.Limit;
    const prices = { ticks, stopTicks: 0, protectionTicks: 0 };
    const candidate = { orderId, symbol, ordType, lotQty: oddLotQty, ...prices };
    this.#candidates.push(candidate);
    const nature = { orderId, account, symbol, side, ordType, timeInForce };
    return [{ type: "NewOrderSingle", ...nature, ...termsOf(candidate, lots) }];
  }

  #replace(step: Step & { readonly kind: "Replace" }): ExchangeCommand[] {
    const chosen = this.#chosen(step.chosen);
    if (chosen === undefined) return [];
    if (this.exchange.phase(chosen.symbol) === MarketPhase.Closed) return [];
    const moved = (ticks: number): number => (ticks === 0 ? 0 : Math.max(1, ticks + step.ticksUp));
    chosen.ticks = moved(chosen.ticks);
    chosen.stopTicks = moved(chosen.stopTicks);
    const lots = (this.#traded.get(chosen.orderId) ?? 0) + step.lots;
    chosen.protectionTicks = moved(chosen.protectionTicks);
    const { lotQty } = instrumentOf(chosen.symbol);
    // An odd lot that would grow into a board lot is the desk's to refuse.
    if (chosen.lotQty < lotQty && BigInt(lots) * chosen.lotQty >= lotQty) return [];
    const terms = termsOf(chosen, lots);
    return [{ type: "OrderCancelReplaceRequest", ...nameOf(chosen), ...terms }];
  }

  #turn(symbol: string, referenceTicks: number): ExchangeCommand[] {
    if (this.exchange.phase(symbol) !== MarketPhase.Auction) {
      return [{ type: "ChangePhase", symbol, phase: MarketPhase.Auction }];
    }
    return [
      { type: "Uncross", symbol, referenceTicks },
      { type: "ChangePhase", symbol, phase: MarketPhase.Continuous },
    ];
  }

  #close(symbol: string): ExchangeCommand[] {
    const phase = this.exchange.phase(symbol);
    if (phase === MarketPhase.Auction) return [];
    const { Closed, Continuous } = MarketPhase;
    return [{ type: "ChangePhase", symbol, phase: phase === Closed ? Continuous : Closed }];
  }

  #chosen(index: number): Candidate | undefined {
    return this.#candidates[index % Math.max(1, this.#candidates.length)];
  }

  #note(noted: ExchangeEvent): void {
    const event = bare(noted);
    if (event.type === "Traded") {
      this.#noteTrade(event.incomingOrderId, event.lots);
      this.#noteTrade(event.restingOrderId, event.lots);
    } else if (event.type === "AuctionTraded") {
      this.#noteTrade(event.buyOrderId, event.lots);
      this.#noteTrade(event.sellOrderId, event.lots);
    }
    if (event.type !== "Entered" && event.type !== "Replaced") return;
    // An enhanced limit order may rest at another price than its own.
    const entered = this.#candidates.find(({ orderId }) => orderId === event.orderId);
    if (entered !== undefined && event.restingTicks > 0) entered.ticks = event.restingTicks;
  }

  #noteTrade(orderId: OrderId, lots: number): void {
    this.#traded.set(orderId, (this.#traded.get(orderId) ?? 0) + lots);
  }
}

function isLasting(timeInForce: TimeInForce): boolean {
  return timeInForce === TimeInForce.Day || timeInForce === TimeInForce.GoodTillCancel;
}

function nameOf({ orderId, symbol }: Candidate) {
  return { orderId, symbol };
}

function symbolOf(index: number): string {
  const symbol = SYMBOLS[index];
  assert.ok(symbol);
  return symbol;
}

/** What happened, in whichever of an instrument's markets. */
function bare(event: ExchangeEvent): MarketEvent {
  assert.ok(event.type !== "GridSet", "no step here sets a grid");
  return event.type === "OddLot" ? event.event : event;
}

function instrumentOf(symbol: string): Instrument {
  const instrument = INSTRUMENTS.find((each) => each.symbol === symbol);
  assert.ok(instrument);
  return instrument;
}

function termsOf(candidate: Candidate, lots: number) {
  const { symbol, lotQty, ticks, stopTicks, protectionTicks } = candidate;
  const instrument = instrumentOf(symbol);
  return {
    price: (BigInt(ticks) * instrument.priceTick) as Price,
    stopPx: (BigInt(stopTicks) * instrument.priceTick) as Price,
    protectionPx: (BigInt(protectionTicks) * instrument.priceTick) as Price,
    orderQty: (BigInt(lots) * lotQty) as Qty,
  };
}

/** What is open, as a snapshot lists it. */
function openLots(exchange: Exchange): [OrderId, number][] {
  const open: [OrderId, number][] = [];
  for (const line of exchange.snapshotLines()) {
    const cells = JSON.parse(line);
    if (cells[0] === "O") {
      const lots = cellsOf(cells[4], cells[2], Number);
      const ids = cellsOf(cells[7], cells[2], (id) => id as OrderId);
      for (const [row, id] of ids.entries()) open.push([id, lots[row] ?? 0]);
    }
    if (cells[0] === "S") open.push([cells[8], cells[7]]);
  }
  return open;
}

function oddLotCount(exchange: Exchange): number {
  const counts = stateOf(exchange).map((line) => JSON.parse(line));
  return counts.reduce((sum, cells) => sum + (cells[0] === "Q" ? cells[3] : 0), 0);
}

type ViewLevel = [ticks: number, { readonly lots: number; readonly orderCount: number }];

/** A depth as someone outside the exchange keeps it. */
class DepthView {
  readonly #sides = { [Side.Buy]: new Map(), [Side.Sell]: new Map() };

  take({ side, ticks, lots, orderCount }: DepthChange): void {
    const levels: Map<number, ViewLevel[1]> = this.#sides[side];
    const before = levels.get(ticks) ?? { lots: 0, orderCount: 0 };
    const after = { lots: before.lots + lots, orderCount: before.orderCount + orderCount };
    if (after.orderCount === 0) levels.delete(ticks);
    else levels.set(ticks, after);
  }

  side(name: Side): ViewLevel[] {
    const levels: ViewLevel[] = [...this.#sides[name]];
    return levels.sort(([a], [b]) => (name === Side.Buy ? b - a : a - b));
  }
}

function stateOf(exchange: Exchange): string[] {
  return [...exchange.snapshotLines()];
}
