import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { at, InvariantError } from "../assert.ts";
import { type Cause, Channel } from "./cause.ts";
import type { Amount, Price, Qty } from "./decimal.ts";
import { CancelReason, ExecType, MarketName, OrdType, Side, TimeInForce } from "./enums.ts";
import type {
  AccountOpened,
  BalanceAdjusted,
  CommandRefused,
  DeskEvent,
  ExecutionReported,
  RequestAnswered,
  Settled,
} from "./event.ts";
import {
  decodeDeskEvent,
  encodeAnswered,
  encodeDeskEvent,
  orderLines,
  ordersOfLine,
} from "./event-codec.ts";
import {
  type Account,
  type ClOrdId,
  type ExecId,
  type KeyId,
  NO_KEY_ID,
  type OrderId,
  type UnixMs,
} from "./ids.ts";
import type { Order, OrderPhase } from "./order.ts";
import type { UnixDay } from "./unix-day.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 500);

/** One line per event. A change of this file is a change of the journal's format. */
const GOLDEN = new URL("../../../../test/golden/desk-events.jsonl", import.meta.url);

const ORDER_CELL_COUNT = 27;

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
);
const anyMs = fc.nat({ max: 8_640_000_000_000_000 }).map((ms) => ms as UnixMs);
const anyDay = fc.nat({ max: 100_000 }).map((day) => day as UnixDay);
const anyUnits = fc.oneof(fc.constant(0n), fc.bigInt());
const anyPrice = anyUnits.map((units) => units as Price);
const anyQty = anyUnits.map((units) => units as Qty);
const anyAmount = anyUnits.map((units) => units as Amount);
const anyAccount = anyText.map((text) => text as Account);
const PHASES: readonly OrderPhase[] = ["PendingNew", "Open", "Filled", "Canceled", "Rejected"];

const PLAIN = { noNullPrototype: true } as const;

/** Any order of the right type, sound or not: what a record says is not the codec's business. */
const anyOrder: fc.Arbitrary<Order> = fc.record(
  {
    orderId: anyText.map((text) => text as OrderId),
    account: anyAccount,
    clOrdId: anyText.map((text) => text as ClOrdId),
    portfolioId: anyText,
    market: fc.constantFrom(...Object.values(MarketName)),
    symbol: anyText,
    ordType: fc.constantFrom(...Object.values(OrdType)),
    side: fc.constantFrom(...Object.values(Side)),
    timeInForce: fc.constantFrom(...Object.values(TimeInForce)),
    price: anyPrice,
    stopPx: anyPrice,
    protectionPx: anyPrice,
    triggered: fc.boolean(),
    orderQty: anyQty,
    phase: fc.constantFrom(...PHASES),
    cancelPending: fc.boolean(),
    cumQty: anyQty,
    grossTradeAmt: anyAmount,
    chargeAmt: anyAmount,
    reservedAmt: anyAmount,
    cancelReason: fc.constantFrom(...Object.values(CancelReason)),
    rejectReason: anyText,
    createdAtMs: anyMs,
    updatedAtMs: anyMs,
    version: fc.maxSafeNat(),
    streamSeq: fc.maxSafeNat(),
    enteredBy: anyText.map((text) => text as KeyId),
  },
  PLAIN,
);

const anyReport: fc.Arbitrary<ExecutionReported> = fc.record(
  {
    type: fc.constant("ExecutionReported" as const),
    execType: fc.constantFrom(...Object.values(ExecType)),
    order: anyOrder,
    execution: fc.option(
      fc.record(
        {
          execId: anyText.map((text) => text as ExecId),
          lastQty: anyQty,
          lastPx: anyPrice,
          tradeDate: anyDay,
          settlDate: anyDay,
          lastChargeAmt: anyAmount,
          cashBalance: anyAmount,
        },
        PLAIN,
      ),
    ),
  },
  PLAIN,
);

const anyCause: fc.Arbitrary<Cause> = fc.record(
  { channel: fc.constantFrom(...Object.values(Channel)), actor: anyText, requestId: anyText },
  PLAIN,
);

const anyOriginReport: fc.Arbitrary<ExecutionReported> = fc
  .tuple(anyReport, fc.maxSafeNat(), fc.option(anyCause))
  .map(([report, previousStreamSeq, cause]) => {
    return { ...report, origin: { previousStreamSeq, cause } };
  });

