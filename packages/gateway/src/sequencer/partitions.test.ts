import assert from "node:assert/strict";
import { test } from "node:test";
import { WHOLE_GATEWAY } from "@countermand/core/control";
import {
  type Account,
  type AccountOpened,
  type AmendRequest,
  type Amount,
  CancelReason,
  Channel,
  fixed,
  formatDecimal,
  type KeyId,
  type Order,
  OrdType,
  type PlaceRequest,
  type Qty,
  type Refusal,
  refuse,
  Side,
  type UnixMs,
} from "@countermand/core/model";
import type { OrderGuard } from "../limits/order-guard.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { Partitions } from "./partitions.ts";
import { DESK, partitionsInMemory } from "./partitions-fixture.ts";

const SELLER = "A-1001" as Account;
const BUYER = "A-1002" as Account;
const NOW = 1_794_794_400_000 as UnixMs;
const LOT = fixed("100");
const ACT = { atMs: NOW, operator: "kim", reason: "a test" };

function opened(account: Account): AccountOpened {
  const cash = [["HKD", fixed("10000000") as Amount]] as const;
  const holdings = [["00700", fixed("100000") as Qty]] as const;
  const type = "AccountOpened";
  return { type, atMs: NOW, account, cash, holdings, shortSellingAllowed: false };
}

/** Twelve prices asked, from 101 on; an enhanced limit order at 112 has bought at ten of them. */
function sweptBook() {
  const partitions = partitionsInMemory();
  for (const account of [SELLER, BUYER]) partitions.stageDeskEvent(account, opened(account));
  const place = (account: Account, change: Partial<PlaceRequest>): Order => {
    const placed = partitions.place(account, aPlaceRequest(change), NOW);
    assert.ok("orderId" in placed);
    return placed;
  };
  for (let price = 101; price <= 112; price += 1) {
    place(SELLER, { side: Side.Sell, price: fixed(String(price)), orderQty: LOT });
  }
  const ordType = OrdType.EnhancedLimit;
  const order = place(BUYER, { ordType, price: fixed("112"), orderQty: 15n * LOT });
  const amend = (change: Partial<AmendRequest>): Order => {
    const { orderId } = order;
    const open = partitions.deskOf(BUYER).desk.book(BUYER)?.openOrder(orderId);
    assert.ok(open);
    const target = { by: "orderId", orderId } as const;
    const condition = { unfilled: false, version: null };
    const nothing = { target, orderQty: null, price: null, stopPx: null, condition };
    const amended = partitions.amend(open, { ...nothing, ...change }, NOW);
    assert.ok("orderId" in amended);
    return amended;
  };
  const bids = () => {
    return partitions.exchange.exchange.depth("00700", 9).bids.map(([price, qty]) => {
      return `${formatDecimal(price)} ${formatDecimal(qty)}`;
    });
  };
  return { order, place, amend, bids };
}

function factsOf({ price, orderQty, cumQty }: Order): string[] {
  return [price, orderQty, cumQty].map(formatDecimal);
}

test("partitions: less quantity leaves the rest of an enhanced limit order in its place", () => {
  const { place, amend, bids } = sweptBook();
  assert.deepEqual(bids(), ["110 500"]);
  place(SELLER, { price: fixed("110"), orderQty: LOT });
  const amended = amend({ orderQty: 13n * LOT });
  assert.deepEqual(
    factsOf(amended),
    ["112", "1300", "1000"],
    "nothing traded, its price is its own",
  );
  assert.deepEqual(bids(), ["110 400"]);
  // First in its queue, as before.
  place(SELLER, { side: Side.Sell, price: fixed("110"), orderQty: LOT });
  assert.deepEqual(factsOf(amend({ orderQty: 12n * LOT })), ["112", "1200", "1100"]);
  assert.deepEqual(bids(), ["110 200"]);
});

test("partitions: another amend brings the rest of an enhanced limit order in at its price", () => {
  const { amend, bids } = sweptBook();
  assert.deepEqual(factsOf(amend({ orderQty: 16n * LOT })), ["112", "1600", "1200"]);
  assert.deepEqual(bids(), ["112 400"]);
  assert.deepEqual(factsOf(amend({ price: fixed("109") })), ["109", "1600", "1200"]);
  assert.deepEqual(bids(), ["109 400"]);
});

