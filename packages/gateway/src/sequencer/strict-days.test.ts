// Goal: under the strict rules, over any days of trading - auctions, halts, new shares, a venue
// that answers late, a clock that is set on by hours and weeks - a node that is restarted again and
// again is the node that never was, and what the rules promise holds after every step.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_SPECS } from "@countermand/contract";
import { at } from "@countermand/core/assert";
import { MarketPhase } from "@countermand/core/exchange";
import {
  type Account,
  type Amount,
  CancelReason,
  Channel,
  fixed,
  type Instrument,
  type Order,
  OrdType,
  type PlaceRequest,
  type Qty,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { chargeOn } from "@countermand/core/money";
import { isWorking, leavesQty } from "@countermand/core/order";
import { dayOrderExpiry, marketDay, sessionAt, settlementDay } from "@countermand/core/rules";
import fc from "fast-check";
import { RecentReports } from "../archive/recent-reports.ts";
import { nodeRules } from "../market-rules.ts";
import { InstrumentActs } from "../operator/instrument-acts.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { planOf } from "../venue/fault-plan.ts";
import { Partitions } from "./partitions.ts";
import { Sessions } from "./sessions.ts";
import { emptyState, restoreState, stateLines } from "./state.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 30);
const SEED = 7;
const RULES = nodeRules("strict", SEED);
const LAYOUT = { deskCount: 2, ...RULES };
/** Of both partitions. */
const ACCOUNTS = ["A-1001", "A-1002", "A-1003", "A-1004"].map((name) => name as Account);
const SYMBOLS = [at(RULES.instruments, 0), at(RULES.instruments, 1), at(RULES.instruments, 3)];
/** A Friday before a change of the spreads, in Hong Kong. */
const START_MS = Date.parse("2025-08-01T08:59:00+08:00");
const KINDS = FAULT_SPECS.filter(({ occasion }) => occasion === "Order" || occasion === "Cancel");
const PRICED = new Set<OrdType>([
  OrdType.Limit,
  OrdType.EnhancedLimit,
  OrdType.StopLimit,
  OrdType.AuctionLimit,
]);
const STOPS = new Set<OrdType>([OrdType.StopLimit, OrdType.StopMarket]);
/** Taken for a day only. */
const BRIEF = new Set<OrdType>([OrdType.Market, OrdType.Auction, OrdType.AuctionLimit]);
const MODES = ["open", "open", "halted", "cancel_only"] as const;

interface Terms {
  readonly account: Account;
  readonly index: number;
  readonly type: number;
  readonly side: Side;
  readonly lasts: boolean;
  readonly isOdd: boolean;
  readonly steps: number;
  readonly stopSteps: number;
  readonly lots: number;
  readonly fault: number;
}

type Step =
  | (Terms & { readonly do: "place" })
  | (Pick<Terms, "steps" | "stopSteps" | "lots"> & { readonly do: "amend"; readonly which: number })
  | { readonly do: "cancel"; readonly which: number; readonly fault: number }
  | { readonly do: "wait"; readonly ms: number }
  /** To a moment about the next boundary, or by so much. */
  | { readonly do: "boundary"; readonly offMs: number }
  | { readonly do: "later"; readonly ms: number }
  | { readonly do: "mode"; readonly mode: (typeof MODES)[number] }
  | { readonly do: "list" }
  | { readonly do: "restart" };

/** A node in memory; what a venue's fault delays happens when the test says so. */
class StrictNode {
  state = emptyState(LAYOUT);
  nowMs = START_MS as UnixMs;
  readonly #isRestored: boolean;
  #clock = new FakeClock();
  #partitions: Partitions;

  constructor(isRestored: boolean) {
    this.#isRestored = isRestored;
    this.#partitions = this.#started();
    for (const account of ACCOUNTS) {
      const cash = ["HKD", "USD", "USDT"].map((name) => [name, fixed("90000") as Amount] as const);
      const holdings = RULES.instruments.map(({ product, lotQty }) => {
        return [product, (40n * lotQty) as Qty] as const;
      });
      const opened = { type: "AccountOpened", atMs: this.nowMs, account, cash, holdings } as const;
      this.#partitions.stageDeskEvent(account, { ...opened, shortSellingAllowed: false });
    }
    this.#partitions.beginSessions(this.nowMs);
    this.#commit();
  }

  take(step: Step): void {
    this.#partitions.advance(this.nowMs);
    this.#act(step);
    if (this.#partitions.isExpiring) this.#partitions.expireMore(this.nowMs);
    this.#commit();
  }

  get lines(): readonly string[] {
    return [...stateLines(this.state)];
  }

  get open(): readonly Order[] {
    return ACCOUNTS.flatMap((account) => [...this.#bookOf(account).openOldestFirst()]);
  }

  /** What holds between two commands. */
  assertSound(): void {
    const { exchange } = this.state;
    for (const { desk } of this.#partitions.desks) {
      for (const { product, currency } of SYMBOLS) {
        assert.equal(desk.ledger.total({ assetClass: "Cash", name: currency }), 0n);
        assert.equal(desk.ledger.total({ assetClass: "Holding", name: product }), 0n);
      }
    }
    for (const order of this.open) {
      const { symbol, market, orderId, phase, timeInForce, createdAtMs } = order;
      assert.equal(exchange.holds(symbol, orderId), phase === "Open");
      const { hours, dayOrdersExpire } = RULES.profile.markets[market];
      if (!dayOrdersExpire || timeInForce !== TimeInForce.Day || !isWorking(order)) continue;
      if (dayOrderExpiry(hours, createdAtMs) > this.nowMs) continue;
      assert.ok(exchange.phase(symbol) === MarketPhase.Closed && this.#partitions.isExpiring);
    }
    for (const account of ACCOUNTS) this.#assertCovered(account);
    for (const instrument of this.state.control.table.all) this.#assertBook(instrument);
  }

  #assertCovered(account: Account): void {
    const money = this.#partitions.deskOf(account).desk.money(account);
    const orders = [...this.#bookOf(account).openOldestFirst()];
    for (const { product, currency, symbol } of SYMBOLS) {
      const own = orders.filter((order) => order.symbol === symbol);
      const selling = own.filter(({ side }) => side === Side.Sell);
      const sold = selling.reduce((sum, order) => sum + leavesQty(order), 0n);
      const { reserved, settled, sellable } = money.holding(product);
      assert.ok(reserved === sold && settled >= 0n && sellable >= 0n);
      const cash = money.cash(currency);
      const held = own.reduce((sum, { reservedAmt }) => sum + reservedAmt, 0n);
      assert.ok(cash.reserved === held && cash.settled >= 0n && cash.free >= 0n);
    }
  }

  #assertBook({ symbol, marketGroup }: Instrument): void {
    const { exchange, control } = this.state;
    const phase = exchange.phase(symbol);
    const { terms } = sessionAt(RULES.profile.markets[marketGroup].hours, this.nowMs).session;
    if (control.mode(marketGroup) !== "halted") assert.equal(phase, terms.phase);
    const [bid, ask] = [exchange.bestBid(symbol), exchange.bestAsk(symbol)];
    const isCrossed = bid !== null && ask !== null && bid >= ask;
    assert.ok(!isCrossed || phase === MarketPhase.Auction);
  }

  #act(step: Step): void {
    const partitions = this.#partitions;
    switch (step.do) {
      case "place":
        partitions.place(step.account, this.#request(step), this.nowMs, null, faultsOf(step.fault));
        return;
      case "amend":
        this.#amend(step);
        return;
      case "cancel": {
        const order = this.#working(step.which);
        if (order === undefined) return;
        partitions.cancel(order, this.nowMs, CancelReason.Requested, faultsOf(step.fault));
        return;
      }
      case "wait":
        this.#clock.advance(step.ms);
        return;
      case "boundary":
        this.#move((partitions.sessions.nextAtMs ?? this.nowMs) + step.offMs);
        return;
      case "later":
        this.#move(this.nowMs + step.ms);
        return;
      case "mode": {
        const act = { atMs: this.nowMs, operator: "kim", reason: "drawn" };
        const event = { type: "ModeSet", act, marketGroup: "hkex", mode: step.mode } as const;
        partitions.setMode(event, this.nowMs);
        return;
      }
      case "list":
        this.#list();
        return;
      case "restart":
        this.#restart();
    }
  }

  /** Another share, in whatever session there is. */
  #list(): void {
    const [share] = SYMBOLS;
    assert.ok(share !== undefined);
    const symbol = String(90_000 + this.state.control.table.all.length);
    const act = { atMs: this.nowMs, operator: "kim", reason: "drawn" };
    const cause = { channel: Channel.Operator, actor: "kim", requestId: "" };
    const turn = { act, cause, nowMs: this.nowMs };
    const added = new InstrumentActs(this.#partitions).add(turn, {
      ...share,
      symbol,
      product: symbol,
    });
    assert.ok(!("refused" in added));
  }

  #move(toMs: number): void {
    this.nowMs = Math.max(this.nowMs, toMs) as UnixMs;
    this.#partitions.setClock(this.nowMs, 0);
  }

  /** Both nodes lose what was on its way to the venue; one of them its state as well. */
  #restart(): void {
    this.#commit();
    this.#partitions.gate.close();
    if (this.#isRestored) this.state = restoreState(LAYOUT, this.lines);
    this.#clock = new FakeClock(this.#clock.wallMs());
    this.#partitions = this.#started();
    this.#partitions.beginSessions(this.nowMs);
    for (const order of this.#partitions.pendingOrders()) {
      this.#partitions.gate.reconcile(order, this.nowMs);
    }
  }

  #started(): Partitions {
    const { desks, exchange, session, control } = this.state;
    const lease = () => ({ epoch: 1, seq: 0 });
    const sessions = new Sessions({
      profile: RULES.profile,
      seed: SEED,
      instruments: control.table,
      exchange,
      state: session,
      lease: lease(),
    });
    const partitions = new Partitions(
      [...desks].map(([name, desk]) => ({ name, desk, lease: lease() })),
      { exchange, lease: lease() },
      new RecentReports(),
      sessions,
      { state: control, lease: lease() },
    );
    partitions.gate.connect((delayMs, work) => {
      return this.#clock.after(delayMs, () => {
        partitions.advance(this.nowMs);
        work(this.nowMs);
      });
    });
    return partitions;
  }

  #request({ index, type, side, lasts, isOdd, steps, stopSteps, lots }: Terms): PlaceRequest {
    const instrument = at(SYMBOLS, index);
    const { symbol, markets, marketGroup, lotQty, oddLotQty } = instrument;
    const { hours } = RULES.profile.markets[marketGroup];
    const { ordTypes } = sessionAt(hours, this.nowMs).session.terms;
    const ordType = ordTypes[type % Math.max(1, ordTypes.length)] ?? OrdType.Limit;
    const isLasting = lasts && !BRIEF.has(ordType);
    return aPlaceRequest({
      market: at(markets, 0),
      symbol,
      ordType,
      side,
      timeInForce: isLasting ? TimeInForce.GoodTillCancel : TimeInForce.Day,
      orderQty: BigInt(lots) * (isOdd && oddLotQty !== null ? oddLotQty : lotQty),
      price: PRICED.has(ordType) ? pxAt(index, steps) : null,
      stopPx: STOPS.has(ordType) ? pxAt(index, stopSteps) : null,
    });
  }

  #amend({ which, steps, stopSteps, lots }: Step & { readonly do: "amend" }): void {
    const order = this.#working(which);
    if (order === undefined) return;
    const index = SYMBOLS.findIndex(({ symbol }) => symbol === order.symbol);
    const request = {
      target: { by: "orderId", orderId: order.orderId },
      orderQty: BigInt(lots) * at(SYMBOLS, index).lotQty,
      price: PRICED.has(order.ordType) && steps > 4 ? pxAt(index, steps) : null,
      stopPx: STOPS.has(order.ordType) && !order.triggered ? pxAt(index, stopSteps) : null,
      condition: { unfilled: false, version: null },
    } as const;
    this.#partitions.amend(order, request, this.nowMs);
  }

  #working(which: number): Order | undefined {
    const working = this.open.filter(isWorking);
    return working[which % Math.max(1, working.length)];
  }

  #bookOf(account: Account) {
    const book = this.#partitions.deskOf(account).desk.book(account);
    assert.ok(book !== null);
    return book;
  }

  #commit(): void {
    for (const { order, execution } of this.#partitions.takeStaged().reports) {
      if (execution === null) continue;
      const { hours, settlement } = RULES.profile.markets[order.market];
      const { lastPx, tradeDate, settlDate } = execution;
      const isBuy = order.side === Side.Buy;
      const limit = PRICED.has(order.ordType) ? order.price : order.protectionPx;
      assert.ok(isBuy ? lastPx <= limit : lastPx >= limit, "no order trades beyond its limit");
      const day = marketDay(hours, order.updatedAtMs);
      assert.deepEqual(
        [tradeDate, settlDate],
        [day, settlementDay(settlement.calendar, day, settlement.days)],
      );
      const { marketGroup } = at(
        SYMBOLS.filter(({ symbol }) => symbol === order.symbol),
        0,
      );
      const charges = chargeOn(
        RULES.deskRules.feeTable,
        marketGroup,
        order.side,
        order.grossTradeAmt,
      );
      assert.ok(isBuy ? order.chargeAmt === charges : order.chargeAmt <= charges);
    }
  }
}