const anyRefusal: fc.Arbitrary<CommandRefused> = fc.record(
  {
    type: fc.constant("CommandRefused" as const),
    atMs: anyMs,
    account: anyAccount,
    orderId: anyText.map((text) => text as OrderId),
    command: fc.constantFrom("cancel" as const, "amend" as const),
    refused: anyText,
    cause: anyCause,
  },
  PLAIN,
);

const anyOpening: fc.Arbitrary<AccountOpened> = fc.record(
  {
    type: fc.constant("AccountOpened" as const),
    atMs: anyMs,
    account: anyAccount,
    cash: fc.array(fc.tuple(anyText, anyAmount), { maxLength: 4 }),
    holdings: fc.array(fc.tuple(anyText, anyQty), { maxLength: 4 }),
    shortSellingAllowed: fc.boolean(),
  },
  PLAIN,
);

const anyAdjustment: fc.Arbitrary<BalanceAdjusted> = fc.record(
  {
    type: fc.constant("BalanceAdjusted" as const),
    atMs: anyMs,
    account: anyAccount,
    asset: fc.record({ assetClass: fc.constantFrom("Cash", "Holding"), name: anyText }, PLAIN),
    units: anyUnits,
    reason: anyText,
    balance: anyUnits,
  },
  PLAIN,
);

const anySettlement: fc.Arbitrary<Settled> = fc.record(
  { type: fc.constant("Settled" as const), atMs: anyMs, date: anyDay },
  PLAIN,
);

const anyAnswer: fc.Arbitrary<RequestAnswered> = fc.record(
  {
    type: fc.constant("RequestAnswered" as const),
    atMs: anyMs,
    account: anyAccount,
    fingerprint: anyText,
    contentDigest: anyText,
    expiresAtMs: anyMs,
    httpStatus: fc.integer({ min: 100, max: 599 }),
    body: anyText,
  },
  PLAIN,
);

const anyAnsweredReport: fc.Arbitrary<ExecutionReported> = fc
  .tuple(anyOriginReport, anyAnswer)
  .map(([report, { type: _, account: __, ...answered }]) => ({ ...report, answered }));

const ORDER: Order = {
  orderId: "22000000001" as OrderId,
  account: "A-1001" as Account,
  clOrdId: "ref-1" as ClOrdId,
  portfolioId: "core",
  market: MarketName.Hkex,
  symbol: "00700",
  ordType: OrdType.Limit,
  side: Side.Buy,
  timeInForce: TimeInForce.Day,
  price: 42_383_000_000n as Price,
  stopPx: 0n as Price,
  protectionPx: 0n as Price,
  triggered: false,
  orderQty: 100_000_000_000n as Qty,
  phase: "Open",
  cancelPending: false,
  cumQty: 0n as Qty,
  grossTradeAmt: 0n as Amount,
  chargeAmt: 0n as Amount,
  reservedAmt: 42_383_000_000_000n as Amount,
  cancelReason: CancelReason.None,
  rejectReason: "",
  createdAtMs: 1_718_000_000_000 as UnixMs,
  updatedAtMs: 1_718_000_000_000 as UnixMs,
  version: 1,
  streamSeq: 1,
  enteredBy: "key-1" as KeyId,
};

const PARTLY_FILLED: Order = {
  ...ORDER,
  cumQty: 40_000_000_000n as Qty,
  grossTradeAmt: 16_953_200_000_000n as Amount,
  chargeAmt: 12_345n as Amount,
  reservedAmt: 25_429_800_006_789n as Amount,
  updatedAtMs: 1_718_000_000_500 as UnixMs,
  version: 2,
  streamSeq: 2,
};

const STOP_ORDER: Order = {
  ...ORDER,
  orderId: "22000000002" as OrderId,
  clOrdId: "" as ClOrdId,
  portfolioId: "",
  market: MarketName.Crypto,
  symbol: "BTC-USDT",
  ordType: OrdType.StopLimit,
  side: Side.Sell,
  timeInForce: TimeInForce.GoodTillCancel,
  price: 6_000_000_000_001n as Price,
  stopPx: 6_100_000_000_000n as Price,
  orderQty: 100n as Qty,
  phase: "Rejected",
  reservedAmt: 0n as Amount,
  rejectReason: 'not "taken",\nat all: 拒絕',
  version: 1,
  streamSeq: 4,
};

