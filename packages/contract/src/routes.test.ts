import assert from "node:assert/strict";
import { test } from "node:test";
import { matchRoute, ROUTES } from "./routes.ts";

test("routes: every request finds its route, its Allow list, or nothing", () => {
  const table: readonly (readonly [request: string, found: string])[] = [
    ["DELETE /trade/v1/orders", "cancelOrder"],
    ["DELETE /trade/v1/orders/batch", "cancelBatch"],
    ["DELETE /trade/v1/orders/22000000022", "cancelOrderByPath 22000000022"],
    ["DELETE /trade/v1/orders/%32", "cancelOrderByPath %32"],
    ["DELETE /trade/v1/orders/{order_no}", "cancelOrderByPath {order_no}"],
    ["POST /trade/v1/orders/cancel", "cancelOrderByPost"],
    ["POST /trade/v1/orders/cancel/batch", "cancelBatchByPost"],
    ["POST /trade/v1/orders", "placeOrder"],
    ["POST /trade/v1/orders/batch", "placeBatch"],
    ["GET /trade/v1/orders", "listOrders"],
    ["GET /time", "serverTime"],
    ["GET /market/v1/symbols", "marketSymbols"],
    ["GET /market/v1/candles", "marketCandles"],
    ["POST /market/v1/depth", "allow GET"],
    ["GET /market/v1/trades/00700", "nothing"],
    ["PUT /trade/v1/orders", "amendOrder"],
    ["POST /trade/v1/orders/preview", "previewPlace"],
    ["PUT /trade/v1/orders/preview", "previewAmend"],
    ["POST /trade/v1/orders/cancel/preview", "previewCancel"],
    ["GET /trade/v1/orders/preview", "allow POST PUT"],
    ["POST /trade/v1/orders/quantity", "estimateQuantity"],
    ["GET /account/v1/balance", "accountBalance"],
    ["GET /account/v1/positions", "accountPositions"],
    ["PATCH /trade/v1/orders", "allow DELETE POST PUT GET"],
    ["get /trade/v1/orders", "allow DELETE POST PUT GET"],
    ["PUT /trade/v1/orders/22000000022", "allow DELETE"],
    ["GET /trade/v1/orders/quantity", "allow POST"],
    ["POST /account/v1/balance", "allow GET"],
    ["GET /trade/v1/orders/batch", "allow DELETE POST"],
    ["DELETE /trade/v1/orders/cancel", "allow POST"],
    ["GET /trade/v1/orders/22000000022", "allow DELETE"],
    ["POST /time", "allow GET"],
    ["DELETE /trade/v1/orders/", "nothing"],
    ["DELETE /trade/v1/orders/1/2", "nothing"],
    ["DELETE /trade/v1//orders", "nothing"],
    ["DELETE /trade/v1/Orders", "nothing"],
    ["DELETE ", "nothing"],
    ["DELETE *", "nothing"],
    ["GET /account/v1", "nothing"],
    ["GET /__proto__", "nothing"],
  ];
  for (const [request, found] of table) {
    const space = request.indexOf(" ");
    assert.equal(outcome(request.slice(0, space), request.slice(space + 1)), found, request);
  }
});

test("routes: names are unique and aliases point at reference forms", () => {
  const names = ROUTES.map((route) => route.name);
  assert.equal(new Set(names).size, names.length);
  for (const { aliasOf } of ROUTES) {
    if (aliasOf === null) continue;
    assert.equal(ROUTES.find((route) => route.name === aliasOf)?.aliasOf, null);
  }
});

function outcome(method: string, path: string): string {
  const match = matchRoute(method, path);
  if (match === null) return "nothing";
  if ("allow" in match) return `allow ${match.allow.join(" ")}`;
  return match.segment === undefined ? match.route.name : `${match.route.name} ${match.segment}`;
}
