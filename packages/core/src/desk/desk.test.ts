import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../assert.ts";
import type { PlaceRequest } from "../model/command.ts";
import { type Amount, formatDecimal, ONE, type Price, type Qty } from "../model/decimal.ts";
import { CancelReason, ExecType, MarketName, OrdType, Side, TimeInForce } from "../model/enums.ts";
import type { AccountOpened, ExecutionReported, RequestAnswered } from "../model/event.ts";
import type { Account, ClOrdId, ExecId, KeyId, OrderId, UnixMs } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import type { Refusal } from "../model/refusal.ts";
import type { VenueReport } from "../model/venue.ts";
import { NO_CHARGES } from "../money/fee-table.ts";
import { leavesQty, orderApply, ordStatus } from "../order/order.ts";
import { Desk } from "./desk.ts";
import { REFERENCE_DESK_RULES } from "./desk-rules.ts";
import { newOrderSingle } from "./venue-messages.ts";

const OPTIONS = {
  orderNoPrefix: 22,
  instruments: REFERENCE_INSTRUMENTS,
  rules: { ...REFERENCE_DESK_RULES, feeTable: NO_CHARGES },
};
const ANNE = "A-1001" as Account;
const BERT = "A-1002" as Account;
const T0 = 1_718_000_000_000;

const SOUND: PlaceRequest = {
  market: MarketName.Hkex,
  symbol: "00700",
  ordType: OrdType.Limit,
  side: Side.Buy,
  timeInForce: TimeInForce.Day,
  orderQty: 1_000n * ONE,
  price: 42_383_000_000n,
  stopPx: null,
  clOrdId: "ref-1" as ClOrdId,
  portfolioId: "core",
};

test("desk: order numbers rise from 1 after the prefix, over all accounts of the partition", () => {
  const desk = openDesk();
  const orders = [placed(desk, ANNE), placed(desk, BERT), placed(desk, ANNE)];
  const numbers = orders.map(({ orderId }) => orderId);
  assert.deepEqual(numbers, ["22000000001", "22000000002", "22000000003"]);
});

test("desk: an order that is refused, or not sent, takes no number", () => {
  const desk = openDesk();
  const refused = desk.decidePlace(ANNE, { ...SOUND, orderQty: 0n }, null, ms(0));
  assert.ok("refused" in refused && refused.refused === "QTY_ZERO");
  decided(desk.decidePlace(ANNE, SOUND, null, ms(0)));
  assert.equal(placed(desk, ANNE).orderId, "22000000001");
});

test("desk: the number of a closed order is not used again", () => {
  const desk = openDesk();
  report(desk, canceled(placed(desk, ANNE)));
  assert.equal(desk.openCount, 0);
  assert.equal(placed(desk, ANNE).orderId, "22000000002");
});

test("desk: after 10^9 orders the numbers grow longer and keep rising", () => {
  const lines = [
    '["desk","22",999999998,[[0,0],[]],0,0]',
    '["account","A-1001",0,false,[["HKD","99999999999999999",[],"0","0"]],[],false]',
  ];
  const desk = Desk.restore(OPTIONS, lines);
  const numbers = [placed(desk, ANNE), placed(desk, ANNE)].map(({ orderId }) => orderId);
  assert.deepEqual(numbers, ["22999999999", "221000000000"]);
});

test("desk: what waits for the venue is listed oldest first, however long the numbers are", () => {
  const lines = [
    '["desk","22",999999998,[[0,0],[]],0,0]',
    '["account","A-1001",0,false,[["HKD","99999999999999999",[],"0","0"]],[],false]',
  ];
  const desk = Desk.restore(OPTIONS, lines);
  for (const at of [1, 2]) {
    const order = decided(desk.decidePlace(ANNE, SOUND, null, ms(at)));
    desk.apply(desk.decidePendingNew(order, ms(at)), at);
  }
  const numbers = desk.pendingOrders().map(({ orderId }) => orderId);
  assert.deepEqual(numbers, ["22999999999", "221000000000"]);
});

