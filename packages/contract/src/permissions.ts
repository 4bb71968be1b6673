/**
 * Which permission each signed route and each command of the socket needs: the one table. A route
 * that is not classified here does not compile. docs/concepts/keys.md lists the same rows.
 */
import type { Permission } from "./operator/operator-words.ts";
import type { SignedRouteName } from "./routes.ts";
import type { COMMAND_OPS } from "./schema/stream-schemas.ts";

/** What is asked of a key before its request is decoded. */
export interface Need {
  /** Any one of them is enough. */
  readonly anyOf: readonly Permission[];
  /** It is about the whole account: refused to a key that has only portfolios of it. */
  readonly isAccountWide: boolean;
}

/** Orders, without the account's money: whoever may cancel must see what there is to cancel. */
const SEE_ORDERS = need("read", "trade", "cancel");
const SEE_ACCOUNT = accountWide("read", "trade");
const CANCEL = need("trade", "cancel");
const TRADE = need("trade");

export const ROUTE_NEEDS: Readonly<Record<SignedRouteName, Need>> = {
  cancelOrder: CANCEL,
  cancelOrderByPath: CANCEL,
  cancelOrderByPost: CANCEL,
  cancelBatch: CANCEL,
  cancelBatchByPost: CANCEL,
  cancelAll: CANCEL,
  cancelAllByPost: CANCEL,
  placeOrder: TRADE,
  placeBatch: TRADE,
  amendOrder: TRADE,
  previewPlace: TRADE,
  previewAmend: TRADE,
  previewCancel: CANCEL,
  listOrders: SEE_ORDERS,
  estimateQuantity: SEE_ACCOUNT,
  setDeadMan: accountWide("trade", "cancel"),
  showDeadMan: accountWide("read", "trade", "cancel"),
  accountBalance: SEE_ACCOUNT,
  accountPositions: SEE_ACCOUNT,
  accountTransactions: SEE_ACCOUNT,
  listExecutions: SEE_ORDERS,
  tradeRestrictions: SEE_ORDERS,
  createSignInCode: SEE_ORDERS,
  sandboxClock: SEE_ORDERS,
  moveSandboxClock: accountWide("trade"),
  armFault: TRADE,
  listFaults: SEE_ORDERS,
  clearFaults: TRADE,
};

/** The order stream itself. */
export const STREAM_NEED: Need = SEE_ORDERS;

/** A stream that takes commands. */
export const COMMANDS_NEED: Need = CANCEL;

/** A stream whose loss cancels orders: those that its key placed, which are of its portfolios. */
export const ON_DISCONNECT_NEED: Need = CANCEL;

export const OP_NEEDS: Readonly<Record<(typeof COMMAND_OPS)[number], Need>> = {
  cancel: CANCEL,
  cancel_batch: CANCEL,
  cancel_all: CANCEL,
  place: TRADE,
  place_batch: TRADE,
  amend: TRADE,
};

/** A request to the operator API that a key signed. */
export const OPERATOR_NEED: Need = need("operate");

/** How a refusal names what is needed. */
export function needText({ anyOf }: Need): string {
  return `this needs the permission ${anyOf.join(" or ")}`;
}

function need(...anyOf: readonly Permission[]): Need {
  return { anyOf, isAccountWide: false };
}

function accountWide(...anyOf: readonly Permission[]): Need {
  return { anyOf, isAccountWide: true };
}
