/** Cancels of orders: what counts as an answer to one, and how its end is awaited. */
import type { Calls } from "./calls.ts";
import { addDecimals, subtractDecimals } from "./decimal.ts";
import { ApiError, OutcomeUnknownError, WaitTimeoutError } from "./errors.ts";
import { isClosed } from "./open-orders.ts";
import type {
  CancelAllRequest,
  CancelAllResult,
  CancelledOrder,
  CancelRequest,
  CancelResult,
  Failure,
  Order,
} from "./wire.ts";

/** The order after its cancel; without `seq` where it had to be looked up. */
type ShownCancel = Omit<CancelledOrder, "seq"> & Partial<Pick<CancelledOrder, "seq">>;

interface Receipted {
  /** The signed receipt, where one was asked for; "" while it cannot be made. */
  readonly receipt?: string;
}

/** How a cancel ended. */
export type CancelOutcome =
  | ({
      /** By this call, final. */
      readonly outcome: "cancelled";
      readonly order: CancelledOrder;
    } & Receipted)
  | ({
      /**
       * `already_cancelled`: before this call, or by an attempt of it whose answer was lost or did
       * not show the order. `cancel_pending`: on its way to the venue; a fill can still win.
       */
      readonly outcome: "already_cancelled" | "cancel_pending";
      readonly order: ShownCancel;
    } & Receipted)
  | {
      /**
       * The order cannot be cancelled, and the gateway says why; or that shows where the order had
       * to be looked up, also that the venue refused the cancel in between (`cancel_rejected`).
       */
      readonly outcome: "refused";
      /** Such as `too_late_filled`, `unknown_order`, `window_closed`. */
      readonly reason: string;
      readonly failure: Failure;
      /** The order as it stands; null where the request names none. */
      readonly order: Order | null;
    };

/** Which orders; all of them where nothing is named. */
export type CancelAllFilter = Omit<CancelAllRequest, "preview">;

export interface CancelOptions {
  /** Ask for a signed receipt; a gateway without a key for them refuses the cancel. */
  readonly receipt?: boolean;
}

export interface ConfirmOptions {
  /** Milliseconds to wait for the end; 30,000 unless given. */
  readonly timeoutMs?: number;
}

const CANCEL_PATH = "/trade/v1/orders/cancel";
const CONFIRM_TIMEOUT_MS = 30_000;
const CONFIRM_POLL_MS_MIN = 50;
const CONFIRM_POLL_MS_MAX = 1_000;
/** Refusals of a cancel that are answers, not mistakes of the caller. */
const CANCEL_ANSWERED: ReadonlySet<number> = new Set([404, 409]);
/** First digits of their codes: another 404 is of a server, or of a path, that knows no orders. */
const CANCEL_CODES = 110_302;
/** The code of a cancel that an order's state does not allow. */
const ORDER_LIMIT = 11_030_204;

export async function cancelOrder(
  calls: Calls,
  request: CancelRequest,
  options: CancelOptions,
): Promise<CancelOutcome> {
  try {
    const { data, receipt } = await calls.change("POST", CANCEL_PATH, request, options.receipt);
    const failure = lostTo(data);
    if (failure !== null)
      return { outcome: "refused", reason: failure.reason, failure, order: data };
    const order = shown(data);
    const more = receipt === undefined ? {} : { receipt };
    return { outcome: order.reason as "cancelled", order: order as CancelledOrder, ...more };
  } catch (error) {
    if (!isCancelAnswer(error)) throw error;
    const { failure, reason } = error;
    return { outcome: "refused", reason, failure, order: orderIn(error) };
  }
}

/** As the answer to its cancel shows it, as far as that can be seen where it was looked up. */
function shown(order: Order & Partial<CancelledOrder>): ShownCancel {
  if (order.reason !== undefined) return order as CancelledOrder;
  const { execute_qty, order_status, outstand_qty, qty } = order;
  const already = order_status === "can";
  const reason = already ? "already_cancelled" : "cancel_pending";
  const cancelled_qty = subtractDecimals(qty, addDecimals(execute_qty, outstand_qty));
  return { ...order, cancelled_qty, already, reason };
}