test("desk: an order is decided as it was asked for, and as nobody has answered it", () => {
  const order = decided(openDesk().decidePlace(ANNE, SOUND, null, ms(7)));
  assert.deepEqual(order, {
    orderId: "22000000001",
    account: ANNE,
    clOrdId: "ref-1",
    portfolioId: "core",
    market: MarketName.Hkex,
    symbol: "00700",
    ordType: OrdType.Limit,
    side: Side.Buy,
    timeInForce: TimeInForce.Day,
    price: 42_383_000_000n,
    stopPx: 0n,
    protectionPx: 0n,
    triggered: false,
    orderQty: 1_000n * ONE,
    phase: "PendingNew",
    cancelPending: false,
    cumQty: 0n,
    grossTradeAmt: 0n,
    chargeAmt: 0n,
    reservedAmt: 423_830n * ONE,
    cancelReason: CancelReason.None,
    rejectReason: "",
    createdAtMs: ms(7),
    updatedAtMs: ms(7),
    version: 0,
    streamSeq: 0,
    enteredBy: "",
  });
  assert.deepEqual(newOrderSingle(order), {
    type: "NewOrderSingle",
    orderId: "22000000001",
    account: ANNE,
    symbol: "00700",
    side: Side.Buy,
    ordType: OrdType.Limit,
    timeInForce: TimeInForce.Day,
    price: 42_383_000_000n,
    stopPx: 0n,
    protectionPx: 0n,
    orderQty: 1_000n * ONE,
  });
});

test("desk: two accounts, each with a stream of its own; orders leave when they close", () => {
  const desk = openDesk();
  const first = placed(desk, ANNE);
  const second = placed(desk, ANNE);
  const other = placed(desk, BERT);
  const events = [
    report(desk, traded(first, 400n)),
    report(desk, traded(other, 400n)),
    report(desk, canceled(second)),
    report(desk, traded(first, 600n)),
    report(desk, canceled(other)),
  ];
  // Account, order, ExecType, OrdStatus, CumQty, LeavesQty, version, stream number.
  assert.deepEqual(events.map(lineOf), [
    "A-1001 22000000001 F 1 cum=400 leaves=600 v2 s3",
    "A-1002 22000000003 F 1 cum=400 leaves=600 v2 s2",
    "A-1001 22000000002 4 4 cum=0 leaves=0 v2 s4",
    "A-1001 22000000001 F 2 cum=1000 leaves=0 v3 s5",
    "A-1002 22000000003 4 4 cum=400 leaves=0 v3 s3",
  ]);
  assert.equal(desk.openCount, 0);
  assert.equal(desk.book(ANNE)?.openCount, 0);
  assert.equal(desk.book(ANNE)?.streamSeq, 5);
  assert.equal(desk.book(BERT)?.streamSeq, 3);
});

test("desk: a report carries its time, its execution and the venue's reason", () => {
  const desk = openDesk();
  const order = placed(desk, ANNE);
  const trade = report(desk, traded(order, 400n), 900);
  assert.deepEqual(trade.execution, {
    execId: "1000000001",
    lastQty: 400n * ONE,
    lastPx: order.price,
    tradeDate: 19_884,
    settlDate: 19_886,
    lastChargeAmt: 0n,
    cashBalance: 9_830_468n * ONE,
  });
  assert.equal(trade.order.updatedAtMs, ms(900));
  assert.equal(trade.order.createdAtMs, order.createdAtMs);
  assert.equal(formatDecimal(trade.order.grossTradeAmt), "169532");
  const { account, orderId } = order;
  const reason = CancelReason.SelfTrade;
  const ended = report(desk, { type: "Canceled", account, orderId, reason });
  assert.equal(ended.execution, null);
  assert.equal(ended.order.cancelReason, reason);
});

test("desk: what is not of this partition is not known here", () => {
  const desk = openDesk();
  assert.equal(desk.book("A-9" as Account), null);
  assert.equal(desk.instrument("none"), null);
  assert.equal(desk.instrument("AAPL")?.securityDesc, "APPLE");
  assert.throws(() => desk.decidePlace("A-9" as Account, SOUND, null, ms(0)), InvariantError);
});

test("desk: deciding changes nothing", () => {
  const desk = openDesk();
  const order = placed(desk, ANNE);
  const before = [...desk.snapshotLines()];
  desk.decidePlace(ANNE, SOUND, null, ms(1));
  desk.decidePlace(ANNE, { ...SOUND, symbol: "none" }, null, ms(1));
  desk.decideReport(traded(order, 400n), null, ms(1));
  desk.decideReport(canceled(order), null, ms(1));
  assert.deepEqual([...desk.snapshotLines()], before);
});

test("desk: a report that names an order nobody placed is a bug", () => {
  const desk = openDesk();
  const order = placed(desk, ANNE);
  const stranger = { ...order, orderId: "22000000009" as OrderId };
  const accepted: VenueReport = { type: "Accepted", account: ANNE, orderId: stranger.orderId };
  const statement = /a report names a known order/;
  assert.throws(() => desk.decideReport(canceled(stranger), null, ms(0)), statement);
  assert.throws(() => desk.decideReport(accepted, null, ms(0)), statement);
  assert.throws(() => desk.decideReport(accepted, order, ms(0)), statement);
  // The same number at another account is another account's order.
  const foreign = canceled({ ...order, account: BERT });
  assert.throws(() => desk.decideReport(foreign, null, ms(0)), statement);
});

