import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CancelElement,
  type CancelRequest,
  decodeCancelBatch,
  isFault,
  parseExact,
  UNCONDITIONAL,
} from "@countermand/contract";
import {
  type Account,
  type CancelTarget,
  type ClOrdId,
  type Order,
  type OrderId,
  REFERENCE_INSTRUMENTS,
  refuse,
  type UnixMs,
} from "@countermand/core/model";
import { ArchiveError } from "../archive/archive-error.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import { Budgets } from "../limits/budgets.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import type { ReceiptIssuer } from "../receipts/receipt-issuer.ts";
import { sandboxAccount } from "../sandbox.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { systemClock } from "../sys/clock.ts";
import type { VenueFaults } from "../venue/fault-plan.ts";
import { type CallOptions, type TradeAnswer, TradeService } from "./trade-service.ts";

const CALLER = { apiKey: "key", account: "80114138" as Account };
const START_MS = 1_746_774_142_000;

const BUY = aPlaceRequest({ clOrdId: "mine" as ClOrdId });

const UNAVAILABLE = () => Promise.reject(new ArchiveError("it failed"));

/** A trade service over memory; its archive cannot be read unless it is given one. */
class Bench {
  wallMs = START_MS;
  readonly partitions = partitionsInMemory();
  readonly trade: TradeService;

  constructor(
    archive: Pick<OrderArchive, "findClosed"> = { findClosed: UNAVAILABLE },
    faults: VenueFaults | null = null,
    budgets: Budgets | null = null,
    receipts: ReceiptIssuer | null = null,
  ) {
    const sequencer = new Sequencer({
      partitions: this.partitions,
      journal: { append: async () => "committed", settle: () => {} },
      clock: { ...systemClock, wallMs: () => this.wallMs },
      marketNowMs: () => START_MS as UnixMs,
      onDurable: () => {},
      onFailure: (error) => assert.fail(error),
      faultsOf: () => faults,
      answerAt: UNAVAILABLE,
    });
    this.partitions.stageDeskEvent(
      CALLER.account,
      sandboxAccount(CALLER.account, START_MS as UnixMs),
    );
    this.trade = new TradeService({
      sequencer,
      archive: archive as OrderArchive,
      instruments: REFERENCE_INSTRUMENTS,
      budgets,
      receipts,
    });
  }

  /** Options of a request that may be repeated for a second from now. */
  options(fingerprint: string): CallOptions {
    const expiresAtMs = (START_MS + 1_000) as UnixMs;
    const identity = { fingerprint, contentDigest: "", expiresAtMs };
    return { identity, rememberAlways: false, representation: false };
  }

  close(): void {
    this.partitions.gate.close();
  }

  get openCount(): number {
    return this.partitions.openCount;
  }
}

/** A venue that leaves cancels unanswered. */
const SLOW_CANCELS: VenueFaults = {
  ofOrder: () => null,
  ofCancel: () => ({ steps: [], deadlineMs: 3_600_000 }),
  placed: () => {},
};

const BUDGET_RULES = { places: 5, fillSeconds: 60, cancelFactor: 2 };

function elements(text: string): readonly CancelElement[] {
  const decoded = decodeCancelBatch(parseExact(text) as never);
  assert.ok(!isFault(decoded));
  return decoded;
}

function byName(clOrdId: ClOrdId): CancelRequest {
  return { target: { by: "clOrdId", clOrdId }, condition: UNCONDITIONAL };
}

function reasonOf(answer: TradeAnswer): [status: number, reason: string] {
  return [answer.httpStatus, JSON.parse(answer.body).reason];
}

test("cancel batch: an archive that cannot be read does not keep open orders alive", async () => {
  const bench = new Bench();
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  const batch = elements(
    '[{"order_no":"99"},{"order_no":"22000000001"},{"reference_id":"mine"},{"reference_id":"no"}]',
  );
  const answer = await bench.trade.cancelBatch(CALLER, batch, bench.options("cancel"));
  assert.equal(answer.httpStatus, 200);
  assert.equal(bench.openCount, 0);
  const { data } = JSON.parse(answer.body) as {
    data: readonly { order_no: string; result: { code: number; reason?: string } }[];
  };
  assert.deepEqual(
    data.map(({ order_no, result }) => [order_no, result.reason ?? result.code]),
    [
      ["99", "unavailable"],
      ["22000000001", 0],
      ["22000000001", 0],
      ["", "unavailable"],
    ],
  );
});