const CAUSE: Cause = { channel: Channel.Http, actor: "key-1", requestId: "req-7" };

/** What the golden file holds, line by line: every kind, every cell with a value that shows. */
function canceled(order: Order): ExecutionReported {
  return { type: "ExecutionReported", execType: ExecType.Canceled, order, execution: null };
}

const GOLDEN_EVENTS: readonly DeskEvent[] = [
  {
    type: "AccountOpened",
    atMs: 1_717_999_999_000 as UnixMs,
    account: "A-1001" as Account,
    cash: [
      ["HKD", 100_000_000_000_000_000n as Amount],
      ["USD", -1n as Amount],
    ],
    holdings: [["00700", 1_000_000_000_000n as Qty]],
    shortSellingAllowed: false,
  },
  {
    type: "AccountOpened",
    atMs: 0 as UnixMs,
    account: "A-1002" as Account,
    cash: [],
    holdings: [],
    shortSellingAllowed: true,
  },
  { type: "ExecutionReported", execType: ExecType.New, order: ORDER, execution: null },
  {
    type: "ExecutionReported",
    execType: ExecType.Trade,
    order: PARTLY_FILLED,
    execution: {
      execId: "1000000001" as ExecId,
      lastQty: 40_000_000_000n as Qty,
      lastPx: 42_383_000_000n as Price,
      tradeDate: 19_884 as UnixDay,
      settlDate: 19_886 as UnixDay,
      lastChargeAmt: 12_345n as Amount,
      cashBalance: 99_983_046_799_987_655n as Amount,
    },
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Canceled,
    order: {
      ...PARTLY_FILLED,
      phase: "Canceled",
      cancelReason: CancelReason.Requested,
      reservedAmt: 0n as Amount,
      version: 3,
      streamSeq: 3,
    },
    execution: null,
  },
  { type: "ExecutionReported", execType: ExecType.Rejected, order: STOP_ORDER, execution: null },
  {
    type: "ExecutionReported",
    execType: ExecType.Trade,
    order: {
      ...PARTLY_FILLED,
      market: MarketName.Nasdaq,
      symbol: "AAPL",
      ordType: OrdType.EnhancedLimit,
      phase: "Filled",
      cumQty: ORDER.orderQty,
      reservedAmt: 0n as Amount,
    },
    execution: {
      execId: "1000000002" as ExecId,
      lastQty: 60_000_000_000n as Qty,
      lastPx: 1n as Price,
      tradeDate: 19_884 as UnixDay,
      settlDate: 19_885 as UnixDay,
      lastChargeAmt: 0n as Amount,
      cashBalance: -1n as Amount,
    },
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Canceled,
    order: {
      ...ORDER,
      market: MarketName.Usex,
      ordType: OrdType.Market,
      price: 0n as Price,
      phase: "Canceled",
      cancelReason: CancelReason.NoLiquidity,
      reservedAmt: 0n as Amount,
    },
    execution: null,
  },
  canceled(ended(CancelReason.SelfTrade, {})),
  {
    type: "ExecutionReported",
    execType: ExecType.New,
    order: {
      ...ORDER,
      ordType: OrdType.StopMarket,
      price: 0n as Price,
      stopPx: 42_383_000_000n as Price,
      protectionPx: 44_502_000_000n as Price,
      phase: "PendingNew",
    },
    execution: null,
  },
  {
    type: "ExecutionReported",
    execType: ExecType.New,
    order: { ...ORDER, cancelPending: true, version: 4, streamSeq: 5 },
    execution: null,
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Triggered,
    order: {
      ...STOP_ORDER,
      ordType: OrdType.StopMarket,
      price: 0n as Price,
      triggered: true,
      phase: "Open",
      rejectReason: "",
    },
    execution: null,
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Replaced,
    order: { ...PARTLY_FILLED, orderQty: 90_000_000_000n as Qty, version: 3, streamSeq: 6 },
    execution: null,
  },
  canceled(ended(CancelReason.ImmediateOrCancel, { timeInForce: TimeInForce.ImmediateOrCancel })),
  canceled(ended(CancelReason.FillOrKill, { timeInForce: TimeInForce.FillOrKill })),
  canceled(ended(CancelReason.Expired, { ordType: OrdType.AuctionLimit })),
  canceled(ended(CancelReason.AuctionUnmatched, { ordType: OrdType.Auction })),
  canceled(ended(CancelReason.DeadMan, { enteredBy: NO_KEY_ID })),
  canceled(ended(CancelReason.Disconnected, {})),
  canceled(ended(CancelReason.Venue, {})),
  {
    type: "ExecutionReported",
    execType: ExecType.PendingNew,
    order: { ...ORDER, phase: "PendingNew" },
    execution: null,
  },
  {
    type: "ExecutionReported",
    execType: ExecType.PendingCancel,
    order: { ...ORDER, phase: "PendingNew", cancelPending: true, version: 2, streamSeq: 2 },
    execution: null,
  },
  {
    type: "ExecutionReported",
    execType: ExecType.CancelRejected,
    order: { ...ORDER, version: 3, streamSeq: 3 },
    execution: null,
  },
  canceled(ended(CancelReason.KillSwitch, {})),
  canceled(ended(CancelReason.AccountClosed, {})),
  canceled(ended(CancelReason.InstrumentChanged, {})),
  { type: "AccountClosed", atMs: 1_718_000_000_540 as UnixMs, account: "A-1002" as Account },
  {
    type: "BalanceAdjusted",
    atMs: 1_718_000_000_550 as UnixMs,
    account: "A-1001" as Account,
    asset: { assetClass: "Cash", name: "HKD" },
    units: -500_000_000n,
    reason: "wire fee",
    balance: 99_500_000_000n,
  },
  {
    type: "BalanceAdjusted",
    atMs: 1_718_000_000_560 as UnixMs,
    account: "A-1001" as Account,
    asset: { assetClass: "Holding", name: "BTC" },
    units: 1n,
    reason: "",
    balance: 1n,
  },
  { type: "Settled", atMs: 1_718_000_000_570 as UnixMs, date: 19_886 as UnixDay },
  {
    type: "DeadManSet",
    atMs: 1_718_000_000_580 as UnixMs,
    account: "A-1001" as Account,
    scope: { kind: "ClOrdIdPrefix", value: "ref-" },
    timeoutMs: 60_000,
    keyId: "key-1" as KeyId,
  },
  {
    type: "DeadManFired",
    atMs: 1_718_000_060_580 as UnixMs,
    account: "A-1001" as Account,
    scope: { kind: "ClOrdIdPrefix", value: "ref-" },
  },
  {
    type: "DisconnectWatched",
    atMs: 1_718_000_000_590 as UnixMs,
    account: "A-1001" as Account,
    keyId: "key-1" as KeyId,
    group: "hosts",
    graceMs: 10_000,
  },
  {
    type: "DisconnectUnwatched",
    atMs: 1_718_000_000_591 as UnixMs,
    account: "A-1001" as Account,
    keyId: "key-1" as KeyId,
    group: "hosts",
    cause: "Closed",
  },
  {
    type: "DisconnectUnwatched",
    atMs: 1_718_000_000_592 as UnixMs,
    account: "A-1001" as Account,
    keyId: "key-1" as KeyId,
    group: "",
    cause: "Lapsed",
  },
  {
    type: "RequestAnswered",
    atMs: 1_718_000_000_600 as UnixMs,
    account: "A-1001" as Account,
    fingerprint: "key-1:cmd-7",
    contentDigest: "c0ffee",
    expiresAtMs: 1_718_000_600_600 as UnixMs,
    httpStatus: 200,
    body: '{"code":0}',
  },
  {
    type: "RequestAnswered",
    atMs: 1_718_000_000_700 as UnixMs,
    account: "A-1002" as Account,
    fingerprint: "5f0c",
    contentDigest: "",
    expiresAtMs: 1_718_000_060_700 as UnixMs,
    httpStatus: 101,
    body: "",
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Canceled,
    order: ended(CancelReason.Requested, { version: 2, streamSeq: 4 }),
    execution: null,
    origin: { previousStreamSeq: 1, cause: CAUSE },
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Canceled,
    order: ended(CancelReason.DeadMan, { version: 2, streamSeq: 6 }),
    execution: null,
    origin: {
      previousStreamSeq: 5,
      cause: { channel: Channel.Gateway, actor: "dead_man", requestId: "" },
    },
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Canceled,
    order: ended(CancelReason.Expired, {}),
    execution: null,
    origin: { previousStreamSeq: 7, cause: null },
  },
  {
    type: "CommandRefused",
    atMs: 1_718_000_000_800 as UnixMs,
    account: "A-1001" as Account,
    orderId: "22000000001" as OrderId,
    command: "cancel",
    refused: "TOO_LATE_FILLED",
    cause: CAUSE,
  },
  {
    type: "ExecutionReported",
    execType: ExecType.Canceled,
    order: ended(CancelReason.Requested, { version: 2, streamSeq: 8 }),
    execution: null,
    origin: { previousStreamSeq: 1, cause: CAUSE },
    answered: {
      atMs: 1_718_000_000_900 as UnixMs,
      fingerprint: "key-1:cmd-8",
      contentDigest: "c0ffee",
      expiresAtMs: 1_718_000_600_900 as UnixMs,
      httpStatus: 200,
      body: '{"code":0}',
    },
  },
];

