// Goal: over any run of the whole node - desks of several partitions, the exchange, restarts from a
// snapshot, operators who change, halt, retire and add instruments - money and products are neither
// made nor lost, nobody spends what they have not got, every statement adds up to the balance it
// ends with, and the books are what the orders say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "@countermand/core/assert";
import { decodeControlEvent } from "@countermand/core/control";
import { type Desk, decideAdjust, REFERENCE_DESK_RULES } from "@countermand/core/desk";
import { decodeExchangeEvent } from "@countermand/core/exchange";
import {
  type Account,
  type Amount,
  type Asset,
  Channel,
  type ClOrdId,
  decodeDeskEvent,
  type Instrument,
  isOddLot,
  type Order,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { HOUSE_OWNERS, transactionsOf } from "@countermand/core/money";
import { isWaiting, leavesQty } from "@countermand/core/order";
import { decodeSessionEvent } from "@countermand/core/session";
import fc from "fast-check";
import { RecentReports } from "../archive/recent-reports.ts";
import { InstrumentActs } from "../operator/instrument-acts.ts";
import { CONTROL_PARTITION } from "./control-partition.ts";
import { EXCHANGE_PARTITION, Partitions } from "./partitions.ts";
import { SESSION_PARTITION } from "./sessions.ts";
import { emptyState, type NodeLayout, type NodeState, restoreState, stateLines } from "./state.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 80);

const LAYOUT: NodeLayout = {
  deskCount: 2,
  instruments: REFERENCE_INSTRUMENTS,
  deskRules: REFERENCE_DESK_RULES,
};
/** Of both partitions; the last one may sell short. */
const ACCOUNTS = ["A-1001", "A-1002", "A-1003", "A-1004"].map((name) => name as Account);
const SHORT = at(ACCOUNTS, 3);
const ASSETS: readonly Asset[] = [
  ...[...new Set(REFERENCE_INSTRUMENTS.map(({ currency }) => currency))].map((name) => {
    return { assetClass: "Cash", name } as const;
  }),
  ...REFERENCE_INSTRUMENTS.map(
    ({ product }) => ({ assetClass: "Holding", name: product }) as const,
  ),
];
const PRICED = new Set<OrdType>([OrdType.Limit, OrdType.EnhancedLimit, OrdType.StopLimit]);
const STOPS = new Set<OrdType>([OrdType.StopLimit, OrdType.StopMarket]);
/** A Monday. */
const START_MS = 1_794_794_400_000;
const DAY_MS = 86_400_000;
const UNIT = 100_000_000n;

/** A node without a disk: what it would have written is kept, and a restart reads its snapshot. */
class DisklessNode {
  readonly journal = new Map<string, string[]>();
  state = emptyState(LAYOUT);
  partitions = this.#partitionsOf(this.state);
  nowMs = START_MS;
  /** What the house has given each account, as the test counted it. */
  readonly given = new Map<string, bigint>();

  constructor() {
    for (const account of ACCOUNTS) {
      const cash = ["HKD", "USD", "USDT"].map(
        (name) => [name, (20_000n * UNIT) as Amount] as const,
      );
      const holdings = REFERENCE_INSTRUMENTS.map(({ product, lotQty }) => {
        return [product, (40n * lotQty) as Qty] as const;
      });
      this.partitions.stageDeskEvent(account, {
        type: "AccountOpened",
        atMs: this.#now,
        account,
        cash,
        holdings,
        shortSellingAllowed: account === SHORT,
      });
      for (const [name, units] of cash) this.#give({ assetClass: "Cash", name }, units);
      for (const [name, units] of holdings) this.#give({ assetClass: "Holding", name }, units);
    }
    this.commit();
  }

  get #now(): UnixMs {
    return this.nowMs as UnixMs;
  }

  run(step: Step): void {
    this.nowMs += 1;
    this.partitions.settleDue(this.#now);
    this.#act(step);
    this.commit();
  }

  get openOrders(): Order[] {
    return ACCOUNTS.flatMap((account) => [...this.bookOf(account).openOldestFirst()]);
  }

  bookOf(account: Account) {
    const book = this.deskOf(account).book(account);
    assert.ok(book !== null);
    return book;
  }

  deskOf(account: Account): Desk {
    return this.partitions.deskOf(account).desk;
  }

  commit(): void {
    for (const { partition, payloads } of this.partitions.takeStaged().appends) {
      const written = this.journal.get(partition) ?? [];
      written.push(...payloads);
      this.journal.set(partition, written);
    }
  }

  /** The journal from its beginning. */
  replayed(): NodeState {
    const state = emptyState(LAYOUT);
    for (const payload of this.journal.get(CONTROL_PARTITION) ?? []) {
      state.control.apply(decodeControlEvent(payload));
    }
    for (const [name, desk] of state.desks) {
      for (const [index, payload] of (this.journal.get(name) ?? []).entries()) {
        desk.apply(decodeDeskEvent(payload), index + 1);
      }
    }
    for (const payload of this.journal.get(EXCHANGE_PARTITION) ?? []) {
      state.exchange.apply(decodeExchangeEvent(payload));
    }
    for (const payload of this.journal.get(SESSION_PARTITION) ?? []) {
      state.session.apply(decodeSessionEvent(payload));
    }
    return state;
  }

  #act(step: Step): void {
    switch (step.type) {
      case "place":
        this.#place(step);
        return;
      case "amend":
      case "cancel": {
        const open = this.openOrders;
        if (open.length === 0) return;
        const order = at(open, step.index % open.length);
        if (step.type === "cancel") this.partitions.cancel(order, this.#now);
        else this.#amend(order, step);
        return;
      }
      case "adjust":
        this.#adjust(step);
        return;
      case "operate":
        this.#operate(step);
        return;
      case "wait":
        this.nowMs += step.days * DAY_MS;
        this.partitions.settleDue(this.#now);
        return;
      case "restart":
        this.commit();
        this.state = restoreState(LAYOUT, [...stateLines(this.state)]);
        this.partitions = this.#partitionsOf(this.state);
        return;
    }
  }

  #place({ account, index, ordType, side, timeInForce, ticks, stopTicks, lots }: Place): void {
    const { symbol, markets, lotQty } = this.#instrument(index);
    const request = {
      market: at(markets, 0),
      symbol,
      ordType,
      side,
      timeInForce: ordType === OrdType.Limit ? timeInForce : TimeInForce.Day,
      orderQty: BigInt(lots) * lotQty,
      price: PRICED.has(ordType) ? this.#priceAt(index, ticks) : null,
      stopPx: STOPS.has(ordType) ? this.#priceAt(index, stopTicks) : null,
      clOrdId: "" as ClOrdId,
      portfolioId: "",
    };
    const placed = this.partitions.place(account, request, this.#now);
    if ("refused" in placed) assert.match(placed.refused, REFUSALS, "the order is sound");
  }

  #amend({ orderId, account, symbol, ordType }: Order, { ticks, lots }: Amend): void {
    const index = REFERENCE_INSTRUMENTS.findIndex((each) => each.symbol === symbol);
    const { lotQty } = this.#instrument(index);
    const order = this.bookOf(account).openOrder(orderId);
    assert.ok(order !== null);
    const request = {
      target: { by: "orderId", orderId },
      orderQty: BigInt(lots) * lotQty,
      price: PRICED.has(ordType) ? this.#priceAt(index, ticks) : null,
      stopPx: null,
      condition: { unfilled: false, version: null },
    } as const;
    this.partitions.amend(order, request, this.#now);
  }

  /** What the operator is refused changes nothing. */
  #operate({ index, deed, factors, halts, resting }: Operate): void {
    const acts = new InstrumentActs(this.partitions);
    const turn = { act: ACT, cause: CAUSE, nowMs: this.#now };
    const base = at(REFERENCE_INSTRUMENTS, index);
    const before = [...stateLines(this.state)];
    const unchanged = {
      reason: "drawn",
      securityDesc: null,
      halted: null,
      grid: NO_GRID,
      resting,
    };
    let done: object;
    switch (deed) {
      case "halt":
      case "resume":
        done = acts.change(turn, base.symbol, { ...unchanged, halted: deed === "halt" });
        break;
      case "regrid": {
        const [ticks, lots] = factors;
        const priceTick = (base.priceTick * ticks) as Price;
        const lotQty = (index === 0 ? (base.lotQty * lots) / 2n : base.lotQty * lots) as Qty;
        const grid = { ...NO_GRID, priceTick, lotQty };
        const halted = halts ? true : null;
        done = acts.change(turn, base.symbol, { ...unchanged, halted, grid });
        break;
      }
      case "retire":
        done = acts.retire(turn, base.symbol, resting);
        break;
      case "add":
        done = acts.add(turn, { ...base, symbol: `NEW-${this.nowMs}` });
        break;
    }
    if ("refused" in done) assert.deepEqual([...stateLines(this.state)], before);
  }

  #instrument(index: number): Instrument {
    const { symbol } = at(REFERENCE_INSTRUMENTS, index);
    const instrument = this.partitions.control.table.find(symbol);
    assert.ok(instrument !== null);
    return instrument;
  }

  /** A narrow range, so that orders meet; a lot costs from a few cents to a few thousand. */
  #priceAt(index: number, ticks: number): bigint {
    const { priceTick } = this.#instrument(index);
    const px =
      BigInt(ticks) * at(REFERENCE_INSTRUMENTS, index).priceTick * (index === 0 ? 100n : 1n);
    return px + ((priceTick - (px % priceTick)) % priceTick);
  }

  #adjust({ account, assetIndex, units }: Adjust): void {
    const asset = at(ASSETS, assetIndex);
    const desk = this.deskOf(account);
    const event = decideAdjust(desk, account, { asset, units, reason: "drawn" }, this.#now);
    if ("refused" in event) return;
    this.partitions.stageDeskEvent(account, event);
    this.#give(asset, units);
  }

  #give({ assetClass, name }: Asset, units: bigint): void {
    const key = `${assetClass} ${name}`;
    this.given.set(key, (this.given.get(key) ?? 0n) + units);
  }

  #partitionsOf({ desks, exchange, control }: NodeState): Partitions {
    const leaseOf = (name: string) => ({ epoch: 1, seq: this.journal.get(name)?.length ?? 0 });
    return new Partitions(
      [...desks].map(([name, desk]) => ({ name, desk, lease: leaseOf(name) })),
      { exchange, lease: leaseOf(EXCHANGE_PARTITION) },
      new RecentReports(),
      undefined,
      { state: control, lease: leaseOf(CONTROL_PARTITION) },
    );
  }
}

