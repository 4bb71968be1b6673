/** What each signed route makes of a request's content: decode, then the trade service. */
import {
  decodeAmend,
  decodeBalanceQuery,
  decodeCancel,
  decodeCancelAll,
  decodeCancelAllQuery,
  decodeCancelBatch,
  decodeCancelPath,
  decodeCancelQuery,
  decodeClock,
  decodeDeadMan,
  decodeExecutionsQuery,
  decodeFaultRequest,
  decodeOrdersQuery,
  decodePlace,
  decodePlaceBatch,
  decodePositionsQuery,
  decodeQuantity,
  decodeTransactionsQuery,
  type Fault,
  fault,
  isFault,
  type JsonValue,
  type Need,
  ROUTE_NEEDS,
  type RouteName,
  type SignedRouteName,
} from "@countermand/contract";
import type { Caller } from "../auth/key-store.ts";
import type { SignInService } from "../console/sign-in-service.ts";
import type { DeadManService } from "../safety/dead-man-service.ts";
import type { ClockService } from "../sandbox/clock-service.ts";
import type { FaultService } from "../sandbox/fault-service.ts";
import type { AccountService } from "../trade/account-service.ts";
import type { PreviewService } from "../trade/preview-service.ts";
import type { RestrictionService } from "../trade/restriction-service.ts";
import type { StatementService } from "../trade/statement-service.ts";
import type { CallOptions, TradeAnswer, TradeService } from "../trade/trade-service.ts";

/** What signed requests are carried out by. */
export interface SignedActors {
  readonly trade: TradeService;
  readonly previews: PreviewService;
  readonly accounts: AccountService;
  readonly statements: StatementService;
  readonly restrictions: RestrictionService;
  readonly clock: ClockService;
  /** Null outside the sandbox: its paths do not exist then. */
  readonly faults: FaultService | null;
  readonly deadMan: DeadManService;
  readonly signIn: SignInService;
}

/** The signed part of a request, parsed. At most one of `json` and `rawQuery` says anything. */
export interface Content {
  readonly json: { readonly value: JsonValue } | null;
  readonly rawQuery: string;
  readonly segment: string | null;
}

export interface SignedRoute extends RouteAction {
  readonly needs: Need;
}

interface RouteAction {
  /** New orders are refused while the gateway drains; cancels and queries are not. */
  readonly places: boolean;
  /** Cancels are taken however much else there is. */
  readonly cancels?: true;
  /** Takes `X-Receipt`; every other route refuses it. */
  readonly receipts?: boolean;
  readonly act: (
    actors: SignedActors,
    caller: Caller,
    content: Content,
    options: CallOptions,
  ) => Promise<TradeAnswer> | Fault;
}

const cancelOne: RouteAction = {
  places: false,
  cancels: true,
  receipts: true,
  act: ({ trade }, caller, content, options) => {
    const request = cancelRequest(content);
    return isFault(request) ? request : trade.cancel(caller, request, options);
  },
};

const cancelBatch: RouteAction = {
  places: false,
  cancels: true,
  receipts: true,
  act: ({ trade }, caller, content, options) => {
    const elements = fromBody(content, decodeCancelBatch, `${BODY_MISSING}; ${PROXY_DROPS_BODY}`);
    return isFault(elements) ? elements : trade.cancelBatch(caller, elements, options);
  },
};

const cancelAll: RouteAction = {
  places: false,
  cancels: true,
  act: ({ trade }, caller, { json, rawQuery }, options) => {
    const request = json === null ? decodeCancelAllQuery(rawQuery) : decodeCancelAll(json.value);
    return isFault(request) ? request : trade.cancelAll(caller, request, options);
  },
};

const placeOne: RouteAction = {
  places: true,
  act: ({ trade }, caller, content, options) => {
    const request = fromBody(content, decodePlace);
    return isFault(request) ? request : trade.place(caller, request, options);
  },
};

const placeBatch: RouteAction = {
  places: true,
  act: ({ trade }, caller, content, options) => {
    const elements = fromBody(content, decodePlaceBatch);
    return isFault(elements) ? elements : trade.placeBatch(caller, elements, options);
  },
};

/** May trade, as a new order may. */
const amendOne: RouteAction = {
  places: true,
  act: ({ trade }, caller, content, options) => {
    const request = fromBody(content, decodeAmend);
    return isFault(request) ? request : trade.amend(caller, request, options);
  },
};

const previewPlace: RouteAction = {
  places: true,
  act: ({ previews }, caller, content) => {
    const request = fromBody(content, decodePlace);
    return isFault(request) ? request : previews.place(caller, request);
  },
};

const previewAmend: RouteAction = {
  places: true,
  act: ({ previews }, caller, content) => {
    const request = fromBody(content, decodeAmend);
    return isFault(request) ? request : previews.amend(caller, request);
  },
};

const previewCancel: RouteAction = {
  places: false,
  act: ({ previews }, caller, content) => {
    const request = fromBody(content, decodeCancel);
    return isFault(request) ? request : previews.cancel(caller, request);
  },
};

const estimateQuantity: RouteAction = {
  places: false,
  act: ({ accounts }, caller, content) => {
    const request = fromBody(content, decodeQuantity);
    return isFault(request) ? request : accounts.estimateQuantity(caller, request);
  },
};

const balance: RouteAction = {
  places: false,
  act: ({ accounts }, caller, content) => {
    return decodeBalanceQuery(content.rawQuery) ?? accounts.balance(caller);
  },
};

