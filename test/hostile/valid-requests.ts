/**
 * A good request of every route, for mutations to begin with. No route is missing: the types ask
 * for the signed ones, and a route without a row here gets one that is made from its path.
 */
import { ROUTES, type SignedRouteName } from "../../packages/contract/src/routes.ts";
import { OPERATOR_ROUTES } from "../../packages/gateway/src/operator/operator-routes.ts";

export interface ValidRequest {
  readonly method: string;
  readonly target: string;
  /** Absent where the request has no body. */
  readonly body?: unknown;
}

const ORDERS = "/trade/v1/orders";
const ORDER = {
  market: "hkex",
  order_type: "limit_order",
  symbol: "00700",
  order_side: "buy",
  price: 400.2,
  qty: 100,
  reference_id: "r1",
  portfolio_id: "p1",
  time_in_force: "gtc",
};
const STOP = { ...ORDER, order_type: "stop_limit_order", trigger_price: "400.2", qty: "200" };
const POSTED = { ...ORDER, price: 1, only_if: "resting" };
const CANCEL = { order_no: "22000000001", reference_id: "", only_if: "unfilled" };
const NAMED = { order_no: "", reference_id: "r1" };
const ALL = { market: "hkex", symbol: "00700", order_side: "buy", portfolio_id: "p1" };
const PAGE = "page_index=1&page_size=20";

/** Signed as CONTRACT says. */
export const SIGNED_REQUESTS: Readonly<Record<SignedRouteName, readonly ValidRequest[]>> = {
  cancelOrder: [
    { method: "DELETE", target: ORDERS, body: CANCEL },
    { method: "DELETE", target: ORDERS, body: NAMED },
    { method: "DELETE", target: `${ORDERS}?order_no=22000000001&reference_id=r1` },
  ],
  cancelOrderByPath: [{ method: "DELETE", target: `${ORDERS}/22000000001` }],
  cancelOrderByPost: [{ method: "POST", target: `${ORDERS}/cancel`, body: CANCEL }],
  cancelBatch: [{ method: "DELETE", target: `${ORDERS}/batch`, body: [CANCEL, NAMED] }],
  cancelBatchByPost: [{ method: "POST", target: `${ORDERS}/cancel/batch`, body: [CANCEL] }],
  cancelAll: [
    { method: "DELETE", target: `${ORDERS}/all`, body: ALL },
    { method: "DELETE", target: `${ORDERS}/all?market=hkex&symbol=00700` },
  ],
  cancelAllByPost: [{ method: "POST", target: `${ORDERS}/cancel/all`, body: ALL }],
  placeOrder: [
    { method: "POST", target: ORDERS, body: ORDER },
    { method: "POST", target: ORDERS, body: STOP },
    { method: "POST", target: ORDERS, body: POSTED },
  ],
  placeBatch: [{ method: "POST", target: `${ORDERS}/batch`, body: [ORDER, STOP] }],
  amendOrder: [
    { method: "PUT", target: ORDERS, body: { order_no: "22000000001", price: 401, qty: 200 } },
    { method: "PUT", target: ORDERS, body: { reference_id: "r1", price: "401", version: 1 } },
    { method: "PUT", target: ORDERS, body: { ...NAMED, price: 401, only_if: "resting" } },
  ],
  previewPlace: [
    { method: "POST", target: `${ORDERS}/preview`, body: ORDER },
    { method: "POST", target: `${ORDERS}/preview`, body: STOP },
  ],
  previewAmend: [
    { method: "PUT", target: `${ORDERS}/preview`, body: { reference_id: "r1", price: "401" } },
  ],
  previewCancel: [{ method: "POST", target: `${ORDERS}/cancel/preview`, body: CANCEL }],
  listOrders: [
    { method: "GET", target: `${ORDERS}?${PAGE}&market=hkex&order_status=new&symbol=00700` },
    { method: "GET", target: `${ORDERS}?start_time=1746774142&end_time=1746774143&order_side=buy` },
    { method: "GET", target: `${ORDERS}?${PAGE}&state=open` },
  ],
  estimateQuantity: [
    {
      method: "POST",
      target: `${ORDERS}/quantity`,
      body: { market: "hkex", symbol: "00700", order_side: "buy", price: 438.3, ratio: 0.5 },
    },
  ],
  setDeadMan: [
    {
      method: "POST",
      target: "/trade/v1/dead-man",
      body: { scope: "portfolio", value: "p9", timeout: 60 },
    },
  ],
  showDeadMan: [{ method: "GET", target: "/trade/v1/dead-man" }],
  accountBalance: [{ method: "GET", target: "/account/v1/balance" }],
  accountPositions: [
    { method: "GET", target: "/account/v1/positions?market=hkex&page=1&page_size=20" },
  ],
  accountTransactions: [
    { method: "GET", target: "/account/v1/transactions?page=1&page_size=20&io_type=in" },
  ],
  tradeRestrictions: [{ method: "GET", target: "/trade/v1/restrictions" }],
  listExecutions: [{ method: "GET", target: `/trade/v1/executions?${PAGE}&order_no=22000000001` }],
  createSignInCode: [{ method: "POST", target: "/console/v1/sign-in-codes" }],
  sandboxClock: [{ method: "GET", target: "/sandbox/v1/clock" }],
  moveSandboxClock: [{ method: "POST", target: "/sandbox/v1/clock", body: { speed: 1 } }],
  armFault: [
    {
      method: "POST",
      target: "/sandbox/v1/faults",
      body: { fault: "reject_order", count: 1, probability: 0.5, seed: 1 },
    },
  ],
  listFaults: [{ method: "GET", target: "/sandbox/v1/faults" }],
  clearFaults: [{ method: "DELETE", target: "/sandbox/v1/faults" }],
};

