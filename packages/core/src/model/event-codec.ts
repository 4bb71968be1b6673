/**
 * Desk events as journal payloads: one JSON array each, positional, so that a record stays near
 * 250 bytes. Positions are only ever appended; any other change raises the journal format.
 * Fixed-point values are their integer units as text. docs/protocol/journal.md has the tables.
 */
import { assert, at } from "../assert.ts";
import type { Cause, Channel } from "./cause.ts";
import { type Cell as ColumnCell, cellsOf, columnLines } from "./columns.ts";
import type { DeadManKind } from "./dead-man.ts";
import type { Amount, Price, Qty } from "./decimal.ts";
import type { CancelReason, ExecType, MarketName, OrdType, Side, TimeInForce } from "./enums.ts";
import type {
  Answered,
  Asset,
  DeskEvent,
  DisconnectUnwatched,
  Execution,
  ExecutionReported,
  RefusedCommand,
  ReportOrigin,
} from "./event.ts";
import type { Account, ClOrdId, ExecId, KeyId, OrderId, UnixMs } from "./ids.ts";
import type { Order, OrderPhase } from "./order.ts";
import type { UnixDay } from "./unix-day.ts";

type Cell = string | number | boolean | readonly Cell[];
type Cells = readonly Cell[];

export function encodeDeskEvent(event: DeskEvent): string {
  return JSON.stringify(eventCells(event));
}

/**
 * A report as it was encoded, with the answer that it is to carry: that is known when what happened
 * is written out. Precondition: the report has an origin and no answer.
 */
export function encodeAnswered(report: string, answered: Answered): string {
  return `${report.slice(0, -1)},${JSON.stringify(answeredCell(answered))}]`;
}

/**
 * Precondition: the payload was made by {@link encodeDeskEvent}; the journal's hash chain vouches
 * for it.
 */
export function decodeDeskEvent(payload: string): DeskEvent {
  const cells = JSON.parse(payload) as Cells;
  const kind = at(cells, 0);
  assert(typeof kind === "string" && isKind(kind), "a desk event is of a known kind");
  return DECODERS[kind](cells);
}

/** Orders alone, as lines of a snapshot: many in each, by columns. */
export function orderLines(orders: Iterable<Order>): Iterable<string> {
  return columnLines([ORDERS], orderRows(orders));
}

export const ORDERS = "orders";

function* orderRows(orders: Iterable<Order>): Iterable<ColumnCell[]> {
  for (const order of orders) {
    const cells = reportCells("", order, 0, 0) as ColumnCell[];
    yield cells.slice(ORDER_FROM, ORDER_FROM + ORDER_CELL_COUNT);
  }
}

/** The orders of such a line, whose JSON was read already. */
export function ordersOfLine([, rowCount, ...columns]: readonly unknown[]): Order[] {
  assert(columns.length === ORDER_CELL_COUNT, "an order has all its cells");
  const count = rowCount as number;
  const read = columns.map((column, index) => {
    const isUnits = UNITS_CELLS.has(index);
    return cellsOf<Cell | bigint>(column, count, (cell) => (isUnits ? units(cell) : cell));
  });
  const cells: (Cell | bigint)[] = [];
  const orders: Order[] = [];
  for (let row = 0; row < count; row += 1) {
    for (let index = 0; index < ORDER_CELL_COUNT; index += 1) {
      cells[index] = (read[index] as (Cell | bigint)[])[row] as Cell | bigint;
    }
    orders.push(orderOf(cells, 0));
  }
  return orders;
}

function eventCells(event: DeskEvent): Cells {
  switch (event.type) {
    case "ExecutionReported":
      return executionReportedCells(event);
    case "AccountOpened":
      return [
        "A",
        event.atMs,
        event.account,
        event.cash.map(([currency, amount]) => [currency, amount.toString()]),
        event.holdings.map(([product, qty]) => [product, qty.toString()]),
        event.shortSellingAllowed,
      ];
    case "BalanceAdjusted":
      return [
        "B",
        event.atMs,
        event.account,
        event.asset.assetClass,
        event.asset.name,
        event.units.toString(),
        event.reason,
        event.balance.toString(),
      ];
    case "AccountClosed":
      return ["X", event.atMs, event.account];
    case "Settled":
      return ["S", event.atMs, event.date];
    case "DeadManSet": {
      const { atMs, account, scope, timeoutMs, keyId } = event;
      return ["D", atMs, account, scope.kind, scope.value, timeoutMs, keyId];
    }
    case "DisconnectWatched":
      return ["W", event.atMs, event.account, event.keyId, event.group, event.graceMs];
    case "DisconnectUnwatched":
      return ["U", event.atMs, event.account, event.keyId, event.group, event.cause];
    case "DeadManFired":
      return ["F", event.atMs, event.account, event.scope.kind, event.scope.value];
    case "CommandRefused":
      return [
        "N",
        event.atMs,
        event.account,
        event.orderId,
        event.command,
        event.refused,
        causeCell(event.cause),
      ];
    case "RequestAnswered":
      return [
        "Q",
        event.atMs,
        event.account,
        event.fingerprint,
        event.contentDigest,
        event.expiresAtMs,
        event.httpStatus,
        event.body,
      ];
  }
}