test("event codec: the journal's format is the golden file's, byte for byte", () => {
  const written = GOLDEN_EVENTS.map((event) => `${encodeDeskEvent(event)}\n`).join("");
  assert.equal(written, readFileSync(GOLDEN, "utf8"));
});

test("event codec: a journal written in the past is still read", () => {
  const lines = readFileSync(GOLDEN, "utf8").trimEnd().split("\n");
  assert.deepEqual(lines.map(decodeDeskEvent), GOLDEN_EVENTS);
});

test("event codec: the golden file holds every word that records are written with", () => {
  const orders = GOLDEN_EVENTS.flatMap((event) => ("order" in event ? [event.order] : []));
  const reports = GOLDEN_EVENTS.flatMap((event) => ("execType" in event ? [event.execType] : []));
  const table: readonly (readonly [used: readonly string[], all: readonly string[]])[] = [
    [reports, Object.values(ExecType)],
    [orders.map(({ market }) => market), Object.values(MarketName)],
    [orders.map(({ ordType }) => ordType), Object.values(OrdType)],
    [orders.map(({ side }) => side), Object.values(Side)],
    [orders.map(({ timeInForce }) => timeInForce), Object.values(TimeInForce)],
    [orders.map(({ phase }) => phase), PHASES],
    [orders.map(({ cancelReason }) => cancelReason), Object.values(CancelReason)],
  ];
  for (const [used, all] of table) assert.deepEqual(new Set(used), new Set(all));
});

