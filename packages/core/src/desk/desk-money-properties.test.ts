// Goal: whatever a venue does with an account's orders, its money adds up, covers its orders, and
// is never less than nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { formatDecimal } from "../model/decimal.ts";
import { type OrdType, Side } from "../model/enums.ts";
import type { Asset, DeskEvent } from "../model/event.ts";
import { decodeDeskEvent, encodeDeskEvent } from "../model/event-codec.ts";
import type { Account, UnixMs } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { isWaiting, leavesQty } from "../order/order.ts";
import { decideAdjust } from "./account-decisions.ts";
import { Desk } from "./desk.ts";
import {
  ANNE,
  assertMoneySound,
  BERT,
  instrumentOf,
  OPTIONS,
  ScriptedTrading,
} from "./desk-fixture.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 200);

const ASSETS: readonly Asset[] = [
  { assetClass: "Cash", name: "HKD" },
  { assetClass: "Holding", name: "00700" },
];

/** Something done to an open order. */
type OpenStep =
  | {
      readonly type: "fill" | "amend";
      readonly index: number;
      readonly ticks: number;
      readonly lots: number;
    }
  | { readonly type: "cancel" | "trigger"; readonly index: number };

type Step =
  | OpenStep
  | {
      readonly type: "place";
      readonly account: Account;
      readonly instrument: Instrument;
      readonly ordType: OrdType;
      readonly side: Side;
      readonly ticks: number;
      readonly lots: number;
      readonly isRejected: boolean;
    }
  | { readonly type: "settle"; readonly dayCount: number }
  | {
      readonly type: "adjust";
      readonly account: Account;
      readonly asset: Asset;
      readonly units: bigint;
    };

const PLAIN = { noNullPrototype: true } as const;
const anyIndex = fc.nat({ max: 100 });
/** From next to nothing to about a thousand dollars a share. */
const anyTicks = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100_000 }));
const anyLots = fc.integer({ min: 1, max: 20 });
const anyAccount = fc.constantFrom(ANNE, BERT);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record(
      {
        type: fc.constant("place" as const),
        account: anyAccount,
        instrument: fc.constantFrom(...REFERENCE_INSTRUMENTS),
        ordType: fc.constantFrom(...OPTIONS.rules.ordTypes),
        side: fc.constantFrom(Side.Buy, Side.Sell),
        ticks: anyTicks,
        lots: anyLots,
        isRejected: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
      },
      PLAIN,
    ),
    weight: 6,
  },
  {
    arbitrary: fc.record(
      {
        type: fc.constantFrom("fill" as const, "fill" as const, "amend" as const),
        index: anyIndex,
        ticks: anyTicks,
        lots: anyLots,
      },
      PLAIN,
    ),
    weight: 9,
  },
  {
    arbitrary: fc.record(
      { type: fc.constantFrom("cancel" as const, "trigger" as const), index: anyIndex },
      PLAIN,
    ),
    weight: 2,
  },
  {
    arbitrary: fc.record(
      { type: fc.constant("settle" as const), dayCount: fc.integer({ min: 0, max: 3 }) },
      PLAIN,
    ),
    weight: 1,
  },
  {
    arbitrary: fc.record(
      {
        type: fc.constant("adjust" as const),
        account: anyAccount,
        asset: fc.constantFrom(...ASSETS),
        units: fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }).filter((each) => each !== 0n),
      },
      PLAIN,
    ),
    weight: 1,
  },
);
const anySteps = fc.array(anyStep, { maxLength: 60, size: "max" });

test("money: over any run sums are zero, orders are covered, nothing falls below zero", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const trading = new ScriptedTrading("100000", "1000");
      for (const step of steps) {
        run(trading, step);
        assertMoneySound(trading.desk);
      }
    }),
    { numRuns },
  );
});

