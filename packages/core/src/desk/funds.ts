/** Whether an account can pay for what an order or a debit would take. */
import { formatDecimal } from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { Asset } from "../model/event.ts";
import type { Instrument } from "../model/instrument.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import type { AccountLedger } from "../money/ledger.ts";
import { reservedAsset } from "../money/order-money.ts";

/**
 * Why the account cannot hold back so much more for an order of this side, or null. What needs
 * nothing more is never refused, whatever the account lacks.
 */
export function orderFundsRefusal(
  account: AccountLedger,
  side: Side,
  instrument: Instrument,
  neededUnits: bigint,
  shortSellingAllowed: boolean,
): Refusal | null {
  if (neededUnits <= 0n) return null;
  if (side === Side.Sell && shortSellingAllowed) return null;
  const asset = reservedAsset(side, instrument);
  const { free, sellable } = account.balance(asset);
  return shortageRefusal(asset, neededUnits, side === Side.Buy ? free : sellable);
}

/** Why the account cannot give that much at once, or null. */
export function debitRefusal(account: AccountLedger, asset: Asset, units: bigint): Refusal | null {
  return shortageRefusal(asset, units, account.balance(asset).free);
}

function shortageRefusal(
  { assetClass, name }: Asset,
  neededUnits: bigint,
  availableUnits: bigint,
): Refusal | null {
  if (neededUnits <= availableUnits) return null;
  const available = formatDecimal(availableUnits > 0n ? availableUnits : 0n);
  const details = `${formatDecimal(neededUnits)} ${name} needed, ${available} available`;
  return refuse(assetClass === "Cash" ? "INSUFFICIENT_CASH" : "INSUFFICIENT_HOLDINGS", details);
}