test("event codec: any report is read back as it was", () => {
  fc.assert(fc.property(anyReport, readsBack), { numRuns });
  fc.assert(fc.property(anyOriginReport, readsBack), { numRuns });
});

test("event codec: any opening of an account is read back as it was", () => {
  fc.assert(fc.property(anyOpening, readsBack), { numRuns });
});

test("event codec: any adjustment and any settlement are read back as they were", () => {
  fc.assert(fc.property(anyAdjustment, readsBack), { numRuns });
  fc.assert(fc.property(anySettlement, readsBack), { numRuns });
  fc.assert(fc.property(anyRefusal, readsBack), { numRuns });
});

test("event codec: any answered request is read back as it was", () => {
  fc.assert(fc.property(anyAnswer, readsBack), { numRuns });
  fc.assert(fc.property(anyAnsweredReport, readsBack), { numRuns });
});

test("event codec: an answer behind an encoded report is as if it was encoded with it", () => {
  const becomesSame = (report: ExecutionReported): void => {
    const { answered, ...bare } = report;
    assert.ok(answered !== undefined);
    assert.equal(encodeAnswered(encodeDeskEvent(bare), answered), encodeDeskEvent(report));
  };
  fc.assert(fc.property(anyAnsweredReport, becomesSame), { numRuns });
});

