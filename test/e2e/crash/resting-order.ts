/** An order that nobody takes. */
export function restingOrder(price = 1) {
  return {
    market: "hkex",
    symbol: "00700",
    order_type: "limit_order",
    order_side: "buy",
    price,
    qty: 100,
  };
}