test("cancel batch: an order that is named twice is asked about under each condition", async () => {
  for (const [words, reasons] of [
    [
      ['"version":9', '"version":1'],
      ["version_changed", "cancelled"],
    ],
    [
      ['"only_if":"unfilled"', '"reference_id":""'],
      ["cancelled", "already_cancelled"],
    ],
    [
      ['"version":1', '"version":1'],
      ["cancelled", "cancelled"],
    ],
    [
      ['"reference_id":""', '"order_no":"","reference_id":"mine"'],
      ["cancelled", "cancelled"],
    ],
  ] as const) {
    const bench = new Bench();
    await bench.trade.place(CALLER, BUY, bench.options("place"));
    const named = words.map((each) => {
      return each.startsWith('"order_no"') ? `{${each}}` : `{"order_no":"22000000001",${each}}`;
    });
    const options = { ...bench.options("cancel"), representation: true };
    const { body } = await bench.trade.cancelBatch(CALLER, elements(`[${named}]`), options);
    const { data } = JSON.parse(body) as {
      data: readonly { data: { reason?: string }; result: { reason?: string } }[];
    };
    assert.deepEqual(
      data.map(({ data, result }) => result.reason ?? data.reason),
      reasons,
    );
    assert.equal(bench.openCount, 0);
  }
});

test("portfolios: an order of another one is unknown, open, closed lately or long ago", async () => {
  const asked: unknown[] = [];
  const archive = {
    findClosed: async (...[, , portfolioIds]: Parameters<OrderArchive["findClosed"]>) => {
      asked.push(portfolioIds);
      return null;
    },
  };
  const bench = new Bench(archive);
  const caller = { ...CALLER, portfolioIds: new Set(["own"]) };
  const targets: readonly CancelTarget[] = [
    { by: "orderId", orderId: "22000000001" as OrderId },
    { by: "clOrdId", clOrdId: BUY.clOrdId },
  ];
  await bench.trade.place(CALLER, { ...BUY, portfolioId: "other" }, bench.options("place"));
  for (const state of ["open", "closed"]) {
    for (const [index, target] of targets.entries()) {
      const options = { ...bench.options(`${state} ${index}`), representation: true };
      const answer = await bench.trade.cancel(
        caller,
        { target, condition: UNCONDITIONAL },
        options,
      );
      assert.deepEqual(reasonOf(answer), [404, "unknown_order"], `${state} ${target.by}`);
    }
    const all = { filter: {}, isPreview: false };
    const { body } = await bench.trade.cancelAll(caller, all, bench.options(`${state} all`));
    assert.equal(JSON.parse(body).data.matched, 0);
    if (state === "closed") break;
    assert.equal(bench.openCount, 1);
    await bench.trade.cancelAll(CALLER, all, bench.options("its own"));
    assert.equal(bench.openCount, 0);
  }
  assert.deepEqual(
    asked,
    asked.map(() => caller.portfolioIds),
  );
  assert.ok(asked.length > 0);
});

test("budgets: a cancel by name that was answered gets its answer again, whatever is left", async () => {
  const budgets = new Budgets({
    rules: () => BUDGET_RULES,
    monotonicMs: () => 0,
    openCount: () => 0,
  });
  const bench = new Bench({ findClosed: async () => null }, null, budgets);
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  budgets.takeCancels(CALLER, { named: 10, open: 10 });
  const mine = byName(BUY.clOrdId);
  assert.equal((await bench.trade.cancel(CALLER, mine, bench.options("first"))).httpStatus, 200);
  const fresh = await bench.trade.cancel(CALLER, mine, bench.options("second"));
  assert.deepEqual(reasonOf(fresh), [429, "rate_limited"]);
  // Its answer cannot be read here, but it is known to have been given.
  const again = await bench.trade.cancel(CALLER, mine, bench.options("first"));
  assert.deepEqual(reasonOf(again), [503, "unavailable"]);
});

