/**
 * The statement of an account: what each event did to its cash and holdings, as lines for people.
 * A pure function of the event, so that the archive can make the statement of any time.
 */
import { assert } from "../assert.ts";
import {
  type Amount,
  amountOf,
  type Price,
  type Qty,
  ZERO_AMOUNT,
  ZERO_PRICE,
  ZERO_QTY,
} from "../model/decimal.ts";
import { type MarketName, Side } from "../model/enums.ts";
import type {
  AccountOpened,
  Asset,
  BalanceAdjusted,
  DeskEvent,
  ExecutionReported,
} from "../model/event.ts";
import type { Account, OrderId, UnixMs } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import { type UnixDay, unixDayAt } from "../model/unix-day.ts";

export type TransactionType = "Opening" | "Adjustment" | "Buy" | "Sell" | "Charge";

/** One line of a statement. Amounts and quantities are signed: above zero the account got it. */
export interface Transaction {
  /** Position of its event in the journal and its place in the event: unique in a partition. */
  readonly id: string;
  readonly account: Account;
  readonly type: TransactionType;
  readonly atMs: UnixMs;
  readonly date: UnixDay;
  /** Cash and product change hands on it. */
  readonly settlDate: UnixDay;
  /** What the balance is of: cash, but for openings and adjustments of holdings. */
  readonly assetClass: Asset["assetClass"];
  /** "" for a holding that no instrument trades any more. */
  readonly currency: string;
  /** "" where no market is concerned. */
  readonly market: MarketName | "";
  /** "" for cash that no trade moved. */
  readonly productCode: string;
  readonly productName: string;
  /** Zero but for trades. */
  readonly price: Price;
  readonly qty: Qty;
  readonly amt: Amount;
  /** Of the asset, after this line, what is not settled yet included. */
  readonly balance: bigint;
  /** The order of a trade or a charge, else "". */
  readonly orderId: OrderId | "";
  /** Why an operator adjusted it, else "". */
  readonly remarks: string;
}

/** Finds instruments; by product, the first one that trades it. */
export interface InstrumentLookup {
  instrument(symbol: string): Instrument | null;
  instrumentOfProduct(product: string): Instrument | null;
}

/** An event that moves money or holdings: those that have lines. */
export type BookedEvent = AccountOpened | BalanceAdjusted | ExecutionReported;

/**
 * Whether the event moved something. Most reports did not; nor does settlement, which a trade's
 * line has counted.
 */
export function isBooked(event: DeskEvent): event is BookedEvent {
  switch (event.type) {
    case "ExecutionReported":
      return event.execution !== null;
    case "AccountOpened":
    case "BalanceAdjusted":
      return true;
    case "AccountClosed":
    case "Settled":
    case "CommandRefused":
    case "RequestAnswered":
    case "DeadManSet":
    case "DeadManFired":
    case "DisconnectWatched":
    case "DisconnectUnwatched":
      return false;
  }
}

/** What the lines of one event have in common, and how many there are. */
export interface StatementEntry {
  readonly account: Account;
  readonly cause: "Opening" | "Adjustment" | "Trade";
  readonly date: UnixDay;
  /** Lines by which the account got the asset of their balance. */
  readonly inCount: number;
  /** Lines by which it gave it. */
  readonly outCount: number;
}

/** Precondition: {@link isBooked}. Agrees with {@link transactionsOf} and costs less. */
export function statementEntryOf(event: BookedEvent): StatementEntry {
  switch (event.type) {
    case "ExecutionReported": {
      const { order, execution } = event;
      assert(execution !== null, "a report that is booked is of a trade");
      const isSell = order.side === Side.Sell;
      const chargeCount = execution.lastChargeAmt === 0n ? 0 : 1;
      return {
        account: order.account,
        cause: "Trade",
        date: execution.tradeDate,
        inCount: isSell ? 1 : 0,
        outCount: (isSell ? 0 : 1) + chargeCount,
      };
    }
    case "AccountOpened": {
      const units = [...event.cash, ...event.holdings].map(([, each]): bigint => each);
      return {
        account: event.account,
        cause: "Opening",
        date: unixDayAt(event.atMs, 0),
        inCount: units.filter((each) => each > 0n).length,
        outCount: units.filter((each) => each < 0n).length,
      };
    }
    case "BalanceAdjusted":
      return {
        account: event.account,
        cause: "Adjustment",
        date: unixDayAt(event.atMs, 0),
        inCount: event.units > 0n ? 1 : 0,
        outCount: event.units > 0n ? 0 : 1,
      };
  }
}

