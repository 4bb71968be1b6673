import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { Desk, newOrderSingle, ORD_TYPES, REFERENCE_DESK_RULES } from "../desk/index.ts";
import { Exchange } from "../exchange/index.ts";
import {
  type Account,
  formatDecimal,
  type Instrument,
  type MarketName,
  NO_CL_ORD_ID,
  type Order,
  OrdType,
  type PlaceRequest,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
  unixDayAt,
  type VenueCommand,
} from "../model/index.ts";
import { isOnTick, ruleProfile, spreadTableAt } from "../rules/index.ts";
import type { MarketView, ParticipantCommand } from "./participant.ts";
import { participantAccounts, ROSTER } from "./roster.ts";
import { SimulatedMarket, type Turn } from "./simulated-market.ts";
import {
  isWithinReach,
  REACH_STEPS,
  SIMULATED_SYMBOLS,
  simulatedSymbol,
} from "./simulated-symbols.ts";

const T0 = 1_794_794_400_000;
const HOUR_MS = 3_600_000;
const EMPTY: MarketView = { bestBid: null, bestAsk: null, lastPrice: null, ownOrders: [] };

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

/** A desk and an exchange as the gateway has them, and the participants trading there. */
class Floor {
  readonly exchange = new Exchange(REFERENCE_INSTRUMENTS);
  readonly desk = new Desk({
    orderNoPrefix: 22,
    instruments: REFERENCE_INSTRUMENTS,
    rules: REFERENCE_DESK_RULES,
  });
  readonly market: SimulatedMarket;
  readonly lines: string[] = [];
  readonly counts = { commands: 0, trades: 0 };
  nowMs = 0;

  constructor(seed: number) {
    for (const opened of participantAccounts(T0 as UnixMs)) this.desk.apply(opened, 1);
    const lastPrice = (symbol: string) => this.exchange.lastTradePrice(symbol);
    this.market = new SimulatedMarket({ seed, instruments: REFERENCE_INSTRUMENTS, lastPrice });
  }

  run(untilMs: number, look: (command: ParticipantCommand, turn: Turn) => void = () => {}): void {
    while (this.market.nextAtMs <= untilMs) {
      this.nowMs = this.market.nextAtMs;
      for (const turn of this.market.advance(this.nowMs)) {
        for (const command of this.market.decide(turn, this.view(turn))) {
          look(command, turn);
          this.carryOut(turn, command);
        }
      }
    }
  }

  view({ account, symbol }: Pick<Turn, "account" | "symbol">): MarketView {
    const open = [...(this.desk.book(account)?.openOldestFirst() ?? [])];
    return {
      bestBid: this.exchange.bestBid(symbol),
      bestAsk: this.exchange.bestAsk(symbol),
      lastPrice: this.exchange.lastTradePrice(symbol),
      ownOrders: open.filter((order) => order.symbol === symbol),
    };
  }

  carryOut({ account, symbol, atMs }: Turn, command: ParticipantCommand): void {
    this.counts.commands += 1;
    const line = `${String(atMs).padStart(5)} ${account} ${symbol} ${commandText(command)}`;
    this.lines.push(line);
    if (command.type === "Cancel") {
      this.#work({ type: "OrderCancelRequest", orderId: command.orderId, symbol }, null);
    } else {
      this.place(account, command.request);
    }
  }

  place(account: Account, request: PlaceRequest): void {
    const { exchange, desk } = this;
    const { symbol } = request;
    const referencePx = exchange.bestAsk(symbol) ?? exchange.lastTradePrice(symbol);
    const placing = desk.decidePlace(account, request, referencePx, this.#now);
    assert.ok(!("refused" in placing), "refused" in placing ? placing.refused : "");
    this.#work(newOrderSingle(placing), placing);
  }

  #work(command: VenueCommand, placing: Order | null): void {
    const { reports } = this.exchange.handle(command);
    for (const report of reports) {
      const isPlacing = report.orderId === placing?.orderId;
      const event = this.desk.decideReport(report, isPlacing ? placing : null, this.#now);
      this.desk.apply(event, 1);
      if (report.type === "Traded") this.counts.trades += 1;
      assert.notEqual(event.order.cancelReason, "self_trade");
    }
  }

  get #now(): UnixMs {
    return (T0 + this.nowMs) as UnixMs;
  }
}

test("simulated market: the first commands of a seed, makers in one symbol, others in all", () => {
  const floor = new Floor(1);
  floor.run(30_000);
  const makers = floor.lines.filter((line) => /SIM0000[12] 00700/.test(line)).slice(0, 24);
  const others = floor.lines.filter((line) => !/SIM0000[12]/.test(line)).slice(0, 24);
  assert.equal(`\n${[...makers, "", ...others].join("\n")}\n`, FIRST_COMMANDS);
});