test("desk: an event out of its order is a bug", () => {
  const order = decided(openDesk().decidePlace(ANNE, SOUND, null, ms(0)));
  const open: Order = { ...orderApply(order, { type: "Accepted" }), version: 2, streamSeq: 2 };
  const closed: Order = {
    ...open,
    phase: "Canceled",
    cancelReason: CancelReason.Requested,
    reservedAmt: 0n as Amount,
  };
  const next: Order = { ...open, orderId: "22000000002" as OrderId, version: 1 };
  const table: readonly (readonly [statement: string, Order, ExecType?])[] = [
    ["stream numbers have no gaps", { ...open, streamSeq: 3 }],
    ["stream numbers have no gaps", { ...open, streamSeq: 1 }],
    ["stream numbers have no gaps", { ...open, streamSeq: 0 }],
    ["versions have no gaps", { ...open, version: 3 }],
    ["versions have no gaps", { ...open, version: 1 }],
    ["versions have no gaps", { ...closed, version: 3 }, ExecType.Canceled],
    ["an order's versions begin at 1", { ...next, version: 2 }],
    ["an order's versions begin at 1", { ...next, version: 0 }],
    [
      "an order begins on its way, with its acceptance or with its rejection",
      next,
      ExecType.Canceled,
    ],
    ["a rejected order is closed", next, ExecType.Rejected],
    ["an order that is opened is not closed", { ...closed, orderId: next.orderId, version: 1 }],
    ["order numbers rise", { ...next, orderId: "22000000000" as OrderId }],
    [
      "an order number begins with its partition's prefix",
      { ...next, orderId: "23000000002" as OrderId },
    ],
    ["the account is open here", { ...open, account: "A-9" as Account }],
    ["Filled means cumQty = orderQty", { ...open, phase: "Filled" }],
    ["a trade, and only a trade, has an execution", open, ExecType.Trade],
  ];
  for (const [statement, wrong, execType = ExecType.New] of table) {
    const desk = openDesk();
    placed(desk, ANNE);
    const event: ExecutionReported = {
      type: "ExecutionReported",
      execType,
      order: wrong,
      execution: null,
    };
    const bug = new InvariantError(`must hold: ${statement}`);
    assert.throws(() => desk.apply(event, 1), bug, statement);
  }
});

test("desk: an execution without a trade is a bug", () => {
  const desk = openDesk();
  const order = placed(desk, ANNE);
  const trade = desk.decideReport(traded(order, 400n), null, ms(1));
  assert.throws(() => desk.apply({ ...trade, execType: ExecType.New }, 1), InvariantError);
});

test("desk: an event is applied once", () => {
  const desk = openDesk();
  const order = placed(desk, ANNE);
  const trade = report(desk, traded(order, 400n));
  assert.throws(() => desk.apply(trade, 1), /stream numbers have no gaps/);
  assert.throws(() => desk.apply(opening(ANNE), 1), /an account is opened once/);
});

test("desk: a prefix has two digits", () => {
  for (const orderNoPrefix of [0, 9, 100]) {
    assert.throws(() => new Desk({ ...OPTIONS, orderNoPrefix }), /the prefix has two digits/);
  }
});

test("desk: an answered request is found until it expires, and forgotten by a later answer", () => {
  const desk = openDesk();
  desk.apply(answer("a", 0, 60_000), 11);
  desk.apply(answer("b", 30_000, 90_000), 12);
  const found = { seq: 11, contentDigest: "digest-a", expiresAtMs: ms(60_000) };
  assert.deepEqual(desk.answered.get("a", ms(60_000)), found);
  assert.equal(desk.answered.get("a", ms(60_001)), null);
  assert.equal(desk.answered.size, 2);
  desk.apply(answer("c", 71_000, 120_000), 13);
  assert.equal(desk.answered.size, 2);
  assert.equal(desk.answered.get("b", ms(71_000))?.seq, 12);
});

test("desk: a report that carries an answer is both", () => {
  const desk = openDesk();
  const placing = decided(desk.decidePlace(ANNE, SOUND, null, ms(0)));
  const report = { type: "Accepted", account: ANNE, orderId: placing.orderId } as const;
  const { type: _, account: __, ...answered } = answer("a", 0, 60_000);
  desk.apply({ ...desk.decideReport(report, placing, ms(0)), answered }, 11);
  assert.equal(desk.openCount, 1);
  const found = { seq: 11, contentDigest: "digest-a", expiresAtMs: ms(60_000) };
  assert.deepEqual(desk.answered.get("a", ms(60_000)), found);
});