/** On the spreads of either day, in steps about the middle. */
function pxAt(index: number, steps: number): bigint {
  const [middle, step] = at(
    [
      ["10", "0.02"],
      ["1", "0.01"],
      ["60000", "0.01"],
    ] as const,
    index,
  );
  return fixed(middle) + BigInt(steps - 5) * fixed(step);
}

function faultsOf(fault: number) {
  const spec = KINDS[fault];
  if (spec === undefined) return null;
  const plan = planOf({ kind: spec.kind, delayMs: 1_000 });
  const planFor = (occasion: string) => (spec.occasion === occasion ? plan : null);
  return { ofOrder: () => planFor("Order"), ofCancel: () => planFor("Cancel"), placed: () => {} };
}

const steps = fc.nat({ max: 10 });
const lots = fc.integer({ min: 1, max: 8 });
const which = fc.nat({ max: 60 });
/** Few of them name one. */
const fault = fc.nat({ max: 6 * KINDS.length });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("place" as const),
      account: fc.constantFrom(...ACCOUNTS),
      index: fc.constantFrom(0, 0, 0, 0, 1, 2),
      type: fc.nat({ max: 30 }),
      side: fc.constantFrom(Side.Buy, Side.Sell),
      lasts: fc.boolean(),
      isOdd: fc.constantFrom(false, false, false, false, true),
      steps,
      stopSteps: steps,
      lots,
      fault,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("amend" as const),
      which,
      steps,
      stopSteps: steps,
      lots,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), which, fault }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1_000, 60_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("boundary" as const),
      offMs: fc.constantFrom(-1, 0, 0, 1, 5_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("later" as const),
      ms: fc.constantFrom(1_000, 3_600_000, 86_400_000, 40 * 86_400_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("mode" as const), mode: fc.constantFrom(...MODES) }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ do: "restart" } as const, { do: "list" } as const) },
);

test("strict days: restarts change nothing, and what the rules promise holds at every step", () => {
  fc.assert(
    fc.property(fc.array(aStep, { minLength: 60, maxLength: 160, size: "max" }), (sequence) => {
      const [restarted, steady] = [new StrictNode(true), new StrictNode(false)];
      for (const step of sequence) {
        for (const node of [restarted, steady]) node.take(step);
        restarted.assertSound();
        assert.deepEqual(restarted.lines, steady.lines);
      }
    }),
    { numRuns },
  );
});