interface Operate {
  readonly type: "operate";
  readonly index: number;
  readonly deed: "halt" | "resume" | "regrid" | "retire" | "add";
  readonly factors: readonly [ticks: bigint, lots: bigint];
  /** Of a regrid: the instrument is halted by the same request. */
  readonly halts: boolean;
  readonly resting: "keep" | "cancel" | null;
}

interface Place {
  readonly type: "place";
  readonly account: Account;
  readonly index: number;
  readonly ordType: OrdType;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  readonly ticks: number;
  readonly stopTicks: number;
  readonly lots: number;
}

interface Amend {
  readonly type: "amend";
  readonly index: number;
  readonly ticks: number;
  readonly lots: number;
}

interface Adjust {
  readonly type: "adjust";
  readonly account: Account;
  readonly assetIndex: number;
  readonly units: bigint;
}

const ACT = { atMs: 1 as UnixMs, operator: "kim", reason: "drawn" };
const CAUSE = { channel: Channel.Operator, actor: "kim", requestId: "" };
const NO_GRID = { priceTick: null, priceMax: null, lotQty: null, orderQtyMax: null };
const REFUSALS = /^(?:INSUFFICIENT_|INSTRUMENT_|ODD_LOT_)/;

type Step =
  | Operate
  | Place
  | Amend
  | Adjust
  | { readonly type: "cancel"; readonly index: number }
  | { readonly type: "wait"; readonly days: number }
  | { readonly type: "restart" };