test("cancel: one that asks for a receipt is remembered, whatever it did", async () => {
  const issuer = { filled: async (_account: Account, body: string) => body };
  const archive = { findClosed: async () => null };
  const bench = new Bench(archive, null, null, issuer as unknown as ReceiptIssuer);
  const target = { by: "orderId", orderId: "22000000001" as OrderId } as const;
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  const cancel = (fingerprint: string) => {
    const options = { ...bench.options(fingerprint), receipt: true };
    return bench.trade.cancel(CALLER, { target, condition: UNCONDITIONAL }, options);
  };
  for (const each of ["first", "second"]) assert.equal((await cancel(each)).httpStatus, 200);
  // Its answer cannot be read here, but it is known to have been given.
  assert.deepEqual(reasonOf(await cancel("second")), [503, "unavailable"]);
});

test("cancel: what the archive alone knows is unavailable while it cannot be read", async () => {
  const bench = new Bench();
  const mine = byName("mine" as ClOrdId);
  const answer = await bench.trade.cancel(CALLER, mine, bench.options("cancel"));
  assert.deepEqual(reasonOf(answer), [503, "unavailable"]);
  const amend = { ...mine, orderQty: 20_000_000_000n, price: null, stopPx: null };
  const amended = await bench.trade.amend(CALLER, amend, bench.options("amend"));
  assert.deepEqual(reasonOf(amended), [503, "unavailable"]);
});

test("replay: a first answer that cannot be read is unavailable, and nothing is done", async () => {
  const bench = new Bench();
  const options = bench.options("place");
  const first = await bench.trade.place(CALLER, BUY, options);
  assert.equal(first.httpStatus, 200);
  const second = await bench.trade.place(CALLER, BUY, options);
  assert.deepEqual(reasonOf(second), [503, "unavailable"]);
  assert.equal(bench.openCount, 1);
});

test("replay: a request whose time runs out after its signature was checked is not done", async () => {
  const bench = new Bench();
  const options = bench.options("place");
  bench.wallMs = options.identity.expiresAtMs + 1;
  const late = await bench.trade.place(CALLER, BUY, options);
  assert.deepEqual(reasonOf(late), [401, "timestamp_out_of_window"]);
  assert.equal(bench.openCount, 0);
});

test("replay: one that was done by then is known, and not done again", async () => {
  const bench = new Bench({ findClosed: async () => null });
  const options = bench.options("place");
  await bench.trade.place(CALLER, BUY, options);
  bench.wallMs = options.identity.expiresAtMs + 1;
  const replayed = await bench.trade.place(CALLER, BUY, options);
  // Its answer cannot be read here, but it is known to have been given.
  assert.deepEqual(reasonOf(replayed), [503, "unavailable"]);
  assert.equal(bench.openCount, 1, "the order was not placed twice");
});

test("cancel by name: resent after the name went on, it spares the younger order", async () => {
  const bench = new Bench({ findClosed: async () => null });
  const mine = byName(BUY.clOrdId);
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  await bench.trade.cancel(CALLER, mine, bench.options("first"));
  // Already cancelled: a success that changed nothing.
  const again = await bench.trade.cancel(CALLER, mine, bench.options("again"));
  assert.deepEqual([again.httpStatus, again.replayed], [200, false]);
  await bench.trade.place(CALLER, BUY, bench.options("younger"));
  // Its answer cannot be read here, but it is known to have been given.
  const resent = await bench.trade.cancel(CALLER, mine, bench.options("again"));
  assert.deepEqual(reasonOf(resent), [503, "unavailable"]);
  assert.equal(bench.openCount, 1);
});

test("cancel: repeated while it is pending it is a success, whatever its condition", async () => {
  const bench = new Bench(undefined, SLOW_CANCELS);
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  const target = { by: "orderId", orderId: "22000000001" as OrderId } as const;
  const request: CancelRequest = { target, condition: { unfilled: true, version: 1 } };
  for (const attempt of ["first", "second"]) {
    const answer = await bench.trade.cancel(CALLER, request, bench.options("cancel"));
    assert.deepEqual([answer.httpStatus, answer.body], [200, '{"code":0}'], attempt);
  }
  bench.close();
});

