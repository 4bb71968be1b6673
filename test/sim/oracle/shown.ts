/** Events and messages in a line, for who reads what was not kept. */
import { ExecType, type ExecutionReported } from "../../../packages/core/src/model/index.ts";
import { decimal } from "./money.ts";
import type { Told } from "./orders.ts";

export function reportName({ execType, order }: ExecutionReported): string {
  const name = Object.entries(ExecType).find(([, value]) => value === execType)?.[0] ?? execType;
  return order.cancelReason === "" ? name : `${name} ${order.cancelReason}`;
}

export function shown(told: Told): string {
  const { order_no, order_status, qty, execute_qty, version, account_code } = told;
  const traded = `${decimal(execute_qty)}/${decimal(qty)}`;
  return `${account_code} ${order_no} v${version} ${order_status} ${traded} ${told.cancel_reason}`;
}

export function eventShown({ order, execType, execution }: ExecutionReported): string {
  const { orderId, phase, cumQty, orderQty, version, account, cancelReason } = order;
  const last =
    execution === null ? "" : ` ${decimal(execution.lastQty)}@${decimal(execution.lastPx)}`;
  const traded = `${decimal(cumQty)}/${decimal(orderQty)}${last}`;
  return `${account} ${orderId} v${version} ${execType} ${phase} ${traded} ${cancelReason}`;
}