const DEEDS = [
  "regrid",
  "regrid",
  "regrid",
  "halt",
  "halt",
  "resume",
  "resume",
  "retire",
  "add",
] as const;
const { Limit: LIMIT } = OrdType;
const { Day: DAY } = TimeInForce;
const anyTicks = fc.integer({ min: 1, max: 8 });
const anyLots = fc.integer({ min: 1, max: 12 });
const anyAccount = fc.constantFrom(...ACCOUNTS);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant("place" as const),
      account: anyAccount,
      index: fc.constantFrom(0, 0, 0, 1, 3),
      ordType: fc.constantFrom(LIMIT, LIMIT, LIMIT, LIMIT, ...REFERENCE_DESK_RULES.ordTypes),
      side: fc.constantFrom(Side.Buy, Side.Sell),
      timeInForce: fc.constantFrom(DAY, DAY, DAY, ...Object.values(TimeInForce)),
      ticks: anyTicks,
      stopTicks: anyTicks,
      lots: anyLots,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("amend" as const),
      index: fc.nat({ max: 50 }),
      ticks: anyTicks,
      lots: anyLots,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("cancel" as const), index: fc.nat({ max: 50 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("adjust" as const),
      account: anyAccount,
      assetIndex: fc.nat({ max: ASSETS.length - 1 }),
      units: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).filter((units) => units !== 0n),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      days: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "restart" } as const) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("operate" as const),
      index: fc.constantFrom(0, 0, 0, 1, 3),
      deed: fc.constantFrom(...DEEDS),
      factors: fc.tuple(fc.constantFrom(1n, 2n, 5n), fc.constantFrom(1n, 2n, 4n)),
      halts: fc.boolean(),
      resting: fc.constantFrom("cancel", "cancel", "keep", null),
    }),
  },
);
const anySteps = fc.array(anyStep, { minLength: 10, maxLength: 60, size: "max" });