test("partitions: an amend is held back by a block of who placed the order, and of who amends it", () => {
  const placer = "placer" as KeyId;
  const amender = "amender" as KeyId;
  const rows: readonly (readonly [blocked: string, by: KeyId, isHeldBack: boolean])[] = [
    [placer, amender, true],
    [placer, placer, true],
    [amender, amender, true],
    [amender, placer, false],
    ["other", amender, false],
  ];
  for (const [apiKey, enteredBy, isHeldBack] of rows) {
    const partitions = partitionsInMemory();
    partitions.stageDeskEvent(BUYER, opened(BUYER));
    const placed = partitions.place(BUYER, aPlaceRequest({ enteredBy: placer }), NOW);
    assert.ok("orderId" in placed);
    const scope = { ...WHOLE_GATEWAY, apiKey };
    const blocked = partitions.control.decideBlock(ACT, scope, null);
    assert.ok(!("refused" in blocked));
    partitions.stageControlEvent(blocked);
    const terms = { price: null, stopPx: null, condition: { unfilled: false, version: null } };
    const target = { by: "orderId", orderId: placed.orderId } as const;
    const amend = { ...terms, target, orderQty: 2n * LOT, enteredBy };
    const amended = partitions.amend(placed, amend, NOW);
    assert.equal("refused" in amended ? amended.refused : null, isHeldBack ? "BLOCKED" : null);
    const counts = [...partitions.heldBackCounts];
    assert.deepEqual(counts, isHeldBack ? [["key BLOCKED", 1]] : []);
  }
});

test("partitions: every partition has a position, with what is staged", () => {
  const partitions = partitionsInMemory();
  const none = { [DESK]: 0, exchange: 0, session: 0, control: 0 };
  assert.deepEqual(partitions.positions(), none);
  partitions.stageDeskEvent(BUYER, opened(BUYER));
  partitions.stageControlEvent({ type: "ModeSet", act: ACT, marketGroup: null, mode: "halted" });
  assert.deepEqual(partitions.positions(), { ...none, [DESK]: 1, control: 1 });
});

/** One account, and an order of it that rests. */
function restingOrder() {
  const partitions = partitionsInMemory();
  partitions.stageDeskEvent(BUYER, opened(BUYER));
  const order = partitions.place(BUYER, aPlaceRequest({ enteredBy: "placer" as KeyId }), NOW);
  assert.ok("orderId" in order);
  partitions.takeStaged();
  return { partitions, order };
}

test("partitions: what operators hold back is counted for clients alone", () => {
  const { partitions } = restingOrder();
  partitions.stageControlEvent({ type: "ModeSet", act: ACT, marketGroup: null, mode: "halted" });
  const refused = (enteredBy?: KeyId) => {
    const request = aPlaceRequest(enteredBy === undefined ? {} : { enteredBy });
    const outcome = partitions.place(BUYER, request, NOW);
    return "refused" in outcome ? outcome.refused : null;
  };
  assert.deepEqual(
    [refused("a" as KeyId), refused(), refused("b" as KeyId)],
    Array(3).fill("MARKET_HALTED"),
  );
  const short = { orderQty: 1_000_000_000n * LOT, enteredBy: "a" as KeyId };
  partitions.stageControlEvent({ type: "ModeSet", act: ACT, marketGroup: null, mode: "open" });
  assert.ok(
    "refused" in partitions.place(BUYER, aPlaceRequest(short), NOW),
    "by nobody's decision",
  );
  assert.deepEqual([...partitions.heldBackCounts], [["gateway MARKET_HALTED", 2]]);
});

test("partitions: a market or an instrument that takes nothing says so, and one alone is halted", () => {
  const { partitions, order } = restingOrder();
  const { symbol } = order;
  const tell = () => [partitions.entryFault(order), partitions.isHalted(order)];
  assert.deepEqual(tell(), [null, false]);
  const halts = (halted: boolean) => {
    const change = {
      type: "InstrumentChanged",
      act: ACT,
      symbol,
      securityDesc: null,
      halted,
    } as const;
    partitions.stageControlEvent(change);
  };
  halts(true);
  assert.deepEqual(tell(), [`${symbol} was halted meanwhile`, true]);
  halts(false);
  for (const [mode, isHalted] of [
    ["cancel_only", false],
    ["halted", true],
  ] as const) {
    partitions.stageControlEvent({ type: "ModeSet", act: ACT, marketGroup: "hkex", mode });
    assert.deepEqual(tell(), [`the market was set to ${mode} meanwhile`, isHalted]);
  }
});

test("partitions: a cancel that is pending is not sent again", () => {
  const { partitions, order } = restingOrder();
  const pending = { ...order, cancelPending: true };
  assert.equal(partitions.cancel(pending, NOW), pending);
  assert.equal(partitions.stagedCount, 0);
  const canceled = partitions.cancel(order, NOW, CancelReason.KillSwitch);
  assert.ok("orderId" in canceled && canceled.cancelReason === CancelReason.KillSwitch);
});