const DECODERS = {
  R: (cells: Cells): DeskEvent => {
    const execution = executionOf(cells, ORDER_FROM + ORDER_CELL_COUNT);
    const from = ORDER_FROM + ORDER_CELL_COUNT + (execution === null ? 0 : EXECUTION_CELL_COUNT);
    return {
      type: "ExecutionReported",
      execType: cells[1] as ExecType,
      order: orderOf(cells, ORDER_FROM),
      execution,
      ...originOf(cells, from),
      ...answeredOf(cells, from + ORIGIN_CELL_COUNT),
    };
  },
  N: (cells: Cells): DeskEvent => ({
    type: "CommandRefused",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    orderId: cells[3] as OrderId,
    command: cells[4] as RefusedCommand,
    refused: cells[5] as string,
    cause: causeOf(cells[6]),
  }),
  A: (cells: Cells): DeskEvent => ({
    type: "AccountOpened",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    cash: pairsOf(cells[3]).map(([name, units]) => [name, BigInt(units) as Amount]),
    holdings: pairsOf(cells[4]).map(([name, units]) => [name, BigInt(units) as Qty]),
    shortSellingAllowed: cells[5] as boolean,
  }),
  B: (cells: Cells): DeskEvent => ({
    type: "BalanceAdjusted",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    asset: { assetClass: cells[3] as Asset["assetClass"], name: cells[4] as string },
    units: units(cells[5]),
    reason: cells[6] as string,
    balance: units(cells[7]),
  }),
  X: (cells: Cells): DeskEvent => ({
    type: "AccountClosed",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
  }),
  S: (cells: Cells): DeskEvent => ({
    type: "Settled",
    atMs: cells[1] as UnixMs,
    date: cells[2] as UnixDay,
  }),
  D: (cells: Cells): DeskEvent => ({
    type: "DeadManSet",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    scope: { kind: cells[3] as DeadManKind, value: cells[4] as string },
    timeoutMs: cells[5] as number,
    keyId: cells[6] as KeyId,
  }),
  F: (cells: Cells): DeskEvent => ({
    type: "DeadManFired",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    scope: { kind: cells[3] as DeadManKind, value: cells[4] as string },
  }),
  W: (cells: Cells): DeskEvent => ({
    type: "DisconnectWatched",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    keyId: cells[3] as KeyId,
    group: cells[4] as string,
    graceMs: cells[5] as number,
  }),
  U: (cells: Cells): DeskEvent => ({
    type: "DisconnectUnwatched",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    keyId: cells[3] as KeyId,
    group: cells[4] as string,
    cause: cells[5] as DisconnectUnwatched["cause"],
  }),
  Q: (cells: Cells): DeskEvent => ({
    type: "RequestAnswered",
    atMs: cells[1] as UnixMs,
    account: cells[2] as Account,
    fingerprint: cells[3] as string,
    contentDigest: cells[4] as string,
    expiresAtMs: cells[5] as UnixMs,
    httpStatus: cells[6] as number,
    body: cells[7] as string,
  }),
} as const;

function isKind(kind: string): kind is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, kind);
}

/** Where the cells of an order begin in those of its report. */
const ORDER_FROM = 2;
const ORDER_CELL_COUNT = 27;
/** Which of them are fixed-point values: in a column each different one is read once. */
const UNITS_CELLS: ReadonlySet<number> = new Set([9, 10, 11, 13, 16, 17, 18, 19]);

function executionReportedCells(event: ExecutionReported): Cells {
  const { execType, order, execution, origin, answered } = event;
  const cause = origin?.cause ?? null;
  const causedBy = cause === null ? 0 : causeCell(cause);
  const cells = reportCells(execType, order, origin?.previousStreamSeq ?? 0, causedBy);
  const behind = ORDER_FROM + ORDER_CELL_COUNT;
  if (origin === undefined) cells.length = behind;
  if (execution !== null) cells.splice(behind, 0, ...executionCells(execution));
  if (answered !== undefined) cells.push(answeredCell(answered));
  return cells;
}

/** All in one list, which is not put together from others: it is made for every report. */
function reportCells(
  execType: string,
  order: Order,
  previousStreamSeq: number,
  causedBy: Cell,
): Cell[] {
  return [
    "R",
    execType,
    order.orderId,
    order.account,
    order.clOrdId,
    order.portfolioId,
    order.market,
    order.symbol,
    order.ordType,
    order.side,
    order.timeInForce,
    unitsText(order.price),
    unitsText(order.stopPx),
    unitsText(order.protectionPx),
    order.triggered,
    unitsText(order.orderQty),
    order.phase,
    order.cancelPending,
    unitsText(order.cumQty),
    unitsText(order.grossTradeAmt),
    unitsText(order.chargeAmt),
    unitsText(order.reservedAmt),
    order.cancelReason,
    order.rejectReason,
    order.createdAtMs,
    order.updatedAtMs,
    order.version,
    order.streamSeq,
    order.enteredBy,
    previousStreamSeq,
    causedBy,
  ];
}