test("money: over any run nothing is made or lost, to the last unit", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const node = new DisklessNode();
      assertConserved(node);
      for (const step of steps) {
        node.run(step);
        assertConserved(node);
        assertBooks(node);
      }
      assert.deepEqual([...stateLines(node.replayed())], [...stateLines(node.state)]);
    }),
    { numRuns },
  );
});

test("money: over any run nobody spends what they have not got, nor has what they do not work", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const node = new DisklessNode();
      for (const step of steps) {
        node.run(step);
        for (const account of ACCOUNTS) assertCovered(node, account);
      }
      // Without open orders nothing is held back, and after enough days nothing is due.
      for (const order of node.openOrders) node.partitions.cancel(order, node.nowMs as UnixMs);
      node.run({ type: "wait", days: 5 });
      for (const account of ACCOUNTS) assertSettled(node, account);
      assertConserved(node);
    }),
    { numRuns },
  );
});

test("money: over any run every line of a statement leads to the balance it names", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const node = new DisklessNode();
      for (const step of steps) node.run(step);
      assertStatements(node);
    }),
    { numRuns },
  );
});

/** Accounts and the house together have what the house has given, and clearing keeps nothing. */
function assertConserved({ partitions, given }: DisklessNode): void {
  for (const asset of ASSETS) {
    const { assetClass, name } = asset;
    let accounts = 0n;
    for (const account of ACCOUNTS) {
      accounts += partitions.deskOf(account).desk.money(account).balance(asset).total;
    }
    const owned = new Map(HOUSE_OWNERS.map((owner) => [owner, 0n]));
    for (const { desk } of partitions.desks) {
      for (const owner of HOUSE_OWNERS) {
        const { total } = desk.ledger.house(owner).balance(asset);
        owned.set(owner, (owned.get(owner) ?? 0n) + total);
      }
    }
    const label = `${assetClass} ${name}`;
    const fees = owned.get("fees") ?? 0n;
    assert.equal(owned.get("clearing"), 0n, `${label}: all that was bought was sold`);
    assert.equal(accounts + fees, given.get(label), `${label}: all that was given is there`);
    assert.equal(accounts + fees + (owned.get("house") ?? 0n), 0n, `${label}: the sum is zero`);
    assert.ok(fees >= 0n && (assetClass === "Cash" || fees === 0n), `${label}: charges are cash`);
  }
}

