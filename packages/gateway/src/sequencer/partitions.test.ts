import assert from "node:assert/strict";
import { test } from "node:test";
import { WHOLE_GATEWAY } from "@countermand/core/control";
import {
  type Account,
  type AccountOpened,
  type AmendRequest,
  type Amount,
  fixed,
  formatDecimal,
  type KeyId,
  type Order,
  OrdType,
  type PlaceRequest,
  type Qty,
  Side,
  type UnixMs,
} from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
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