function orderOf(cells: readonly (Cell | bigint)[], from: number): Order {
  assert(cells.length >= from + ORDER_CELL_COUNT, "an order has all its cells");
  return {
    orderId: cells[from] as OrderId,
    account: cells[from + 1] as Account,
    clOrdId: cells[from + 2] as ClOrdId,
    portfolioId: cells[from + 3] as string,
    market: cells[from + 4] as MarketName,
    symbol: cells[from + 5] as string,
    ordType: cells[from + 6] as OrdType,
    side: cells[from + 7] as Side,
    timeInForce: cells[from + 8] as TimeInForce,
    price: units(cells[from + 9]) as Price,
    stopPx: units(cells[from + 10]) as Price,
    protectionPx: units(cells[from + 11]) as Price,
    triggered: cells[from + 12] as boolean,
    orderQty: units(cells[from + 13]) as Qty,
    phase: cells[from + 14] as OrderPhase,
    cancelPending: cells[from + 15] as boolean,
    cumQty: units(cells[from + 16]) as Qty,
    grossTradeAmt: units(cells[from + 17]) as Amount,
    chargeAmt: units(cells[from + 18]) as Amount,
    reservedAmt: units(cells[from + 19]) as Amount,
    cancelReason: cells[from + 20] as CancelReason,
    rejectReason: cells[from + 21] as string,
    createdAtMs: cells[from + 22] as UnixMs,
    updatedAtMs: cells[from + 23] as UnixMs,
    version: cells[from + 24] as number,
    streamSeq: cells[from + 25] as number,
    enteredBy: cells[from + 26] as KeyId,
  };
}

function executionCells(execution: Execution): Cell[] {
  return [
    execution.execId,
    execution.lastQty.toString(),
    execution.lastPx.toString(),
    execution.tradeDate,
    execution.settlDate,
    execution.lastChargeAmt.toString(),
    execution.cashBalance.toString(),
  ];
}

const EXECUTION_CELL_COUNT = 7;

/** Behind the order stand an execution, an origin, both in this order, or neither. */
function executionOf(cells: Cells, from: number): Execution | null {
  if (cells.length < from + EXECUTION_CELL_COUNT) return null;
  return {
    execId: cells[from] as ExecId,
    lastQty: units(cells[from + 1]) as Qty,
    lastPx: units(cells[from + 2]) as Price,
    tradeDate: cells[from + 3] as UnixDay,
    settlDate: cells[from + 4] as UnixDay,
    lastChargeAmt: units(cells[from + 5]) as Amount,
    cashBalance: units(cells[from + 6]) as Amount,
  };
}

const ORIGIN_CELL_COUNT = 2;

function originOf(cells: Cells, from: number): { origin?: ReportOrigin } {
  if (cells.length <= from) return {};
  const cause = cells[from + 1] === 0 ? null : causeOf(cells[from + 1]);
  return { origin: { previousStreamSeq: cells[from] as number, cause } };
}

function answeredCell(answered: Answered): Cells {
  const { atMs, fingerprint, contentDigest, expiresAtMs, httpStatus, body } = answered;
  return [atMs, fingerprint, contentDigest, expiresAtMs, httpStatus, body];
}

function answeredOf(cells: Cells, at: number): { answered?: Answered } {
  if (cells.length <= at) return {};
  const [atMs, fingerprint, contentDigest, expiresAtMs, httpStatus, body] = cells[at] as Cells;
  return {
    answered: {
      atMs: atMs as UnixMs,
      fingerprint: fingerprint as string,
      contentDigest: contentDigest as string,
      expiresAtMs: expiresAtMs as UnixMs,
      httpStatus: httpStatus as number,
      body: body as string,
    },
  };
}

/** Most requests have no name of their own, and that costs nothing. */
function causeCell({ channel, actor, requestId }: Cause): readonly string[] {
  return requestId === "" ? [channel, actor] : [channel, actor, requestId];
}

function causeOf(cell: Cell | undefined): Cause {
  const [channel, actor = "", requestId = ""] = cell as readonly string[];
  return { channel: channel as Channel, actor, requestId };
}

function unitsText(units: bigint): string {
  return units === 0n ? "0" : units.toString();
}

/** Most orders carry zeros: one shared zero costs no memory. */
function units(cell: Cell | bigint | undefined): bigint {
  if (typeof cell === "bigint") return cell;
  return cell === "0" ? 0n : BigInt(cell as string);
}

function pairsOf(cell: Cell | undefined): readonly (readonly [string, string])[] {
  return cell as readonly (readonly [string, string])[];
}
