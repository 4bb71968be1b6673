// The page about the journal against the codecs: which cells a record has, in which order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FIELDS } from "../../packages/core/src/exchange/exchange-codec.ts";
import type {
  ExchangeEvent,
  MarketEvent,
} from "../../packages/core/src/exchange/exchange-event.ts";
import { encodeExchangeRecord } from "../../packages/core/src/exchange/trade-record.ts";
import {
  type Account,
  type Amount,
  ASKED_REASONS,
  CancelReason,
  type Cause,
  Channel,
  type ClOrdId,
  type DeskEvent,
  type ExecId,
  ExecType,
  type Execution,
  encodeDeskEvent,
  type KeyId,
  MarketName,
  type Order,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  Side,
  TimeInForce,
  type UnixDay,
  type UnixMs,
} from "../../packages/core/src/model/index.ts";
import { JOURNAL_FORMAT } from "../../packages/gateway/src/journal/journal-schema.ts";
import { page, section, tableRows, unticked } from "./pages.ts";

const PAGE = page("docs/protocol/journal.md");

/** No two cells alike, so that a cell in a wrong place is seen. */
const ORDER: Order = {
  orderId: "22000000001" as OrderId,
  account: "account" as Account,
  clOrdId: "client's name" as ClOrdId,
  portfolioId: "portfolio",
  market: MarketName.Hkex,
  symbol: "00700",
  ordType: OrdType.StopLimit,
  side: Side.Sell,
  timeInForce: TimeInForce.GoodTillCancel,
  price: 101n as Price,
  stopPx: 102n as Price,
  protectionPx: 103n as Price,
  triggered: true,
  orderQty: 104n as Qty,
  phase: "Open",
  cancelPending: false,
  cumQty: 105n as Qty,
  grossTradeAmt: 106n as Amount,
  chargeAmt: 107n as Amount,
  reservedAmt: 108n as Amount,
  cancelReason: CancelReason.Requested,
  rejectReason: "why not",
  createdAtMs: 109 as UnixMs,
  updatedAtMs: 110 as UnixMs,
  version: 111,
  streamSeq: 112,
  enteredBy: "key" as KeyId,
};
const EXECUTION: Execution = {
  execId: "1000000001" as ExecId,
  lastQty: 113n as Qty,
  lastPx: 114n as Price,
  tradeDate: 115 as UnixDay,
  settlDate: 116 as UnixDay,
  lastChargeAmt: 117n as Amount,
  cashBalance: 118n as Amount,
};
const CAUSE: Cause = { channel: Channel.Http, actor: "key", requestId: "request" };
const CAUSE_CELL = ["h", "key", "request"];
const AT = { atMs: 1 as UnixMs, account: "account" as Account };

/** By heading: the event, and its fields as the page names them. */
const DESK_RECORDS: readonly (readonly [string, DeskEvent, Readonly<Record<string, unknown>>])[] = [
  [
    "#### R, ExecutionReported",
    {
      type: "ExecutionReported",
      execType: ExecType.Trade,
      order: ORDER,
      execution: EXECUTION,
      origin: { previousStreamSeq: 119, cause: CAUSE },
      answered: {
        atMs: 120 as UnixMs,
        fingerprint: "print",
        contentDigest: "digest",
        expiresAtMs: 121 as UnixMs,
        httpStatus: 200,
        body: "{}",
      },
    },
    {
      execType: ExecType.Trade,
      ...ORDER,
      ...EXECUTION,
      previousStreamSeq: 119,
      cause: CAUSE_CELL,
      answered: [120, "print", "digest", 121, 200, "{}"],
    },
  ],
  record("#### A, AccountOpened", {
    type: "AccountOpened",
    ...AT,
    cash: [["HKD", 2n as Amount]],
    holdings: [["00700", 3n as Qty]],
    shortSellingAllowed: true,
  }),
  [
    "#### B, BalanceAdjusted",
    {
      type: "BalanceAdjusted",
      ...AT,
      asset: { assetClass: "Cash", name: "HKD" },
      units: 2n,
      reason: "why",
      balance: 3n,
    },
    { ...AT, assetClass: "Cash", name: "HKD", units: 2n, reason: "why", balance: 3n },
  ],
  record("#### X, AccountClosed", { type: "AccountClosed", ...AT }),
  record("#### S, Settled", { type: "Settled", atMs: AT.atMs, date: 2 as UnixDay }),
  [
    "#### D, DeadManSet",
    {
      type: "DeadManSet",
      ...AT,
      scope: { kind: "Symbol", value: "00700" },
      timeoutMs: 3_000,
      keyId: "key" as KeyId,
    },
    { ...AT, scopeKind: "Symbol", scopeValue: "00700", timeoutMs: 3_000, keyId: "key" },
  ],
  [
    "#### F, DeadManFired",
    { type: "DeadManFired", ...AT, scope: { kind: "Key", value: "key" } },
    { ...AT, scopeKind: "Key", scopeValue: "key" },
  ],
  record("#### W, DisconnectWatched", {
    type: "DisconnectWatched",
    ...AT,
    keyId: "key" as KeyId,
    group: "group",
    graceMs: 2,
  }),
  record("#### U, DisconnectUnwatched", {
    type: "DisconnectUnwatched",
    ...AT,
    keyId: "key" as KeyId,
    group: "group",
    cause: "Lapsed",
  }),
  [
    "#### N, CommandRefused",
    {
      type: "CommandRefused",
      ...AT,
      orderId: "22000000001" as OrderId,
      command: "amend",
      refused: "NAME",
      cause: CAUSE,
    },
    { ...AT, orderId: "22000000001", command: "amend", refused: "NAME", cause: CAUSE_CELL },
  ],
  record("#### Q, RequestAnswered", {
    type: "RequestAnswered",
    ...AT,
    fingerprint: "print",
    contentDigest: "digest",
    expiresAtMs: 2 as UnixMs,
    httpStatus: 200,
    body: "{}",
  }),
];

