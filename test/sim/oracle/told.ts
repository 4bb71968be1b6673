/** Compares orders as the wire shows them with those of the model. */
import { decimal } from "./money.ts";
import type { Told } from "./orders.ts";

/** An order object of a push, a snapshot or a list. */
export type OrderRow = Readonly<Record<string, string | number>>;

/** The first difference, or null. When it changed last is not compared. */
export function rowDifference(row: OrderRow, told: Told): string | null {
  const expected: Readonly<Record<string, string | bigint | number>> = {
    market: told.market,
    order_type: told.order_type,
    symbol: told.symbol,
    order_side: told.order_side,
    account_code: told.account_code,
    order_no: told.order_no,
    order_status: told.order_status,
    price: told.price,
    qty: told.qty,
    outstand_qty: told.outstand_qty,
    execute_qty: told.execute_qty,
    execute_amount: told.execute_amount,
    charge: told.charge,
    reference_id: told.reference_id,
    portfolio_id: told.portfolio_id,
    version: told.version,
    time_in_force: told.time_in_force,
    cancel_reason: told.cancel_reason,
    create_time: Math.floor(told.createdAtMs / 1_000),
  };
  const pending = told.isCancelPending ? "cancel" : undefined;
  if (row["pending"] !== pending) return `pending is ${row["pending"]}, not ${pending}`;
  const trigger = Number(decimal(told.trigger_price));
  const shownTrigger = row["trigger_price"];
  // Messages of the stream are without it.
  if (shownTrigger !== undefined && shownTrigger !== trigger) {
    return `trigger_price is ${shownTrigger}, not ${trigger}`;
  }
  for (const [field, value] of Object.entries(expected)) {
    const shown = typeof value === "bigint" ? Number(decimal(value)) : value;
    if (row[field] !== shown) return `${field} is ${row[field]}, not ${shown}`;
  }
  return null;
}

export function pushDifference(row: OrderRow, told: Told): string | null {
  const execId = told.exec_id ?? undefined;
  if (row["exec_id"] !== execId) return `exec_id is ${row["exec_id"]}, not ${execId}`;
  const lastQty = told.last_qty === null ? undefined : Number(decimal(told.last_qty));
  const lastPrice = told.last_price === null ? undefined : Number(decimal(told.last_price));
  if (row["last_qty"] !== lastQty) return `last_qty is ${row["last_qty"]}, not ${lastQty}`;
  if (row["last_price"] !== lastPrice)
    return `last_price is ${row["last_price"]}, not ${lastPrice}`;
  return rowDifference(row, told);
}
