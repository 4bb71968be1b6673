/**
 * Bodies to try a route with, as the reference shows them: the sandbox takes them one after the
 * other, so that whoever reads has something to send at once.
 */
import type { RouteName } from "../routes.ts";

const NAME = { reference_id: "my-first" };
const PLACE = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "enhanced_limit_order",
  price: 423.83,
  qty: 1000,
  ...NAME,
};
const CANCEL_ALL = { symbol: "00700", preview: 1 };

/** A body for every route that takes one. */
export const EXAMPLES: Readonly<Partial<Record<RouteName, unknown>>> = {
  placeOrder: PLACE,
  placeBatch: [PLACE, { ...PLACE, price: 423.8, reference_id: "my-second" }],
  amendOrder: { ...NAME, price: 423.82 },
  previewPlace: PLACE,
  previewAmend: { ...NAME, price: 423.82 },
  previewCancel: NAME,
  cancelOrder: NAME,
  cancelOrderByPost: NAME,
  cancelBatch: [NAME, { reference_id: "my-second" }],
  cancelBatchByPost: [NAME, { reference_id: "my-second" }],
  cancelAll: CANCEL_ALL,
  cancelAllByPost: CANCEL_ALL,
  estimateQuantity: {
    market: "hkex",
    symbol: "00700",
    order_side: "buy",
    price: 438.3,
    ratio: 0.5,
  },
  setDeadMan: { timeout: 60, scope: "symbol", value: "00700" },
  armFault: { fault: "delayed_cancel", delay_ms: 500 },
  moveSandboxClock: { advance_ms: 1000 },
};