function record<E extends DeskEvent>(heading: string, event: E) {
  return [heading, event, { ...event }] as const;
}

test("journal page: it is of the present format", () => {
  assert.ok(PAGE.includes(`\nFormat ${JOURNAL_FORMAT}. `));
});

test("journal page: every cell of a desk's records, in its place", () => {
  const headings = PAGE.split("\n").filter((line) => /^#### [A-Z], /.test(line));
  assert.deepEqual(
    headings,
    DESK_RECORDS.map(([heading]) => heading),
  );
  for (const [heading, event, fields] of DESK_RECORDS) {
    const cells = JSON.parse(encodeDeskEvent(event)) as unknown[];
    const rows = tableRows(section(PAGE, heading));
    assert.deepEqual(
      rows.map(([place, name = ""]) => [place, shown(name === "kind" ? heading[5] : fields[name])]),
      cells.map((cell, index) => [String(index), shown(cell)]),
      heading,
    );
  }
});

test("journal page: every kind of the exchange's records, and its cells", () => {
  const types = Object.keys(FIELDS) as MarketEvent["type"][];
  // Why a cancel was asked for is known to the desk alone.
  const notTheirs = new Set<CancelReason>([CancelReason.None, ...ASKED_REASONS]);
  notTheirs.delete(CancelReason.Requested);
  const reasons = Object.values(CancelReason).filter((reason) => !notTheirs.has(reason));
  const expected = types.flatMap((type) => {
    const named = Object.fromEntries(FIELDS[type].map((field) => [field, field]));
    const whys = type === "Removed" ? reasons : [null];
    return whys.map((reason) => {
      const event = { type, reason, ...named } as unknown as ExchangeEvent;
      const record = encodeExchangeRecord(event, AT.atMs);
      const [kind, ...names] = JSON.parse(record) as (string | number)[];
      const cells = names.map((name) => (name === AT.atMs ? "atMs" : name));
      return [kind, type, cells.join(", ")];
    });
  });
  const grid = { priceTick: 1n as Price, lotQty: 2n as Qty };
  const listed = { symbol: "symbol", ...grid, oddLotQty: 3n as Qty };
  const set: ExchangeEvent = { type: "GridSet", symbol: "symbol", grid: listed, from: grid };
  const written = JSON.parse(encodeExchangeRecord(set, AT.atMs)) as unknown[];
  assert.deepEqual(written, ["Z", "symbol", "1", "2", "3", "1", "2"]);
  expected.push(["Z", "GridSet", "symbol, tick, lot, oddLot, fromTick, fromLot"]);
  const rows = tableRows(section(PAGE, "### Partition `exchange`"));
  const kinds = rows
    .filter(([kind = ""]) => /^`[A-Z]`$/.test(kind))
    .map(([kind = "", type, cells]) => [unticked(kind), type, cells]);
  assert.deepEqual(kinds, expected);
  const cells = rows.filter(([name = ""]) => /^[a-z]/.test(name)).map(([name]) => name);
  const fields = types.flatMap((type): readonly string[] => FIELDS[type]);
  assert.deepEqual(cells, [...new Set([...fields, "atMs"])]);
});

/** A value as its cell is written. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each));
}
