import assert from "node:assert/strict";
import { test } from "node:test";
import { UNCONDITIONAL } from "@countermand/contract";
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import {
  type Account,
  CancelReason,
  type CancelTarget,
  type ClOrdId,
  ExecType,
  type ExecutionReported,
  fixed,
  formatDecimal,
  type OrderId,
  OrdType,
  type PlaceRequest,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { reservedUnits } from "@countermand/core/money";
import fc from "fast-check";
import { ArchiveError } from "../archive/archive-error.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { Caller } from "../auth/key-store.ts";
import { OrderLimits } from "../limits/order-guard.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { sandboxAccount } from "../sandbox.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { systemClock } from "../sys/clock.ts";
import { PreviewService } from "./preview-service.ts";
import { type CallOptions, TradeService } from "./trade-service.ts";
import type { WrittenAnswer } from "./written-answer.ts";

const ANNE: Caller = { apiKey: "anne", account: "80114138" as Account };
const BERT: Caller = { apiKey: "bert", account: "80114139" as Account };
const START_MS = 1_746_774_142_000 as UnixMs;

const UNAVAILABLE = () => Promise.reject(new ArchiveError("it failed"));

/** Previews and the real thing, over the same state. */
class PreviewBench {
  readonly partitions = partitionsInMemory();
  readonly limits: OrderLimits;
  readonly sequencer: Sequencer;
  readonly previews: PreviewService;
  readonly #trade: TradeService;
  readonly #reports: ExecutionReported[] = [];
  #count = 0;

  constructor(ofAccount: LimitSet = NO_LIMITS, findClosed = async (): Promise<null> => null) {
    this.limits = new OrderLimits({ ofAccount: () => ofAccount, ofKey: () => NO_LIMITS }, () => 0);
    this.sequencer = new Sequencer({
      partitions: this.partitions,
      journal: { append: async () => "committed", settle: () => {} },
      clock: { ...systemClock, wallMs: () => START_MS },
      marketNowMs: () => START_MS,
      onDurable: ({ reports }) => this.#reports.push(...reports),
      onFailure: (error) => assert.fail(error),
      limits: this.limits,
      answerAt: UNAVAILABLE,
    });
    for (const { account } of [ANNE, BERT]) {
      this.partitions.stageDeskEvent(account, sandboxAccount(account, START_MS));
    }
    const archive = { findClosed } as unknown as OrderArchive;
    const options = { sequencer: this.sequencer, archive, instruments: REFERENCE_INSTRUMENTS };
    this.previews = new PreviewService(options);
    this.#trade = new TradeService(options);
  }

  preview(caller: Caller, act: Act): Promise<WrittenAnswer> {
    switch (act.does) {
      case "place":
        return this.previews.place(caller, act.request);
      case "amend":
        return this.previews.amend(caller, { ...act, condition: UNCONDITIONAL });
      case "cancel":
        return this.previews.cancel(caller, { target: act.target, condition: UNCONDITIONAL });
    }
  }

  act(caller: Caller, act: Act): Promise<WrittenAnswer> {
    const options = this.#options();
    switch (act.does) {
      case "place":
        return this.#trade.place(caller, act.request, options);
      case "amend":
        return this.#trade.amend(caller, { ...act, condition: UNCONDITIONAL }, options);
      case "cancel": {
        const request = { target: act.target, condition: UNCONDITIONAL };
        return this.#trade.cancel(caller, request, options);
      }
    }
  }

  /** All that a command can change. */
  state(): string[] {
    const { desks, exchange, stagedCount, recent } = this.partitions;
    const counts = [stagedCount, recent.size, ...this.limits.refusedCounts.keys()];
    const desk = desks.flatMap((each) => [...each.desk.snapshotLines()]);
    return [JSON.stringify(counts), ...desk, ...exchange.exchange.snapshotLines()];
  }

  /** Reports that were made durable since it was asked last. */
  takeReports(): ExecutionReported[] {
    return this.#reports.splice(0);
  }

  #options(): CallOptions {
    this.#count += 1;
    const expiresAtMs = (START_MS + 1_000) as UnixMs;
    const identity = { fingerprint: String(this.#count), contentDigest: "", expiresAtMs };
    return { identity, rememberAlways: false, representation: true };
  }
}

type Act =
  | { readonly does: "place"; readonly request: PlaceRequest }
  | {
      readonly does: "amend";
      readonly target: CancelTarget;
      readonly price: bigint | null;
      readonly stopPx: bigint | null;
      readonly orderQty: bigint | null;
    }
  | { readonly does: "cancel"; readonly target: CancelTarget };

/** Few prices, so that orders meet; some beyond what is taken. */
const PRICE = fc
  .integer({ min: 0, max: 12 })
  .map((step) => fixed("99.95") + BigInt(step) * 1_000_000n);
const QTY = fc
  .oneof(
    { arbitrary: fc.constantFrom("100", "200", "300", "700"), weight: 9 },
    fc.constantFrom("0", "150", "50", "90000000"),
  )
  .map(fixed);

function mostly<T>(usual: T, all: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight: 2 }, fc.constantFrom(...all));
}

