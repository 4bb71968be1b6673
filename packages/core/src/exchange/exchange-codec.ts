/**
 * Exchange events as journal payloads: one JSON array each, positional. Positions are only ever
 * appended; any other change raises the journal format. The first cell names the kind of event:
 *
 * | kind | event                        | cells
 * |
 * |------|------------------------------|---------------------------------------------------|
 * | `E`  | Entered                      | symbol, orderId, account, side, ordType, ticks, lots,
 * restingTicks, restingLots |
 * | `T`  | Traded                       | symbol, tradeNo, incomingOrderId, incomingAccount,
 * restingOrderId, restingAccount, ticks, lots |
 * | `C`  | Removed, on request          | symbol, orderId, account, lots
 * |
 * | `L`  | Removed, no more liquidity   | same
 * |
 * | `S`  | Removed, self-trade          | same
 * |
 */
import { assert, at } from "../assert.ts";
import type { Account, OrderId, OrdType, Side } from "../model/index.ts";
import { CancelReason } from "../model/index.ts";
import type { Entered, ExchangeEvent, RemovalReason, Removed, Traded } from "./exchange-event.ts";

type Cell = string | number;

const REMOVAL_KIND: Readonly<Record<RemovalReason, string>> = {
  [CancelReason.Requested]: "C",
  [CancelReason.NoLiquidity]: "L",
  [CancelReason.SelfTrade]: "S",
};
const REMOVAL_REASON: ReadonlyMap<string, RemovalReason> = new Map(
  Object.entries(REMOVAL_KIND).map(([reason, kind]) => [kind, reason as RemovalReason]),
);

export function encodeExchangeEvent(event: ExchangeEvent): string {
  return JSON.stringify(cellsOf(event));
}

/**
 * Precondition: the payload was made by {@link encodeExchangeEvent}; the journal's hash chain
 * vouches for it.
 */
export function decodeExchangeEvent(payload: string): ExchangeEvent {
  const cells = JSON.parse(payload) as readonly Cell[];
  const kind = at(cells, 0) as string;
  if (kind === "E") return enteredOf(cells);
  if (kind === "T") return tradedOf(cells);
  const reason = REMOVAL_REASON.get(kind);
  assert(reason !== undefined, "an exchange event is of a known kind");
  return removedOf(cells, reason);
}

function cellsOf(event: ExchangeEvent): Cell[] {
  switch (event.type) {
    case "Entered":
      return [
        "E",
        event.symbol,
        event.orderId,
        event.account,
        event.side,
        event.ordType,
        event.ticks,
        event.lots,
        event.restingTicks,
        event.restingLots,
      ];
    case "Traded":
      return [
        "T",
        event.symbol,
        event.tradeNo,
        event.incomingOrderId,
        event.incomingAccount,
        event.restingOrderId,
        event.restingAccount,
        event.ticks,
        event.lots,
      ];
    case "Removed": {
      const kind = REMOVAL_KIND[event.reason];
      return [kind, event.symbol, event.orderId, event.account, event.lots];
    }
  }
}

function enteredOf(cells: readonly Cell[]): Entered {
  assert(cells.length >= 10, "an entered order has all its cells");
  return {
    type: "Entered",
    symbol: cells[1] as string,
    orderId: cells[2] as OrderId,
    account: cells[3] as Account,
    side: cells[4] as Side,
    ordType: cells[5] as OrdType,
    ticks: cells[6] as number,
    lots: cells[7] as number,
    restingTicks: cells[8] as number,
    restingLots: cells[9] as number,
  };
}

function tradedOf(cells: readonly Cell[]): Traded {
  assert(cells.length >= 9, "a trade has all its cells");
  return {
    type: "Traded",
    symbol: cells[1] as string,
    tradeNo: cells[2] as number,
    incomingOrderId: cells[3] as OrderId,
    incomingAccount: cells[4] as Account,
    restingOrderId: cells[5] as OrderId,
    restingAccount: cells[6] as Account,
    ticks: cells[7] as number,
    lots: cells[8] as number,
  };
}

function removedOf(cells: readonly Cell[], reason: RemovalReason): Removed {
  assert(cells.length >= 5, "a removal has all its cells");
  return {
    type: "Removed",
    symbol: cells[1] as string,
    orderId: cells[2] as OrderId,
    account: cells[3] as Account,
    lots: cells[4] as number,
    reason,
  };
}
