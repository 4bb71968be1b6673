import assert from "node:assert/strict";
import { test } from "node:test";
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import {
  type Account,
  type AccountOpened,
  type Amount,
  fixed,
  NO_CL_ORD_ID,
  OrdType,
  type Price,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { planOf } from "../venue/fault-plan.ts";
import { OrderLimits } from "./order-guard.ts";

const SHORT = "A-1001" as Account;
const MAKER = "A-1002" as Account;
const NOW = 1_794_794_400_000 as UnixMs;

function opened(account: Account): AccountOpened {
  const cash = [["HKD", fixed("1000000") as Amount]] as const;
  const type = "AccountOpened";
  return { type, atMs: NOW, account, cash, holdings: [], shortSellingAllowed: true };
}

test("limits: sells at any price that wait count towards the exposure, each of them", () => {
  const partitions = partitionsInMemory();
  partitions.gate.connect(() => ({ cancel: () => undefined }));
  for (const account of [SHORT, MAKER]) partitions.stageDeskEvent(account, opened(account));
  const bid = aPlaceRequest({ price: fixed("10") as Price, orderQty: fixed("100") });
  partitions.place(MAKER, bid, NOW);
  const limits: LimitSet = { ...NO_LIMITS, grossExposure: new Map([["HKD", fixed("2000")]]) };
  const source = { ofAccount: () => limits, ofKey: () => NO_LIMITS };
  const guard = new OrderLimits(source, () => 0).guardOf({ account: SHORT, apiKey: "k" });
  const stuck = () => planOf({ kind: "StuckOrder", delayMs: 1_000 });
  const faults = { ofOrder: stuck, ofCancel: () => null, placed: () => undefined };
  const sell = {
    ...bid,
    ordType: OrdType.Market,
    side: Side.Sell,
    timeInForce: TimeInForce.Day,
    price: null,
    clOrdId: NO_CL_ORD_ID,
  };
  const outcomes = [1, 2, 3].map(() => {
    const placed = partitions.place(SHORT, sell, NOW, guard, faults);
    return "refused" in placed ? placed.refused : placed.phase;
  });
  assert.deepEqual(outcomes, ["PendingNew", "PendingNew", "GROSS_EXPOSURE_LIMIT"]);
});