const UNPRICED: readonly OrdType[] = [OrdType.Market, OrdType.StopMarket, OrdType.Auction];

const PLACE = fc
  .record({
    side: fc.constantFrom(...Object.values(Side)),
    ordType: mostly(OrdType.Limit, Object.values(OrdType)),
    timeInForce: mostly(TimeInForce.Day, Object.values(TimeInForce)),
    price: PRICE,
    stopPx: PRICE,
    orderQty: QTY,
    clOrdId: fc.constantFrom("", "a", "b").map((text) => text as ClOrdId),
  })
  .map(({ price, stopPx, ...terms }): Act => {
    const isStop = terms.ordType === OrdType.StopLimit || terms.ordType === OrdType.StopMarket;
    const isPriced = !UNPRICED.includes(terms.ordType);
    const figures = { price: isPriced ? price : null, stopPx: isStop ? stopPx : null };
    return { does: "place", request: aPlaceRequest({ ...terms, ...figures }) };
  });

const TARGET = fc.oneof(
  fc
    .integer({ min: 1, max: 8 })
    .map((number) => ({ by: "orderId", orderId: `220000000${String(number).padStart(2, "0")}` })),
  fc.constantFrom("a", "b", "c").map((clOrdId) => ({ by: "clOrdId", clOrdId })),
) as fc.Arbitrary<CancelTarget>;

const AMEND = fc.record({
  does: fc.constant("amend" as const),
  target: TARGET,
  price: fc.option(PRICE),
  stopPx: fc.option(PRICE, { freq: 1 }),
  orderQty: fc.option(QTY),
});

const CANCEL = fc.record({ does: fc.constant("cancel" as const), target: TARGET });

const ACTS = fc.array(
  fc.record({
    caller: fc.constantFrom(ANNE, BERT),
    act: fc.oneof({ arbitrary: PLACE, weight: 5 }, AMEND, CANCEL) as fc.Arbitrary<Act>,
  }),
  { minLength: 5, maxLength: 30 },
);