/** The lines of one event, in order; most events have none. `seq` is its journal position. */
export function transactionsOf(
  event: DeskEvent,
  seq: number,
  lookup: InstrumentLookup,
): Transaction[] {
  if (!isBooked(event)) return [];
  switch (event.type) {
    case "ExecutionReported":
      return tradeLines(event, seq, lookup);
    case "AccountOpened":
      return openingLines(event, seq, lookup);
    case "BalanceAdjusted":
      return [adjustmentLine(event, seq, lookup)];
  }
}

function tradeLines(event: ExecutionReported, seq: number, lookup: InstrumentLookup) {
  const { order, execution } = event;
  assert(execution !== null, "a report that is booked is of a trade");
  const { lastQty, lastPx, lastChargeAmt, cashBalance } = execution;
  const instrument = lookup.instrument(order.symbol);
  const sign = order.side === Side.Buy ? 1n : -1n;
  const shared = {
    account: order.account,
    atMs: order.updatedAtMs,
    date: execution.tradeDate,
    settlDate: execution.settlDate,
    assetClass: "Cash",
    currency: instrument?.currency ?? "",
    market: order.market,
    productCode: instrument?.product ?? order.symbol,
    productName: instrument?.securityDesc ?? "",
    orderId: order.orderId,
    remarks: "",
  } as const;
  const trade: Transaction = {
    ...shared,
    id: `${seq}-1`,
    type: order.side === Side.Buy ? "Buy" : "Sell",
    price: lastPx,
    qty: (sign * lastQty) as Qty,
    amt: (-sign * amountOf(lastPx, lastQty)) as Amount,
    balance: cashBalance + lastChargeAmt,
  };
  if (lastChargeAmt === 0n) return [trade];
  const charge: Transaction = {
    ...shared,
    id: `${seq}-2`,
    type: "Charge",
    price: ZERO_PRICE,
    qty: ZERO_QTY,
    amt: -lastChargeAmt as Amount,
    balance: cashBalance,
  };
  return [trade, charge];
}

function openingLines(event: AccountOpened, seq: number, lookup: InstrumentLookup) {
  const cash = event.cash.map(([name, units]) => ({ assetClass: "Cash" as const, name, units }));
  const holdings = event.holdings.map(([name, units]) => ({
    assetClass: "Holding" as const,
    name,
    units,
  }));
  return [...cash, ...holdings]
    .filter(({ units }) => units !== 0n)
    .map(({ assetClass, name, units }, index) => ({
      ...houseLine({ assetClass, name }, units, event, lookup),
      id: `${seq}-${index + 1}`,
      type: "Opening" as const,
      balance: units,
      remarks: "",
    }));
}

function adjustmentLine(
  event: BalanceAdjusted,
  seq: number,
  lookup: InstrumentLookup,
): Transaction {
  return {
    ...houseLine(event.asset, event.units, event, lookup),
    id: `${seq}-1`,
    type: "Adjustment",
    balance: event.balance,
    remarks: event.reason,
  };
}

/** What openings and adjustments have in common: dated in UTC, settled at once. */
function houseLine(
  { assetClass, name }: Asset,
  units: bigint,
  { account, atMs }: AccountOpened | BalanceAdjusted,
  lookup: InstrumentLookup,
) {
  const isCash = assetClass === "Cash";
  const instrument = isCash ? null : lookup.instrumentOfProduct(name);
  const date = unixDayAt(atMs, 0);
  return {
    account,
    atMs,
    date,
    settlDate: date,
    assetClass,
    currency: isCash ? name : (instrument?.currency ?? ""),
    market: instrument?.marketGroup ?? ("" as const),
    productCode: isCash ? "" : name,
    productName: instrument?.securityDesc ?? "",
    price: ZERO_PRICE,
    qty: isCash ? ZERO_QTY : (units as Qty),
    amt: isCash ? (units as Amount) : ZERO_AMOUNT,
    orderId: "",
  } as const;
}
