/**
 * What commands would do now: decided as the commands themselves are, and nothing is staged, sent
 * or applied. Stop orders that the trades of a command would reach are not followed: what they do
 * to its order depends on the state behind it.
 */
import { newOrderSingle } from "@countermand/core/desk";
import type { ExchangeCommand } from "@countermand/core/exchange";
import {
  type Account,
  type AmendRequest,
  CancelReason,
  type Order,
  type PlaceRequest,
  type Price,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import type { OrderGuard } from "../limits/order-guard.ts";
import type { OrderActs } from "./command-turn.ts";
import { type Partitions, reportToTell } from "./partitions.ts";

export class Previews implements OrderActs {
  readonly #partitions: Partitions;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  place(
    account: Account,
    request: PlaceRequest,
    nowMs: UnixMs,
    guard: OrderGuard | null,
  ): Order | Refusal {
    const placing = this.#partitions.decisions.place(account, request, nowMs, guard);
    if ("refused" in placing) return placing;
    return this.#worked(newOrderSingle(placing), placing, nowMs);
  }

  amend(
    order: Order,
    request: AmendRequest,
    nowMs: UnixMs,
    guard: OrderGuard | null,
  ): Order | Refusal {
    const amended = this.#partitions.decisions.amend(order, request, nowMs, guard);
    if ("refused" in amended) return amended;
    const sent = this.#partitions.decisions.replaceToSend(order, amended);
    return this.#worked(sent, order, nowMs, amended.price);
  }

  cancel(order: Order, nowMs: UnixMs): Order | Refusal {
    if (order.cancelPending) return order;
    const refusal = this.#partitions.cancelRefusal(order, nowMs);
    if (refusal !== null) return refusal;
    const { account, orderId, symbol } = order;
    // One that the venue has not accepted yet: its cancel would wait behind it.
    if (order.phase === "PendingNew") {
      return this.#partitions.deskOf(account).desk.decidePendingCancel(order, nowMs).order;
    }
    return this.#worked({ type: "OrderCancelRequest", orderId, symbol }, order, nowMs);
  }

  /** The order as a command about it would leave it. */
  #worked(
    command: ExchangeCommand,
    subject: Order,
    nowMs: UnixMs,
    price: Price | null = null,
  ): Order {
    const { exchange } = this.#partitions.exchange;
    const { desk } = this.#partitions.deskOf(subject.account);
    let order = subject;
    for (const event of exchange.decide(command)) {
      for (const report of exchange.reportsOf(event)) {
        if (report.orderId !== order.orderId) continue;
        order = desk.reported(order, reportToTell(report, CancelReason.Requested, price), nowMs);
      }
    }
    return order;
  }
}