/**
 * What the gateway would say to a cancel of an order that was looked up because its answer did not
 * show it: a venue that answers late may have filled it, or refused the cancel, in between. Null
 * where the cancel won, or is on its way.
 */
function lostTo(order: Order & Partial<CancelledOrder>): Failure | null {
  if (order.reason !== undefined || order.order_status === "can") return null;
  const refusal = { code: ORDER_LIMIT, message: "Order Limit", retryable: false };
  if (order.order_status === "fex") {
    return { ...refusal, reason: "too_late_filled", details: "the order is filled" };
  }
  if (order.order_status === "rej") {
    return { ...refusal, reason: "rejected_order", details: "the order was rejected by the venue" };
  }
  if (order.pending === "cancel") return null;
  const details = "the venue refused the cancel, and the order works on";
  return { ...refusal, reason: "cancel_rejected", details, retryable: true };
}

export async function cancelOrders(
  calls: Calls,
  requests: readonly CancelRequest[],
  options: CancelOptions,
): Promise<readonly CancelResult[]> {
  const wanted = { ...options, representation: true };
  const { data } = await calls.send("POST", `${CANCEL_PATH}/batch`, requests, wanted);
  return data as readonly CancelResult[];
}

/** A preview changes nothing. */
export async function cancelAllOrders(
  calls: Calls,
  filter: CancelAllFilter,
  isPreview: boolean,
): Promise<CancelAllResult> {
  const path = `${CANCEL_PATH}/all`;
  try {
    const data = isPreview
      ? await calls.ask(path, { ...filter, preview: 1 })
      : await calls.write("POST", path, filter);
    return data as CancelAllResult;
  } catch (error) {
    // Some or all work on: that is an answer, with the same content.
    const data = error instanceof ApiError ? error.failure.data : undefined;
    if (data === undefined || !("matched" in data)) throw error;
    return data;
  }
}

/** Cancels an order and waits until it is closed. */
export async function cancelToTheEnd(
  calls: Calls,
  request: CancelRequest,
  { timeoutMs = CONFIRM_TIMEOUT_MS }: ConfirmOptions,
): Promise<Order> {
  const { transport } = calls;
  const deadlineMs = transport.monotonicMs() + timeoutMs;
  let order = await afterCancel(calls, request);
  for (let pollMs = CONFIRM_POLL_MS_MIN; !isClosed(order); ) {
    const { order_no } = order;
    if (transport.monotonicMs() + pollMs > deadlineMs) {
      throw new WaitTimeoutError(`order ${order_no} is not closed yet`);
    }
    await transport.pause(pollMs);
    pollMs = Math.min(2 * pollMs, CONFIRM_POLL_MS_MAX);
    const now = await currentOrder(calls, order_no);
    if (now === undefined) throw new WaitTimeoutError("the order is not listed any more");
    order = now;
  }
  return order;
}

/** The order after its cancel, or as whatever came before the cancel has closed it. */
async function afterCancel(calls: Calls, request: CancelRequest): Promise<Order> {
  try {
    return (await calls.change("POST", CANCEL_PATH, request)).data;
  } catch (error) {
    const order = orderIn(error);
    if (order !== null && isClosed(order)) return order;
    throw error;
  }
}

async function currentOrder(calls: Calls, order_no: string): Promise<Order | undefined> {
  try {
    const { orders } = await calls.read("/trade/v1/orders", { order_no, page_size: 1 });
    return orders[0];
  } catch (error) {
    // Not an error of a call that changed nothing: the cancel is in force.
    throw new OutcomeUnknownError(`POST ${CANCEL_PATH}`, 1, error);
  }
}

function isCancelAnswer(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || !CANCEL_ANSWERED.has(error.httpStatus)) return false;
  return Math.floor(error.code / 100) === CANCEL_CODES;
}

/** The order that a refusal is about, where it says so. */
function orderIn(error: unknown): Order | null {
  if (!isCancelAnswer(error)) return null;
  return (error.failure.data as Order | undefined) ?? null;
}