/** Every book, added up from the orders of the desks, which are not counted in steps. */
function assertBooks({ partitions, openOrders }: DisklessNode): void {
  const { table } = partitions.control;
  for (const { instrument, openCount } of new InstrumentActs(partitions).list()) {
    const { symbol } = instrument;
    const orders = openOrders.filter((order) => order.symbol === symbol);
    assert.equal(openCount, orders.length, symbol);
    if (table.isRetired(symbol)) assert.deepEqual(orders, [], "nothing of it works");
    const resting = orders.filter((order) => {
      return !isWaiting(order) && !isOddLot(instrument, order.orderQty);
    });
    // One of those may rest at another price than its own.
    if (resting.some(({ ordType }) => ordType === OrdType.EnhancedLimit)) continue;
    const rowsOf = (side: Side) => {
      const levels = new Map<bigint, [qty: bigint, count: number]>();
      for (const order of resting.filter((each) => each.side === side)) {
        const [qty, count] = levels.get(order.price) ?? [0n, 0];
        levels.set(order.price, [qty + leavesQty(order), count + 1]);
      }
      const rows = [...levels].map(([price, level]) => [price, ...level] as const);
      return rows.sort(([a], [b]) => (a < b === (side === Side.Buy) ? 1 : -1));
    };
    const naive = { bids: rowsOf(Side.Buy), asks: rowsOf(Side.Sell) };
    assert.deepEqual(partitions.exchange.exchange.depth(symbol, 99), naive, symbol);
  }
}

function assertCovered(node: DisklessNode, account: Account): void {
  const money = node.deskOf(account).money(account);
  const orders = [...node.bookOf(account).openOldestFirst()];
  for (const { currency, product } of REFERENCE_INSTRUMENTS) {
    const cash = money.cash(currency);
    assert.ok(cash.settled >= 0n, "cash is never below zero");
    assert.ok(cash.free >= 0n, "free cash is never below zero");
    const isBuying = orders.some(
      (order) => order.side === Side.Buy && currencyOf(order) === currency,
    );
    if (!isBuying) assert.equal(cash.reserved, 0n, "no open buy, nothing held back");
    const holding = money.holding(product);
    const isSelling = orders.some(
      (order) => order.side === Side.Sell && productOf(order) === product,
    );
    if (!isSelling) assert.equal(holding.reserved, 0n, "no open sell, nothing held back");
    if (account === SHORT) continue;
    assert.ok(holding.settled >= 0n, "what is delivered is there");
    assert.ok(holding.sellable >= 0n, "nothing is sold twice");
  }
}

function assertSettled(node: DisklessNode, account: Account): void {
  const money = node.deskOf(account).money(account);
  for (const asset of ASSETS) {
    const { settled, total, incoming, outgoing, reserved, free } = money.balance(asset);
    assert.deepEqual([incoming, outgoing, reserved], [0n, 0n, 0n]);
    assert.equal(settled, total);
    if (asset.assetClass === "Cash") assert.equal(free, total);
  }
}

function assertStatements(node: DisklessNode): void {
  const balances = new Map<string, bigint>();
  for (const { name, desk } of node.partitions.desks) {
    for (const [index, payload] of (node.journal.get(name) ?? []).entries()) {
      for (const line of transactionsOf(decodeDeskEvent(payload), index + 1, desk)) {
        const isCash = line.assetClass === "Cash";
        const key = `${line.account} ${isCash ? line.currency : line.productCode}`;
        const moved = isCash ? line.amt : line.qty;
        if (isCash || line.type === "Opening" || line.type === "Adjustment") {
          const balance = (balances.get(key) ?? 0n) + moved;
          if (isCash) assert.equal(line.balance, balance, "a line's balance is the sum so far");
          balances.set(key, balance);
        }
        if (line.type === "Buy" || line.type === "Sell") {
          const held = `${line.account} ${line.productCode}`;
          balances.set(held, (balances.get(held) ?? 0n) + line.qty);
        }
      }
    }
  }
  for (const account of ACCOUNTS) {
    const money = node.deskOf(account).money(account);
    for (const asset of ASSETS) {
      const stated = balances.get(`${account} ${asset.name}`) ?? 0n;
      assert.equal(money.balance(asset).total, stated, `${account} ${asset.name}`);
    }
  }
}

function currencyOf({ symbol }: Order): string | undefined {
  return REFERENCE_INSTRUMENTS.find((each) => each.symbol === symbol)?.currency;
}

function productOf({ symbol }: Order): string | undefined {
  return REFERENCE_INSTRUMENTS.find((each) => each.symbol === symbol)?.product;
}