test("event codec: any dead-man's switch that is set or fires is read back as it was", () => {
  const scope = fc.record(
    { kind: fc.constantFrom("Key", "Portfolio", "Symbol", "ClOrdIdPrefix"), value: anyText },
    PLAIN,
  );
  const set = fc.record(
    {
      type: fc.constant("DeadManSet" as const),
      atMs: anyMs,
      account: anyAccount,
      scope,
      timeoutMs: fc.nat(),
      keyId: anyText.map((text) => text as KeyId),
    },
    PLAIN,
  );
  const fired = fc.record(
    { type: fc.constant("DeadManFired" as const), atMs: anyMs, account: anyAccount, scope },
    PLAIN,
  );
  fc.assert(fc.property(fc.oneof(set, fired), readsBack), { numRuns });
});

test("event codec: any orders alone are read back as they were", () => {
  const alike = anyOrder.map((order) => Array.from({ length: 5 }, () => order));
  fc.assert(
    fc.property(fc.oneof(fc.array(anyOrder), alike), (orders) => {
      const lines = [...orderLines(orders)];
      assert.deepEqual(lines.map(cellsOf).flatMap(ordersOfLine), orders);
    }),
    { numRuns },
  );
});

test("event codec: an order is 27 cells, each fact in a cell of its own", () => {
  const facts = Object.keys(ORDER).length;
  assert.equal(facts, ORDER_CELL_COUNT);
  const [kind, count, ...alone] = cellsOf(at([...orderLines([ORDER])], 0));
  assert.deepEqual([kind, count, alone.length], ["orders", 1, ORDER_CELL_COUNT]);
  const report: ExecutionReported = {
    type: "ExecutionReported",
    execType: ExecType.New,
    order: ORDER,
    execution: null,
  };
  const cells = cellsOf(encodeDeskEvent(report));
  assert.deepEqual(cells, ["R", "0", ...alone]);
});

test("event codec: a payload is one line that UTF-8 keeps, whatever texts it holds", () => {
  fc.assert(
    fc.property(fc.oneof(anyReport, anyOpening, anyAdjustment, anyAnswer), (event: DeskEvent) => {
      const payload = encodeDeskEvent(event);
      assert.doesNotMatch(payload, /[\n\r\0]/);
      assert.ok(payload.isWellFormed());
    }),
    { numRuns },
  );
});

test("event codec: a zero amount reads as zero, a huge one keeps its digits", () => {
  const huge = 10n ** 40n + 7n;
  const order = { ...ORDER, orderQty: huge as Qty, cumQty: 0n as Qty };
  const [read = ORDER] = ordersOfLine(cellsOf(at([...orderLines([order])], 0)));
  assert.equal(read.orderQty, huge);
  assert.equal(read.cumQty, 0n);
});

test("event codec: a record of an unknown kind is a bug, not an event", () => {
  for (const payload of ['["Z"]', '["r"]', '["toString"]', "[null]", "[0]", "[]", '["A1"]']) {
    assert.throws(() => decodeDeskEvent(payload), InvariantError, payload);
  }
});

test("event codec: a report whose order lacks a cell is a bug", () => {
  const cells = cellsOf(encodeDeskEvent(at(GOLDEN_EVENTS, 2)));
  for (let count = 1; count < 2 + ORDER_CELL_COUNT; count += 1) {
    const cut = JSON.stringify(cells.slice(0, count));
    assert.throws(() => decodeDeskEvent(cut), InvariantError, `${count} cells`);
  }
  const alone = cellsOf(at([...orderLines([ORDER])], 0));
  assert.throws(() => ordersOfLine(alone.slice(0, -1)), InvariantError);
});

test("event codec: a payload cut anywhere is never taken for an event", () => {
  for (const event of GOLDEN_EVENTS) {
    const payload = encodeDeskEvent(event);
    for (let length = 0; length < payload.length; length += 1) {
      assert.throws(() => decodeDeskEvent(payload.slice(0, length)), SyntaxError);
    }
  }
});

function ended(cancelReason: CancelReason, terms: Partial<Order>): Order {
  return { ...ORDER, ...terms, phase: "Canceled", cancelReason, reservedAmt: 0n as Amount };
}

function readsBack(event: DeskEvent): void {
  assert.deepEqual(decodeDeskEvent(encodeDeskEvent(event)), event);
}

function cellsOf(payload: string): readonly unknown[] {
  return JSON.parse(payload) as readonly unknown[];
}
