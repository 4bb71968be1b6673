/**
 * What an index of events needs to know of them, read without decoding them: that would cost
 * several times as much, most of it for figures that the index does not keep. A property test
 * proves that a glance sees what {@link decodeDeskEvent} does.
 */
import { assert } from "../assert.ts";
import type { MarketName, Side } from "./enums.ts";
import type { DeskEvent, ExecutionReported } from "./event.ts";
import { decodeDeskEvent } from "./event-codec.ts";
import type { Account, ClOrdId, OrderId, UnixMs } from "./ids.ts";
import type { Order, OrderPhase } from "./order.ts";

/** Facts of a report's order, and whether the report is of a trade. */
export interface ReportGlance
  extends Pick<
    Order,
    | "orderId"
    | "account"
    | "clOrdId"
    | "portfolioId"
    | "market"
    | "symbol"
    | "side"
    | "phase"
    | "cancelPending"
    | "createdAtMs"
    | "streamSeq"
  > {
  readonly isTrade: boolean;
}

/** The event's type. Precondition: as for {@link decodeDeskEvent}. */
export function deskEventType(payload: string): DeskEvent["type"] {
  const kind = payload.charAt(KIND_AT);
  const type = TYPES[kind as keyof typeof TYPES];
  assert(type !== undefined, "a desk event is of a known kind");
  return type;
}

/** Precondition: the event is a report. */
export function glanceAtReport(payload: string): ReportGlance {
  const found = REPORT.exec(payload);
  // A text with an escape in it, which hardly any has.
  if (found === null) return glanceOf(decodeDeskEvent(payload) as ExecutionReported);
  return {
    orderId: found[1] as OrderId,
    account: found[2] as Account,
    clOrdId: found[3] as ClOrdId,
    portfolioId: found[4] as string,
    market: found[5] as MarketName,
    symbol: found[6] as string,
    side: found[7] as Side,
    phase: found[8] as OrderPhase,
    cancelPending: found[9] === "true",
    createdAtMs: Number.parseInt(found[10] ?? "", 10) as UnixMs,
    streamSeq: Number.parseInt(found[11] ?? "", 10),
    isTrade: found[12] !== undefined,
  };
}

function glanceOf({ order, execution }: ExecutionReported): ReportGlance {
  const { orderId, account, clOrdId, portfolioId, market, symbol, side } = order;
  const { phase, cancelPending, createdAtMs, streamSeq } = order;
  const isTrade = execution !== null;
  const names = { orderId, account, clOrdId, portfolioId, market, symbol, side };
  return { ...names, phase, cancelPending, createdAtMs, streamSeq, isTrade };
}

/** Of the kind in `["R",`. */
const KIND_AT = 2;

const TYPES = {
  R: "ExecutionReported",
  A: "AccountOpened",
  B: "BalanceAdjusted",
  X: "AccountClosed",
  S: "Settled",
  D: "DeadManSet",
  W: "DisconnectWatched",
  U: "DisconnectUnwatched",
  F: "DeadManFired",
  N: "CommandRefused",
  Q: "RequestAnswered",
} as const satisfies Record<string, DeskEvent["type"]>;

const TEXT = '"[^"\\\\]*"';
const READ_TEXT = '"([^"\\\\]*)"';
const FLAG = "(?:true|false)";
const READ_FLAG = "(true|false)";
const NUMBER = "\\d+";
const READ_NUMBER = "(\\d+)";

/** An order's cells as the codec writes them, one after the other; of some the value is read. */
const ORDER_CELLS = {
  orderId: READ_TEXT,
  account: READ_TEXT,
  clOrdId: READ_TEXT,
  portfolioId: READ_TEXT,
  market: READ_TEXT,
  symbol: READ_TEXT,
  ordType: TEXT,
  side: READ_TEXT,
  timeInForce: TEXT,
  price: TEXT,
  stopPx: TEXT,
  protectionPx: TEXT,
  triggered: FLAG,
  orderQty: TEXT,
  phase: READ_TEXT,
  cancelPending: READ_FLAG,
  cumQty: TEXT,
  grossTradeAmt: TEXT,
  chargeAmt: TEXT,
  reservedAmt: TEXT,
  cancelReason: TEXT,
  rejectReason: TEXT,
  createdAtMs: READ_NUMBER,
  updatedAtMs: NUMBER,
  version: NUMBER,
  streamSeq: READ_NUMBER,
  enteredBy: TEXT,
} as const satisfies Record<keyof Order, string>;

/** Behind the order a trade begins with the text of its ExecId, an origin with a number. */
const REPORT = new RegExp(`^\\["R",${[TEXT, ...Object.values(ORDER_CELLS)].join()}(?:,(")|[,\\]])`);