test("simulated market: an equal seed gives equal commands, another seed others", () => {
  const linesOf = (seed: number) => {
    const floor = new Floor(seed);
    floor.run(60_000);
    return floor.lines;
  };
  const lines = linesOf(42);
  assert.deepEqual(linesOf(42), lines);
  assert.notDeepEqual(linesOf(43), lines);
});

test("simulated market: moments and fair prices do not depend on what is seen", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const floor = new Floor(seed);
      const lastPrice = () => null;
      const blind = new SimulatedMarket({ seed, instruments: REFERENCE_INSTRUMENTS, lastPrice });
      floor.run(10_000);
      while (blind.nextAtMs <= 10_000) blind.advance(blind.nextAtMs);
      assert.equal(blind.nextAtMs, floor.market.nextAtMs);
      for (const { symbol } of REFERENCE_INSTRUMENTS) {
        assert.equal(blind.fairPrice(symbol), floor.market.fairPrice(symbol));
      }
    }),
    { numRuns: 10 },
  );
});

test("simulated market: in an hour the books live, and nobody's money is lost", () => {
  const floor = new Floor(2026);
  const settledMs = 5_000; // The first quotes are on their way until then.
  const wholeAtMs = new Map<string, number>();
  let longestMs = 0;
  floor.run(HOUR_MS, () => {
    for (const { symbol } of REFERENCE_INSTRUMENTS) {
      const { exchange, nowMs } = floor;
      const isWhole = exchange.bestBid(symbol) !== null && exchange.bestAsk(symbol) !== null;
      if (isWhole || nowMs < settledMs) wholeAtMs.set(symbol, nowMs);
      longestMs = Math.max(longestMs, nowMs - (wholeAtMs.get(symbol) ?? 0));
    }
  });
  assert.ok(longestMs <= 5_000, `${longestMs} ms without a price`);
  const { commands, trades } = floor.counts;
  assert.ok(commands > 3 * 3_600 && commands < 7 * 3_600, `${commands} commands`);
  assert.ok(trades > 1_000, `${trades} reports of trades`);
  assertConserved(floor.desk);
  for (const { symbol } of REFERENCE_INSTRUMENTS) {
    assert.notEqual(floor.exchange.lastTradePrice(symbol), null, symbol);
  }
});

test("simulated market: prices and sizes are on the grid and within bounds, open orders few", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const floor = new Floor(seed);
      floor.run(5 * 60_000, (command, turn) => {
        if (command.type === "Place") assertSound(command.request, floor.market);
        assert.ok(floor.view(turn).ownOrders.length <= 8);
      });
      assertConserved(floor.desk);
    }),
    { numRuns: 10 },
  );
});

test("simulated market: the same orders are legal under the exchanges' own spreads", () => {
  const { markets } = ruleProfile("strict", { seed: 1 });
  const today = unixDayAt(T0 as UnixMs, 0);
  const floor = new Floor(8);
  floor.run(5 * 60_000, (command) => {
    if (command.type === "Cancel" || command.request.price === null) return;
    const { spreads } = markets[command.request.market];
    if (spreads === null) return;
    assert.ok(isOnTick(spreadTableAt(spreads, today), command.request.price as Price));
  });
});

test("simulated market: a client's orders at the best price are filled within minutes", () => {
  let filledCount = 0;
  for (let seed = 0; seed < 5; seed += 1) {
    const floor = new Floor(seed);
    floor.run(30_000);
    const [template] = participantAccounts(T0 as UnixMs);
    assert.ok(template !== undefined);
    const account = "CLIENT" as Account;
    floor.desk.apply({ ...template, account }, 1);
    for (const { symbol, markets, lotQty } of REFERENCE_INSTRUMENTS) {
      const price = floor.exchange.bestBid(symbol);
      assert.ok(price !== null);
      floor.place(account, clientBuy(symbol, at(markets, 0), price, lotQty));
    }
    floor.run(10 * 60_000);
    filledCount += REFERENCE_INSTRUMENTS.length - (floor.desk.book(account)?.openCount ?? 0);
  }
  // Not all of them: the market may leave for good, as markets do.
  assert.ok(filledCount >= 16, `${filledCount} of 20`);
});