test("desk: its snapshot in full", () => {
  assert.equal(
    `\n${[...busyDesk().snapshotLines()].join("\n")}\n`,
    `
["desk","22",4,[[1718000072000,0],[[1718000060,1718000060]]],1718000000000,0,2]
["house","clearing",[["HKD","16953200000000",[],"0","0"]],[["00700","-40000000000",[],"0","0"]]]
["house","house",[["HKD","-2000000000000000",[],"0","0"],["USD","-10",[],"0","0"]],\
[["00700","-1400000000",[],"0","0"]]]
["account","A-1001",3,false,[["HKD","1000000000000000",[[19886,"0","16953200000000"]],"0","0"],\
["USD","5",[],"0","0"]],\
[["00700","700000000",[[19886,"40000000000","0"]],"16953200000000","16953200000000"]],false,2]
["orders",2,["22000000001","22000000004"],"A-1001","ref-1","core","hkex","00700","2","1","0",\
"42383000000","0","0",false,"100000000000","Open",false,["40000000000","0"],\
["16953200000000","0"],"0",["25429800000000","42383000000000"],"","",\
1718000000000,1718000000000,[2,1],[3,2],""]
["account","A-1002",3,false,[["HKD","1000000000000000",[],"0","0"],["USD","5",[],"0","0"]],\
[["00700","700000000",[],"0","0"]],false,1]
["orders",1,"22000000003","A-1002","ref-1","core","hkex","00700","2","1","0","42383000000","0","0",false,\
"100000000000","Open",false,"0","0","0","42383000000000","","",1718000000000,1718000000000,1,2,""]
["answered",2,["b","c"],[12,13],["digest-b","digest-c"],[1718000090000,1718000132000]]
`,
  );
});

test("desk: a restored desk has the same lines, the same accounts and the same answers", () => {
  const desk = busyDesk();
  const lines = [...desk.snapshotLines()];
  const restored = Desk.restore(OPTIONS, lines);
  assert.deepEqual([...restored.snapshotLines()], lines);
  assert.equal(restored.openCount, 3);
  const [book, original] = [restored.book(ANNE), desk.book(ANNE)];
  assert.ok(book !== null && original !== null);
  assert.deepEqual([...book.openNewestFirst()], [...original.openNewestFirst()]);
  assert.deepEqual(book.openByClOrdId("ref-1" as ClOrdId), ["22000000001", "22000000004"]);
  assert.deepEqual([...restored.money(ANNE).names("Cash")], ["HKD", "USD"]);
  const [cash, expected] = [restored, desk].map((each) => each.money(ANNE).cash("HKD"));
  assert.deepEqual(
    [cash?.settled, cash?.outgoing, cash?.reserved, cash?.free],
    [expected?.settled, expected?.outgoing, expected?.reserved, expected?.free],
  );
  assert.deepEqual(restored.answered.get("c", ms(72_000)), desk.answered.get("c", ms(72_000)));
});

test("desk: a restored desk knows its safety nets, and which accounts are closed", () => {
  const desk = busyDesk();
  const keyId = "key-1" as KeyId;
  const fired = { kind: "Portfolio", value: "core" } as const;
  const armed = { kind: "Key", value: keyId } as const;
  for (const scope of [fired, armed]) {
    const terms = { account: ANNE, scope, timeoutMs: 5_000, keyId };
    desk.apply({ type: "DeadManSet", atMs: ms(63_000), ...terms }, 14);
  }
  desk.apply({ type: "DeadManFired", atMs: ms(69_000), account: ANNE, scope: fired }, 15);
  const watch = { keyId, group: "desk", graceMs: 10_000 };
  desk.apply({ type: "DisconnectWatched", atMs: ms(69_000), account: ANNE, ...watch }, 16);
  desk.apply({ type: "AccountClosed", atMs: ms(69_000), account: BERT }, 17);
  const restored = Desk.restore(OPTIONS, desk.snapshotLines());
  for (const each of [desk, restored]) {
    const [anne, bert] = [each.book(ANNE), each.book(BERT)];
    const scopes = [armed, fired].map((scope) => anne?.deadMan.get(scope)?.firedAtMs);
    assert.deepEqual(scopes, [null, ms(69_000)]);
    assert.deepEqual(anne?.watches.get(keyId, "desk")?.graceMs, 10_000);
    assert.deepEqual([anne?.isClosed, bert?.isClosed], [false, true]);
    const blocked = each.decidePlace(ANNE, SOUND, null, ms(70_000));
    assert.ok("refused" in blocked && blocked.refused === "DEAD_MAN_BLOCKED");
    const closed = each.decidePlace(BERT, SOUND, null, ms(70_000));
    assert.ok("refused" in closed && closed.refused === "ACCOUNT_CLOSED");
  }
});