test("money: replayed or restored it is the same, whatever happened", () => {
  fc.assert(
    fc.property(anySteps, fc.nat({ max: 200 }), (steps, cut) => {
      const trading = new ScriptedTrading("100000", "1000");
      for (const step of steps) run(trading, step);
      const { events } = trading;
      const lines = [...trading.desk.snapshotLines()];
      assert.deepEqual([...replayed(events).snapshotLines()], lines);
      const eventCount = cut % (events.length + 1);
      const half = replayed(events.slice(0, eventCount));
      const restored = Desk.restore(OPTIONS, [...half.snapshotLines()]);
      assertMoneySound(restored);
      for (const event of events.slice(eventCount)) restored.apply(event, 1);
      assert.deepEqual([...restored.snapshotLines()], lines);
      assert.equal(restored.openCount, trading.desk.openCount);
    }),
    { numRuns: Math.ceil(numRuns / 2) },
  );
});

function run(trading: ScriptedTrading, step: Step): void {
  trading.nowMs += 1;
  switch (step.type) {
    case "place":
      runPlace(trading, step);
      return;
    case "settle":
      trading.settle(step.dayCount);
      return;
    case "adjust": {
      const { account, asset, units: credit } = step;
      const now = trading.nowMs as UnixMs;
      const event = decideAdjust(
        trading.desk,
        account,
        { asset, units: credit, reason: "drawn" },
        now,
      );
      if (!("refused" in event)) trading.apply(event);
      return;
    }
    default: {
      const open = trading.openOrders;
      if (open.length > 0) runOpen(trading, at(open, step.index % open.length), step);
    }
  }
}

function runOpen(trading: ScriptedTrading, order: Order, step: OpenStep): void {
  switch (step.type) {
    case "cancel":
      trading.cancel(order);
      return;
    case "trigger":
      if (isWaiting(order)) trading.trigger(order);
      return;
    case "fill":
      runFill(trading, order, step.ticks, step.lots);
      return;
    case "amend":
      runAmend(trading, order, step.ticks, step.lots);
      return;
  }
}

function runPlace(trading: ScriptedTrading, step: Extract<Step, { type: "place" }>): void {
  const { instrument, ordType, side, account } = step;
  const price = BigInt(step.ticks) * instrument.priceTick;
  const placing = trading.decide(
    account,
    {
      market: at(instrument.markets, 0),
      symbol: instrument.symbol,
      ordType,
      side,
      orderQty: BigInt(step.lots) * instrument.lotQty,
      price: ORD_TYPES[ordType].priced ? price : null,
      stopPx: ORD_TYPES[ordType].stop ? price : null,
    },
    formatDecimal(price),
  );
  if ("refused" in placing) return;
  if (!step.isRejected) {
    trading.accept(placing);
    return;
  }
  const { orderId } = placing;
  trading.report({ type: "Rejected", account, orderId, rejectReason: "drawn" }, placing);
}

/** A fill as a venue may make it: no more than is left, a buy at its worst price or better. */
function runFill(trading: ScriptedTrading, order: Order, ticks: number, lots: number): void {
  if (isWaiting(order)) return;
  const { lotQty, priceTick } = instrumentOf(order);
  const wanted = BigInt(lots) * lotQty;
  const left = leavesQty(order);
  const drawn = BigInt(ticks) * priceTick;
  const limit = ORD_TYPES[order.ordType].priced ? order.price : order.protectionPx;
  const buyPx = drawn < limit ? drawn : limit;
  const sellPx = drawn > limit ? drawn : limit;
  trading.fill(order, wanted < left ? wanted : left, order.side === Side.Buy ? buyPx : sellPx);
}

function runAmend(trading: ScriptedTrading, order: Order, ticks: number, lots: number): void {
  const { lotQty, priceTick } = instrumentOf(order);
  const price = BigInt(ticks) * priceTick;
  const { priced } = ORD_TYPES[order.ordType];
  const orderQty = BigInt(lots) * lotQty;
  const amended = trading.amend(order, {
    orderQty,
    price: priced ? price : null,
    stopPx: isWaiting(order) ? price : null,
  });
  if ("refused" in amended) return;
  // The liability of the chain: all that has traded and all that still can.
  assert.equal(amended.cumQty + leavesQty(amended), orderQty);
}

function replayed(events: readonly DeskEvent[]): Desk {
  const desk = new Desk(OPTIONS);
  for (const [index, event] of events.entries()) {
    desk.apply(decodeDeskEvent(encodeDeskEvent(event)), index + 1);
  }
  return desk;
}