test("partitions: whoever waits for orders to close is told of each once, as it closes", () => {
  const { partitions, order } = restingOrder();
  const closed: Order[] = [];
  partitions.onClosed.add((each) => closed.push(each));
  const other = partitions.place(BUYER, aPlaceRequest(), NOW);
  assert.deepEqual(closed, []);
  for (const each of [order, other]) {
    assert.ok("orderId" in each);
    const canceled = partitions.cancel(each, NOW);
    assert.deepEqual(closed.splice(0), [canceled]);
  }
});

test("partitions: who asked is said of what was done for him, and of nothing behind it", () => {
  const { partitions, order } = restingOrder();
  const cause = { channel: Channel.Http, actor: "placer", requestId: "r-1" };
  const other = partitions.place(BUYER, aPlaceRequest(), NOW);
  assert.ok("orderId" in other);
  partitions.takeStaged();
  const causes = () => partitions.takeStaged().reports.map(({ origin }) => origin?.cause);
  partitions.caused(cause, () => partitions.cancel(order, NOW), null);
  assert.deepEqual(causes(), [cause]);
  assert.throws(() => partitions.caused(cause, () => assert.fail("refused"), null));
  partitions.cancel(other, NOW);
  assert.deepEqual(causes(), [null]);
});

test("partitions: who asked for an order has not asked for what it does to another one", () => {
  const { partitions } = restingOrder();
  partitions.stageDeskEvent(SELLER, opened(SELLER));
  const cause = { channel: Channel.Http, actor: "placer", requestId: "r-1" };
  const sell = aPlaceRequest({ side: Side.Sell });
  partitions.caused(cause, () => partitions.place(SELLER, sell, NOW), null);
  const told = partitions.takeStaged().reports.map(({ order, origin }) => {
    return [order.account, origin?.cause ?? null];
  });
  assert.ok(told.some(([account]) => account === BUYER));
  for (const [account, by] of told) assert.deepEqual(by, account === SELLER ? cause : null);
});

test("partitions: a guard is asked before an order or an amend goes, and told that it has gone", () => {
  const { partitions, order } = restingOrder();
  const told: unknown[] = [];
  let verdict: Refusal | null = null;
  const guard: OrderGuard = {
    refusal: () => verdict,
    sent: (before, after) => told.push([before?.orderId ?? null, after.orderQty]),
  };
  const terms = { price: null, stopPx: null, condition: { unfilled: false, version: null } };
  const target = { by: "orderId", orderId: order.orderId } as const;
  const outcomes = () => [
    partitions.place(BUYER, aPlaceRequest(), NOW, guard),
    partitions.amend(order, { ...terms, target, orderQty: 2n * LOT }, NOW, guard),
  ];
  verdict = refuse("DUPLICATE_ORDER", "as the one before");
  assert.deepEqual(outcomes(), [verdict, verdict]);
  assert.deepEqual(told, []);
  verdict = null;
  assert.ok(outcomes().every((outcome) => "orderId" in outcome));
  assert.deepEqual(told, [
    [null, LOT],
    [order.orderId, 2n * LOT],
  ]);
});

test("partitions: a time that is told is kept once, and none that lies before it", () => {
  const { partitions } = restingOrder();
  const kept = (atMs: number) => {
    partitions.noteTime(atMs as UnixMs);
    return partitions.takeStaged().eventCount;
  };
  assert.deepEqual([NOW, NOW, NOW - 1, NOW + 1].map(kept), [1, 0, 0, 1]);
  assert.equal(partitions.sessions.state.reachedMs, NOW + 1);
});

test("partitions: an account is of the same desk on every node", () => {
  const [desk] = partitionsInMemory().desks;
  assert.ok(desk !== undefined);
  const desks = [0, 1, 2].map((index) => ({ ...desk, name: `desk-${index}` }));
  const { exchange, recent } = partitionsInMemory();
  const partitions = new Partitions(desks, exchange, recent);
  // FNV-1a of 32 bits, modulo 3: 0xe40c292c, 0xe70c2de5, 0xbf9cf968 and 0x811c9dc5.
  const names = ["a", "b", "foobar", ""].map(
    (account) => partitions.deskOf(account as Account).name,
  );
  const hashes = [0xe40c292c, 0xe70c2de5, 0xbf9cf968, 0x811c9dc5];
  assert.deepEqual(
    names,
    hashes.map((hash) => `desk-${hash % 3}`),
  );
});
