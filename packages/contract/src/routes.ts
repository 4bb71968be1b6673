/** The route table. Documents are made from the same rows. */
import { MARKET_ROUTES } from "./market/market-routes.ts";

/** One method on one path. `{order_no}` stands for one path segment. */
export interface RouteSpec {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** The route that does the same with another form of request; null for the reference form. */
  readonly aliasOf: string | null;
  /** Needs the three authentication headers. */
  readonly signed: boolean;
  readonly does: string;
}

/** The order stream's path: a WebSocket, signed as CONNECT. */
export const STREAM_PATH = "/ws/trade/v1";

export const ROUTES = [
  {
    name: "cancelOrder",
    method: "DELETE",
    path: "/trade/v1/orders",
    aliasOf: null,
    signed: true,
    does: "cancel one order, named by the body or, without a body, by the query",
  },
  {
    name: "cancelOrderByPath",
    method: "DELETE",
    path: "/trade/v1/orders/{order_no}",
    aliasOf: "cancelOrder",
    signed: true,
    does: "cancel one order",
  },
  {
    name: "cancelOrderByPost",
    method: "POST",
    path: "/trade/v1/orders/cancel",
    aliasOf: "cancelOrder",
    signed: true,
    does: "cancel one order",
  },
  {
    name: "cancelBatch",
    method: "DELETE",
    path: "/trade/v1/orders/batch",
    aliasOf: null,
    signed: true,
    does: "cancel 1 to 5 orders",
  },
  {
    name: "cancelBatchByPost",
    method: "POST",
    path: "/trade/v1/orders/cancel/batch",
    aliasOf: "cancelBatch",
    signed: true,
    does: "cancel 1 to 5 orders",
  },
  {
    name: "cancelAll",
    method: "DELETE",
    path: "/trade/v1/orders/all",
    aliasOf: null,
    signed: true,
    does: "cancel every open order, or those that the body or, without a body, the query selects",
  },
  {
    name: "cancelAllByPost",
    method: "POST",
    path: "/trade/v1/orders/cancel/all",
    aliasOf: "cancelAll",
    signed: true,
    does: "cancel every open order, or those that the body or, without a body, the query selects",
  },
  {
    name: "placeOrder",
    method: "POST",
    path: "/trade/v1/orders",
    aliasOf: null,
    signed: true,
    does: "place one order",
  },
  {
    name: "placeBatch",
    method: "POST",
    path: "/trade/v1/orders/batch",
    aliasOf: null,
    signed: true,
    does: "place 1 to 5 orders",
  },
  {
    name: "amendOrder",
    method: "PUT",
    path: "/trade/v1/orders",
    aliasOf: null,
    signed: true,
    does: "amend one open order",
  },
  {
    name: "previewPlace",
    method: "POST",
    path: "/trade/v1/orders/preview",
    aliasOf: null,
    signed: true,
    does: "what placing this order would come to now; places nothing",
  },
  {
    name: "previewAmend",
    method: "PUT",
    path: "/trade/v1/orders/preview",
    aliasOf: null,
    signed: true,
    does: "what this amend would come to now; changes nothing",
  },
  {
    name: "previewCancel",
    method: "POST",
    path: "/trade/v1/orders/cancel/preview",
    aliasOf: null,
    signed: true,
    does: "what this cancel would come to now; cancels nothing",
  },
  {
    name: "listOrders",
    method: "GET",
    path: "/trade/v1/orders",
    aliasOf: null,
    signed: true,
    does: "list orders, paged",
  },
  {
    name: "estimateQuantity",
    method: "POST",
    path: "/trade/v1/orders/quantity",
    aliasOf: null,
    signed: true,
    does: "how much could be traded",
  },
  {
    name: "setDeadMan",
    method: "POST",
    path: "/trade/v1/dead-man",
    aliasOf: null,
    signed: true,
    does: "arm, refresh or release a dead-man's switch",
  },
  {
    name: "showDeadMan",
    method: "GET",
    path: "/trade/v1/dead-man",
    aliasOf: null,
    signed: true,
    does: "the account's dead-man's switches",
  },
  {
    name: "accountBalance",
    method: "GET",
    path: "/account/v1/balance",
    aliasOf: null,
    signed: true,
    does: "the account's cash by currency",
  },
  {
    name: "accountPositions",
    method: "GET",
    path: "/account/v1/positions",
    aliasOf: null,
    signed: true,
    does: "the account's holdings, paged",
  },
  {
    name: "accountTransactions",
    method: "GET",
    path: "/account/v1/transactions",
    aliasOf: null,
    signed: true,
    does: "the account's statement, paged",
  },
  {
    name: "listExecutions",
    method: "GET",
    path: "/trade/v1/executions",
    aliasOf: null,
    signed: true,
    does: "single executions, paged",
  },
  {
    name: "tradeRestrictions",
    method: "GET",
    path: "/trade/v1/restrictions",
    aliasOf: null,
    signed: true,
    does: "what operators hold back: modes of the markets, and blocks that reach this key",
  },
  {
    name: "armFault",
    method: "POST",
    path: "/sandbox/v1/faults",
    aliasOf: null,
    signed: true,
    does: "arm a fault of this key (sandbox only)",
  },
  {
    name: "listFaults",
    method: "GET",
    path: "/sandbox/v1/faults",
    aliasOf: null,
    signed: true,
    does: "the key's faults, and how often each has happened (sandbox only)",
  },
  {
    name: "clearFaults",
    method: "DELETE",
    path: "/sandbox/v1/faults",
    aliasOf: null,
    signed: true,
    does: "disarm the key's faults (sandbox only)",
  },
  {
    name: "serverTime",
    method: "GET",
    path: "/time",
    aliasOf: null,
    signed: false,
    does: "the server's clock",
  },
  {
    name: "receiptKeys",
    method: "GET",
    path: "/receipt-keys",
    aliasOf: null,
    signed: false,
    does: "the public keys of signed receipts, as a JSON Web Key Set",
  },
  {
    name: "createSignInCode",
    method: "POST",
    path: "/console/v1/sign-in-codes",
    aliasOf: null,
    signed: true,
    does: "a one-time code that signs a browser in to the web console",
  },
  {
    name: "sandboxClock",
    method: "GET",
    path: "/sandbox/v1/clock",
    aliasOf: null,
    signed: true,
    does: "the exchange's clock",
  },
  {
    name: "moveSandboxClock",
    method: "POST",
    path: "/sandbox/v1/clock",
    aliasOf: null,
    signed: true,
    does: "move the exchange's clock, or set how fast it runs",
  },
  ...MARKET_ROUTES,
] as const;
ROUTES satisfies readonly RouteSpec[];