test("preview: says what the real one then does, and does nothing", async () => {
  // What was compared, so that the property cannot hold for want of cases.
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(ACTS, async (acts) => {
      const bench = new PreviewBench();
      await bench.sequencer.tick();
      for (const { caller, act } of acts) {
        bench.takeReports();
        const before = bench.state();
        const preview = await bench.preview(caller, act);
        assert.deepEqual(bench.state(), before, "a preview changes nothing");
        const answer = await bench.act(caller, act);
        assert.equal(preview.httpStatus, answer.httpStatus);
        const kind = `${act.does} ${answer.httpStatus}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        if (answer.httpStatus !== 200) {
          assert.equal(preview.body, answer.body);
          continue;
        }
        const reports = bench.takeReports();
        // What a stop order did that was reached is not foreseen.
        if (reports.some(({ execType }) => execType === ExecType.Triggered)) continue;
        const told = JSON.parse(preview.body).data;
        const { seq, order_no, ...order } = JSON.parse(answer.body).data;
        const { on_hold, on_hold_of, ...foreseen } = told;
        const orderNo = act.does === "place" ? "" : order_no;
        assert.deepEqual(foreseen, { ...order, order_no: orderNo });
        if (act.does === "cancel") continue;
        const { desk } = bench.partitions.deskOf(caller.account);
        const open = desk.book(caller.account)?.openOrder(order_no as OrderId) ?? null;
        const units = open === null ? 0n : reservedUnits(open);
        assert.equal(String(on_hold), formatDecimal(units));
        assert.equal(on_hold_of, order.order_side === "buy" ? "HKD" : "00700");
        if (order.execute_qty > 0) seen.set("traded", (seen.get("traded") ?? 0) + 1);
      }
    }),
    { numRuns: 150 },
  );
  for (const kind of ["place 200", "place 400", "amend 200", "amend 404", "cancel 200", "traded"]) {
    assert.ok((seen.get(kind) ?? 0) > 0, `${kind} of ${JSON.stringify([...seen])}`);
  }
});

const RESTING: Act = { does: "place", request: aPlaceRequest({ clOrdId: "a" as ClOrdId }) };

test("preview: of an order whose cancel waits for the venue it says just that", async () => {
  const bench = new PreviewBench();
  await bench.act(ANNE, RESTING);
  const orderId = "22000000001" as OrderId;
  const order = bench.partitions.deskOf(ANNE.account).desk.book(ANNE.account)?.openOrder(orderId);
  assert.ok(order);
  const unanswered = { steps: [], deadlineMs: 3_600_000 };
  const faults = { ofOrder: () => null, ofCancel: () => unanswered, placed: () => {} };
  bench.partitions.cancel(order, START_MS, CancelReason.Requested, faults);
  const cancel: Act = { does: "cancel", target: { by: "orderId", orderId } };
  const preview = JSON.parse((await bench.preview(ANNE, cancel)).body).data;
  const { seq, ...real } = JSON.parse((await bench.act(ANNE, cancel)).body).data;
  assert.deepEqual(preview, real);
  assert.deepEqual([preview.order_status, preview.pending], ["new", "cancel"]);
  bench.partitions.gate.close();
});

test("preview: a limit is asked as for the real one, and what it refuses is not counted", async () => {
  const limits = { ...NO_LIMITS, openOrders: 1, duplicateMs: 1_000 };
  const bench = new PreviewBench(limits);
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await bench.preview(ANNE, RESTING)).httpStatus, 200, "no duplicate of itself");
  }
  assert.equal((await bench.act(ANNE, RESTING)).httpStatus, 200);
  const preview = await bench.preview(ANNE, RESTING);
  assert.equal(bench.limits.refusedCounts.size, 0);
  const answer = await bench.act(ANNE, RESTING);
  assert.equal(bench.limits.refusedCounts.size, 1);
  assert.deepEqual([preview.httpStatus, preview.body], [answer.httpStatus, answer.body]);
  assert.notEqual(answer.httpStatus, 200);
});

test("preview: one that the archive would have to answer says when it cannot be read", async () => {
  const bench = new PreviewBench(NO_LIMITS, UNAVAILABLE);
  const target = { by: "clOrdId", clOrdId: "closed" as ClOrdId } as const;
  const asked = [
    await bench.preview(ANNE, { does: "cancel", target }),
    await bench.preview(ANNE, { does: "amend", target, price: 1n, stopPx: null, orderQty: null }),
  ];
  for (const { httpStatus, body } of asked) {
    assert.deepEqual([httpStatus, JSON.parse(body).reason], [503, "unavailable"]);
  }
});

test("preview: while the disk is full new orders would be refused, and cancels taken", async () => {
  const bench = new PreviewBench();
  await bench.act(ANNE, RESTING);
  bench.sequencer.isDiskFull = true;
  assert.match((await bench.preview(ANNE, RESTING)).body, /"reason":"disk_full"/);
  const target = { by: "clOrdId", clOrdId: "a" as ClOrdId } as const;
  assert.equal((await bench.preview(ANNE, { does: "cancel", target })).httpStatus, 200);
});