const positions: RouteAction = {
  places: false,
  act: ({ accounts }, caller, content) => {
    const query = decodePositionsQuery(content.rawQuery);
    return isFault(query) ? query : accounts.positions(caller, query);
  },
};

const transactions: RouteAction = {
  places: false,
  act: ({ statements }, caller, content) => {
    const query = decodeTransactionsQuery(content.rawQuery);
    return isFault(query) ? query : statements.transactions(caller, query);
  },
};

const listExecutions: RouteAction = {
  places: false,
  act: ({ statements }, caller, content) => {
    const query = decodeExecutionsQuery(content.rawQuery);
    return isFault(query) ? query : statements.executions(caller, query);
  },
};

const tradeRestrictions: RouteAction = {
  places: false,
  act: ({ restrictions }, caller, { rawQuery }) => {
    return rawQuery === "" ? restrictions.show(caller) : queryNotTaken();
  },
};

/** Taken as a cancel is: a refresh that is refused under load would let the switch fire. */
const setDeadMan: RouteAction = {
  places: false,
  cancels: true,
  act: ({ deadMan }, caller, content, { identity }) => {
    const request = fromBody(content, decodeDeadMan);
    return isFault(request) ? request : deadMan.set(caller, request, identity);
  },
};

const showDeadMan: RouteAction = {
  places: false,
  act: ({ deadMan }, caller, { rawQuery }) => {
    return rawQuery === "" ? deadMan.status(caller) : queryNotTaken();
  },
};

const listOrders: RouteAction = {
  places: false,
  act: ({ trade }, caller, content) => {
    const query = decodeOrdersQuery(content.rawQuery);
    return isFault(query) ? query : trade.orders(caller, query);
  },
};

const showClock: RouteAction = {
  places: false,
  act: ({ clock }, _caller, { rawQuery }) => (rawQuery === "" ? clock.show() : queryNotTaken()),
};

const moveClock: RouteAction = {
  places: true,
  act: ({ clock }, caller, content, options) => {
    const request = fromBody(content, decodeClock);
    return isFault(request) ? request : clock.move(caller, request, options);
  },
};

const armFault: RouteAction = {
  places: false,
  act: ({ faults }, caller, content, options) => {
    if (faults === null) return unknownPath();
    const request = fromBody(content, decodeFaultRequest);
    return isFault(request) ? request : faults.arm(caller, request, options);
  },
};

const listFaults: RouteAction = {
  places: false,
  act: ({ faults }, caller, content) => {
    if (faults === null) return unknownPath();
    return content.rawQuery === "" ? faults.list(caller) : queryNotTaken();
  },
};

const clearFaults: RouteAction = {
  places: false,
  act: ({ faults }, caller, content, options) => {
    if (faults === null) return unknownPath();
    if (content.json !== null) return fault("BODY_NOT_TAKEN", "this request takes no body");
    return content.rawQuery === "" ? faults.clear(caller, options) : queryNotTaken();
  },
};

const createSignInCode: RouteAction = {
  places: false,
  act: ({ signIn }, caller, content, options) => {
    return content.json === null && content.rawQuery === ""
      ? signIn.createCode(caller, options)
      : fault("BODY_NOT_TAKEN", "this request takes neither body nor query string");
  },
};

const ACTIONS: Readonly<Record<SignedRouteName, RouteAction>> = {
  cancelOrder: cancelOne,
  cancelOrderByPath: cancelOne,
  cancelOrderByPost: cancelOne,
  cancelBatch,
  cancelBatchByPost: cancelBatch,
  cancelAll,
  cancelAllByPost: cancelAll,
  placeOrder: placeOne,
  placeBatch,
  amendOrder: amendOne,
  previewPlace,
  previewAmend,
  previewCancel,
  estimateQuantity,
  setDeadMan,
  showDeadMan,
  accountBalance: balance,
  accountPositions: positions,
  accountTransactions: transactions,
  listExecutions,
  tradeRestrictions,
  listOrders,
  createSignInCode,
  sandboxClock: showClock,
  moveSandboxClock: moveClock,
  armFault,
  listFaults,
  clearFaults,
};

export const SIGNED_ROUTES: ReadonlyMap<RouteName, SignedRoute> = new Map(
  (Object.keys(ACTIONS) as SignedRouteName[]).map((name) => {
    return [name, { ...ACTIONS[name], needs: ROUTE_NEEDS[name] }];
  }),
);

function cancelRequest({ json, rawQuery, segment }: Content) {
  if (segment !== null) {
    return rawQuery === "" ? decodeCancelPath(segment) : queryNotTaken();
  }
  return json === null ? decodeCancelQuery(rawQuery) : decodeCancel(json.value);
}

function fromBody<T extends object>(
  { json, rawQuery }: Content,
  decode: (value: JsonValue) => T | Fault,
  missing = BODY_MISSING,
): T | Fault {
  if (json !== null) return decode(json.value);
  return rawQuery === "" ? fault("BODY_MISSING", missing) : queryNotTaken();
}

const BODY_MISSING = "this request needs a JSON body, and none arrived";
const PROXY_DROPS_BODY =
  "where a proxy drops the body of DELETE, use POST /trade/v1/orders/cancel/batch";

function unknownPath(): Fault {
  return fault("UNKNOWN_PATH", "faults on request are the sandbox's");
}

function queryNotTaken(): Fault {
  return fault("UNKNOWN_QUERY_PARAMETER", "this request takes no query string");
}