const BECAUSE = { reason: "why" };

/** With the operators' token. */
const OPERATOR_ROWS: readonly ValidRequest[] = [
  {
    method: "POST",
    target: "/operator/v1/kill",
    body: { ...BECAUSE, scope: { account: "A-9", portfolio_id: "p" }, cancel_orders: true },
  },
  { method: "GET", target: "/operator/v1/blocks?state=all" },
  { method: "GET", target: "/operator/v1/blocks/1" },
  { method: "POST", target: "/operator/v1/blocks/1/release", body: BECAUSE },
  { method: "GET", target: "/operator/v1/modes" },
  { method: "POST", target: "/operator/v1/sign-in-codes", body: {} },
  {
    method: "POST",
    target: "/operator/v1/modes",
    body: { ...BECAUSE, market: "usex", mode: "cancel_only" },
  },
  { method: "GET", target: "/operator/v1/accounts?page_index=1&page_size=20" },
  {
    method: "POST",
    target: "/operator/v1/accounts",
    body: { ...BECAUSE, account: "A-7", cash: { HKD: 10 } },
  },
  { method: "GET", target: "/operator/v1/accounts/A-7" },
  {
    method: "GET",
    target: "/operator/v1/accounts/80114138/orders?symbol=00700&state=all&page_size=5",
  },
  {
    method: "POST",
    target: "/operator/v1/accounts/80114138/adjust",
    body: { ...BECAUSE, cash: { HKD: 10 } },
  },
  { method: "POST", target: "/operator/v1/accounts/A-7/close", body: BECAUSE },
  { method: "GET", target: "/operator/v1/orders/22000000001/audit?page_size=5" },
  { method: "GET", target: "/operator/v1/audit?account=80114138&reference_id=r1" },
  { method: "GET", target: "/operator/v1/instruments" },
  {
    method: "POST",
    target: "/operator/v1/instruments/AAPL",
    body: { ...BECAUSE, name: "APPLE", halted: false },
  },
  { method: "GET", target: "/operator/v1/keys?state=all" },
  {
    method: "POST",
    target: "/operator/v1/keys",
    body: {
      ...BECAUSE,
      accounts: ["80114138"],
      permissions: ["read", "trade"],
      portfolios: ["p1"],
      addresses: ["10.0.0.0/8"],
      expires_at: 4_102_444_800_000,
      algorithm: "hmac",
      label: "x",
    },
  },
  { method: "GET", target: "/operator/v1/keys/k1" },
  {
    method: "POST",
    target: "/operator/v1/keys/k1/rotate",
    body: { ...BECAUSE, overlap_seconds: 60 },
  },
  {
    method: "POST",
    target: "/operator/v1/keys/k1/expire",
    body: { ...BECAUSE, expires_at: 4_102_444_800_000 },
  },
  { method: "POST", target: "/operator/v1/keys/k1/revoke", body: BECAUSE },
];

/** Without a signature: the console's own, and what is public. */
const UNSIGNED_ROWS: readonly ValidRequest[] = [
  { method: "POST", target: "/console/v1/session", body: { sign_in_code: "AAAA-BBBB" } },
  { method: "GET", target: "/console/v1/session" },
  { method: "DELETE", target: "/console/v1/session" },
  { method: "GET", target: `/console/v1/api${ORDERS}?${PAGE}` },
  { method: "GET", target: "/console/v1/api/account/v1/balance" },
  { method: "GET", target: "/console/index.html" },
  { method: "GET", target: "/market/v1/symbols?market=hkex" },
  { method: "GET", target: "/market/v1/depth?symbol=00700&levels=5" },
  { method: "GET", target: "/market/v1/trades?symbol=00700&limit=5" },
  { method: "GET", target: "/market/v1/candles?symbol=00700&interval=1m&limit=5" },
  { method: "GET", target: "/time" },
  { method: "GET", target: "/health/ready" },
  { method: "GET", target: "/receipt-keys" },
  { method: "GET", target: "/openapi.json" },
];

export const OPERATOR_REQUESTS: readonly ValidRequest[] = [
  ...OPERATOR_ROWS,
  ...OPERATOR_ROUTES.filter(({ method, path }) => {
    const pattern = new RegExp(`^${path.replace(/:[a-z_]+/g, "[^/]+")}$`);
    return !OPERATOR_ROWS.some((row) => row.method === method && pattern.test(pathOf(row)));
  }).map(({ method, path }) => {
    const target = path.replace(/:[a-z_]+/g, "1");
    return method === "GET" ? { method, target } : { method, target, body: BECAUSE };
  }),
];

export const UNSIGNED_REQUESTS: readonly ValidRequest[] = [
  ...UNSIGNED_ROWS,
  ...ROUTES.filter(({ path, signed }) => {
    return !signed && !UNSIGNED_ROWS.some((row) => pathOf(row) === path);
  }).map(({ method, path }) => ({ method, target: path })),
];

function pathOf({ target }: ValidRequest): string {
  return target.split("?", 1)[0] ?? "";
}