test("cancel by name: asked again while it is pending, it is remembered", async () => {
  const bench = new Bench(undefined, SLOW_CANCELS);
  const mine = byName(BUY.clOrdId);
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  await bench.trade.cancel(CALLER, mine, bench.options("first"));
  const again = await bench.trade.cancel(CALLER, mine, bench.options("again"));
  assert.deepEqual([again.httpStatus, again.replayed], [200, false]);
  // Its answer cannot be read here, but it is known to have been given.
  const resent = await bench.trade.cancel(CALLER, mine, bench.options("again"));
  assert.deepEqual(reasonOf(resent), [503, "unavailable"]);
  bench.close();
});

test("cancel: what is refused leaves its order open and says why", async () => {
  const bench = new Bench({ findClosed: async () => null });
  const mine = byName(BUY.clOrdId);
  for (const each of ["one", "two"]) await bench.trade.place(CALLER, BUY, bench.options(each));
  const several = await bench.trade.cancel(CALLER, mine, bench.options("several"));
  assert.deepEqual(reasonOf(several), [409, "ambiguous_reference"]);
  const target = { by: "orderId", orderId: "22000000001" as OrderId } as const;
  const changed = { target, condition: { unfilled: false, version: 9 } };
  const conditional = await bench.trade.cancel(CALLER, changed, bench.options("conditional"));
  assert.deepEqual(reasonOf(conditional), [409, "version_changed"]);
  const refusal = refuse("WINDOW_CLOSED_CANCEL", "the market takes no cancels");
  bench.partitions.cancelRefusal = () => refusal;
  const forbidden = { target, condition: UNCONDITIONAL };
  const closed = await bench.trade.cancel(CALLER, forbidden, bench.options("forbidden"));
  assert.deepEqual(reasonOf(closed), [409, "window_closed"]);
  assert.equal(bench.openCount, 2);
  const amend = { ...mine, orderQty: 20_000_000_000n, price: null, stopPx: null };
  const amended = await bench.trade.amend(CALLER, amend, bench.options("amend"));
  assert.deepEqual(reasonOf(amended), [409, "ambiguous_reference"]);
});

test("cancel by name: of closed orders the newest answers, wherever it is known", async () => {
  let archived: Order | null = null;
  const bench = new Bench({ findClosed: async () => archived });
  const mine = byName(BUY.clOrdId);
  await bench.trade.place(CALLER, BUY, bench.options("place"));
  const { desk } = bench.partitions.deskOf(CALLER.account);
  const order = desk.book(CALLER.account)?.openOrder("22000000001" as OrderId);
  assert.ok(order);
  await bench.trade.cancel(CALLER, mine, bench.options("cancel"));
  const answered = async (orderId: string) => {
    const cumQty = order.orderQty;
    archived = { ...order, orderId: orderId as OrderId, phase: "Filled", cumQty };
    return await bench.trade.cancel(CALLER, mine, bench.options(orderId));
  };
  // Numbers grow longer after 10^9 orders.
  assert.equal((await answered("22000000000")).httpStatus, 200);
  assert.deepEqual(reasonOf(await answered("22000000002")), [409, "too_late_filled"]);
  assert.deepEqual(reasonOf(await answered("221000000000")), [409, "too_late_filled"]);
  assert.equal((await answered("9900000000")).httpStatus, 200);
});

test("budgets: each order that is taken puts a cancel back, alone and in a batch", async () => {
  const budgets = new Budgets({
    rules: () => BUDGET_RULES,
    monotonicMs: () => 0,
    openCount: () => 0,
  });
  const cancelsLeft = () =>
    budgets.statesOf(CALLER).find(({ name }) => name === "cancel")?.remaining;
  const { trade, options } = new Bench(undefined, null, budgets);
  budgets.takeCancels(CALLER, { named: 10, open: 10 });
  assert.equal(cancelsLeft(), 0);
  await trade.place(CALLER, BUY, options("one"));
  await trade.place(CALLER, { ...BUY, symbol: "NONE" }, options("none"));
  assert.equal(cancelsLeft(), 1, "an order that is refused puts nothing back");
  const batch = [BUY, { ...BUY, orderQty: 0n }, BUY].map((request) => ({
    referenceId: "",
    request,
  }));
  const { httpStatus } = await trade.placeBatch(CALLER, batch, options("batch"));
  assert.deepEqual([httpStatus, cancelsLeft()], [200, 3]);
});