test("simulated market: after a pause nobody makes up for lost time", () => {
  const market = newMarket(3);
  const turns = market.advance(10 * HOUR_MS);
  assert.ok(turns.length <= ROSTER.length * SIMULATED_SYMBOLS.length, `${turns.length} turns`);
  assert.ok(turns.every(({ atMs }) => 10 * HOUR_MS - atMs <= 1_000));
  assert.ok(market.nextAtMs > 10 * HOUR_MS);
});

test("simulated market: turns come in the order of their moments", () => {
  const market = newMarket(3);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 900) {
    const moments = market.advance(nowMs).map(({ atMs }) => atMs);
    assert.deepEqual(
      moments,
      moments.toSorted((a, b) => a - b),
    );
    assert.ok(moments.every((atMs) => atMs > nowMs - 900 && atMs <= nowMs));
  }
});

test("simulated market: it begins at the last price, or at the bound next to it", () => {
  const begin = (text: string) => {
    const lastPrice = () => (BigInt(text) * 1_000_000n) as Price;
    const market = new SimulatedMarket({ seed: 1, instruments: REFERENCE_INSTRUMENTS, lastPrice });
    return formatDecimal(market.fairPrice("00700"));
  };
  assert.deepEqual(["45300", "1", "99999999"].map(begin), ["453", "436.5", "463.5"]);
});

test("simulated market: the documentation's example order rests out of everybody's reach", () => {
  const [spec] = SIMULATED_SYMBOLS;
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(spec !== undefined && tencent !== undefined);
  const symbol = simulatedSymbol(spec, tencent);
  assert.ok(!isWithinReach(symbol, symbol.lowestPx, 42_383_000_000n as Price));
});

test("simulated market: instruments without a row, or that it does not fit, are not traded", () => {
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  const other: Instrument = { ...tencent, symbol: "00001" };
  const lastPrice = () => null;
  const market = new SimulatedMarket({ seed: 1, instruments: [tencent, other], lastPrice });
  const symbols = new Set<string>();
  for (let nowMs = 0; nowMs < 30_000; nowMs += 500) {
    for (const { symbol } of market.advance(nowMs)) symbols.add(symbol);
  }
  assert.deepEqual([...symbols], ["00700"]);
  const coarse = { ...tencent, priceTick: (3n * tencent.priceTick) as Price };
  for (const each of [other, coarse, { ...tencent, lotQty: (3n * tencent.lotQty) as Qty }]) {
    const idle = new SimulatedMarket({ seed: 1, instruments: [each], lastPrice });
    assert.equal(idle.nextAtMs, Number.POSITIVE_INFINITY);
    assert.deepEqual(idle.advance(30_000), []);
  }
});

test("simulated market: an empty book gets quotes on both sides from the first maker", () => {
  const market = newMarket(1);
  for (;;) {
    const turn = market.advance(market.nextAtMs).find(({ account }) => account === "SIM00001");
    if (turn === undefined) continue;
    const commands = market.decide(turn, EMPTY);
    const sides = commands.map((each) => each.type === "Place" && each.request.side);
    assert.deepEqual(sides, [..."11112222"]);
    return;
  }
});

test("roster: accounts are unique, sums are decimals, and all products are there", () => {
  const rows = participantAccounts(0 as UnixMs);
  assert.equal(new Set(rows.map(({ account }) => account)).size, ROSTER.length);
  for (const { cash, holdings, shortSellingAllowed } of rows) {
    const names = [...cash, ...holdings].map(([name]) => name);
    for (const { currency, product } of REFERENCE_INSTRUMENTS) {
      assert.ok(names.includes(currency) && names.includes(product));
    }
    assert.equal(shortSellingAllowed, false);
  }
});

function newMarket(seed: number): SimulatedMarket {
  const lastPrice = () => null;
  return new SimulatedMarket({ seed, instruments: REFERENCE_INSTRUMENTS, lastPrice });
}

function clientBuy(
  symbol: string,
  market: MarketName,
  price: Price,
  orderQty: bigint,
): PlaceRequest {
  const [ordType, side, timeInForce] = [OrdType.Limit, Side.Buy, TimeInForce.Day];
  const unnamed = { stopPx: null, clOrdId: NO_CL_ORD_ID, portfolioId: "" };
  return { market, symbol, ordType, side, timeInForce, orderQty, price, ...unnamed };
}