test("desk: a snapshot of another partition is not restored", () => {
  const lines = [...busyDesk().snapshotLines()];
  const other = { ...OPTIONS, orderNoPrefix: 23 };
  assert.throws(() => Desk.restore(other, lines), /the snapshot is of this partition/);
});

test("desk: the snapshot of an empty desk is one line", () => {
  const desk = new Desk(OPTIONS);
  assert.deepEqual([...desk.snapshotLines()], ['["desk","22",0,[[0,0],[]],0,0,0]']);
  const restored = Desk.restore(OPTIONS, desk.snapshotLines());
  assert.deepEqual([...restored.snapshotLines()], ['["desk","22",0,[[0,0],[]],0,0,0]']);
});

test("desk: accounts opened in another order are the same state", () => {
  const [desk, other] = [new Desk(OPTIONS), new Desk(OPTIONS)];
  for (const account of [ANNE, BERT]) desk.apply(opening(account), 1);
  for (const account of [BERT, ANNE]) {
    const event = opening(account);
    const none = ["EUR", 0n as Amount] as const;
    other.apply({ ...event, cash: [...event.cash.toReversed(), none] }, 1);
  }
  assert.deepEqual([...other.snapshotLines()], [...desk.snapshotLines()]);
});

function openDesk(): Desk {
  const desk = new Desk(OPTIONS);
  desk.apply(opening(ANNE), 1);
  desk.apply(opening(BERT), 2);
  return desk;
}

/** Two accounts with orders open, closed and partly filled; one of three answers is forgotten. */
function busyDesk(): Desk {
  const desk = openDesk();
  const first = placed(desk, ANNE);
  const second = placed(desk, BERT);
  placed(desk, BERT);
  desk.apply(answer("a", 0, 60_000), 11);
  desk.apply(answer("b", 30_000, 90_000), 12);
  placed(desk, ANNE);
  desk.apply(answer("c", 72_000, 132_000), 13);
  report(desk, canceled(second));
  report(desk, traded(first, 400n));
  return desk;
}

function opening(account: Account): AccountOpened {
  return {
    type: "AccountOpened",
    atMs: ms(0),
    account,
    cash: [
      ["USD", 5n as Amount],
      ["HKD", (10_000_000n * ONE) as Amount],
    ],
    holdings: [["00700", (7n * ONE) as Qty]],
    shortSellingAllowed: false,
  };
}

function answer(fingerprint: string, at: number, expiresAt: number): RequestAnswered {
  return {
    type: "RequestAnswered",
    atMs: ms(at),
    account: ANNE,
    fingerprint,
    contentDigest: `digest-${fingerprint}`,
    expiresAtMs: ms(expiresAt),
    httpStatus: 200,
    body: '{"code":0}',
  };
}

/** Places the sound order, which the venue accepts. */
function placed(desk: Desk, account: Account): Order {
  const placing = decided(desk.decidePlace(account, SOUND, null, ms(0)));
  const { orderId } = placing;
  const event = desk.decideReport({ type: "Accepted", account, orderId }, placing, ms(0));
  assert.equal(event.execType, ExecType.New);
  desk.apply(event, 1);
  return event.order;
}

function report(desk: Desk, venueReport: VenueReport, at = 0): ExecutionReported {
  const event = desk.decideReport(venueReport, null, ms(at));
  desk.apply(event, 1);
  return event;
}

function canceled({ account, orderId }: Order): VenueReport {
  return { type: "Canceled", account, orderId, reason: CancelReason.Requested };
}

function traded({ account, orderId, price }: Order, shares: bigint): VenueReport {
  return {
    type: "Traded",
    account,
    orderId,
    execId: "1000000001" as ExecId,
    lastQty: (shares * ONE) as Qty,
    lastPx: price as Price,
  };
}

function decided(order: Order | Refusal): Order {
  assert.ok(!("refused" in order), "the order is not refused");
  return order;
}

function lineOf({ execType, order }: ExecutionReported): string {
  const { account, orderId, cumQty, version, streamSeq } = order;
  const [cum, leaves] = [cumQty, leavesQty(order)].map(formatDecimal);
  const reported = `${account} ${orderId} ${execType} ${ordStatus(order)}`;
  return `${reported} cum=${cum} leaves=${leaves} v${version} s${streamSeq}`;
}

function ms(sinceStart: number): UnixMs {
  return (T0 + sinceStart) as UnixMs;
}