export type Route = (typeof ROUTES)[number];
export type RouteName = Route["name"];
/** The others need no signature: whoever connects may ask. */
export type SignedRouteName = Extract<Route, { readonly signed: true }>["name"];

/** A route, or the methods the path does take, or null for a path nobody serves. */
export type RouteMatch =
  | { readonly route: Route; readonly segment?: string }
  | { readonly allow: readonly string[] }
  | null;

const SEGMENT = "{order_no}";
const BY_PATH = routesBy((path) => (path.endsWith(SEGMENT) ? null : path));
/** Routes that end in a segment, by what stands before it. */
const BY_PREFIX = routesBy((path) =>
  path.endsWith(SEGMENT) ? path.slice(0, -SEGMENT.length) : null,
);

/** Finds the route of a request; the path as on the request line, undecoded and without query. */
export function matchRoute(method: string, path: string): RouteMatch {
  const exact = BY_PATH.get(path);
  if (exact !== undefined) return select(exact, method);
  const slash = path.lastIndexOf("/") + 1;
  const pattern = BY_PREFIX.get(path.slice(0, slash));
  if (pattern === undefined || slash === path.length) return null;
  return select(pattern, method, path.slice(slash));
}

function select(routes: readonly Route[], method: string, segment?: string): RouteMatch {
  const route = routes.find((candidate) => candidate.method === method);
  if (route === undefined) return { allow: routes.map((candidate) => candidate.method) };
  return segment === undefined ? { route } : { route, segment };
}

function routesBy(keyOf: (path: string) => string | null): ReadonlyMap<string, readonly Route[]> {
  const byKey = new Map<string, Route[]>();
  for (const route of ROUTES) {
    const key = keyOf(route.path);
    if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), route]);
  }
  return byKey;
}