function assertSound(request: PlaceRequest, market: SimulatedMarket): void {
  const index = SIMULATED_SYMBOLS.findIndex(({ symbol }) => symbol === request.symbol);
  const spec = at(SIMULATED_SYMBOLS, index);
  const instrument = REFERENCE_INSTRUMENTS.find(({ symbol }) => symbol === request.symbol);
  assert.ok(instrument !== undefined);
  const { stepPx, lowestPx, highestPx, quoteQty, tradeQty } = simulatedSymbol(spec, instrument);
  const { orderQty, ordType, price, timeInForce } = request;
  assert.ok(ORD_TYPES[ordType].timesInForce.includes(timeInForce));
  assert.equal(orderQty % instrument.lotQty, 0n);
  assert.ok(orderQty >= tradeQty.min && orderQty <= quoteQty.max);
  assert.equal(price === null, ordType === OrdType.Market);
  if (price === null) return;
  assert.equal(price % stepPx, 0n);
  const reach = REACH_STEPS * stepPx;
  assert.ok(price >= lowestPx - reach && price <= highestPx + reach);
  const fairPx = market.fairPrice(request.symbol);
  assert.ok(price >= fairPx - reach && price <= fairPx + reach);
}

function assertConserved({ ledger }: Desk): void {
  for (const { currency, product } of REFERENCE_INSTRUMENTS) {
    assert.equal(ledger.total({ assetClass: "Cash", name: currency }), 0n);
    assert.equal(ledger.total({ assetClass: "Holding", name: product }), 0n);
  }
}

function commandText(command: ParticipantCommand): string {
  if (command.type === "Cancel") return `cancel ${command.orderId}`;
  const { side, orderQty, price, timeInForce } = command.request;
  const isNow = timeInForce === TimeInForce.ImmediateOrCancel;
  const verb = side === Side.Buy ? "buy" : "sell";
  const terms = price === null ? "at market" : `at ${formatDecimal(price)}`;
  return `${verb} ${formatDecimal(orderQty)} ${terms}${isNow ? " or cancel" : ""}`;
}

const FIRST_COMMANDS = `
  157 SIM00002 00700 buy 900 at 449.6
  157 SIM00002 00700 buy 1800 at 449.2
  157 SIM00002 00700 buy 1400 at 448.8
  157 SIM00002 00700 buy 700 at 448.4
  157 SIM00002 00700 sell 900 at 450.4
  157 SIM00002 00700 sell 2000 at 450.8
  157 SIM00002 00700 sell 2700 at 451.2
  157 SIM00002 00700 sell 1900 at 451.6
  429 SIM00001 00700 buy 2700 at 449.8
  429 SIM00001 00700 buy 2200 at 449.6
  429 SIM00001 00700 buy 2600 at 449.4
  429 SIM00001 00700 buy 1000 at 449.2
  429 SIM00001 00700 sell 1500 at 450.2
  429 SIM00001 00700 sell 3000 at 450.4
  429 SIM00001 00700 sell 1000 at 450.6
  429 SIM00001 00700 sell 2900 at 450.8
20089 SIM00001 00700 cancel 22000000021
20089 SIM00001 00700 cancel 22000000022
20089 SIM00001 00700 buy 2000 at 450
20089 SIM00001 00700 sell 2500 at 451

  235 SIM00004 BTC-USDT sell 0.044616 at 60020
  834 SIM00003 00700 sell 100 at 450.6
 1606 SIM00003 BTC-USDT sell 0.114948 at market
 1684 SIM00003 AAPL buy 75 at 189.96
 2049 SIM00005 BTC-USDT sell 0.056063 at market
 2221 SIM00004 DODO-USDT buy 10347.72 at market
 2546 SIM00004 AAPL buy 146 at 189.94
 3067 SIM00003 00700 sell 200 at 450.6
 3327 SIM00003 DODO-USDT buy 18708.36 at 0.04998
 3510 SIM00005 00700 sell 500 at 450.2
 3522 SIM00004 00700 sell 600 at 450.2
 3576 SIM00003 AAPL cancel 22000000060
 4049 SIM00003 BTC-USDT buy 0.070151 at market
 5464 SIM00003 00700 sell 200 at market
 5753 SIM00003 AAPL sell 52 at 190.04
 5780 SIM00003 BTC-USDT buy 0.017207 at 59980
 5838 SIM00005 DODO-USDT buy 17624.69 at 0.04995
 5904 SIM00003 DODO-USDT cancel 22000000075
 6434 SIM00005 AAPL buy 96 at 189.96
 7316 SIM00004 00700 cancel 22000000077
 7531 SIM00004 BTC-USDT cancel 22000000017
 7690 SIM00003 DODO-USDT buy 11611.9 at 0.04995
 7824 SIM00003 BTC-USDT buy 0.131309 at market
 8119 SIM00004 DODO-USDT buy 10521.92 at market
`;
