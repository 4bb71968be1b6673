import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amountText,
  isFaultless,
  stepped,
  type TicketDraft,
  ticketFaults,
} from "./ticket-checks.ts";

const TERMS = { lot_qty: "100", qty_max: "300000", price_tick: "0.05", price_max: "9995" };
const DRAFT: TicketDraft = {
  symbol: "00700",
  side: "buy",
  orderType: "limit_order",
  qty: "200",
  price: "423.85",
  triggerPrice: "",
  referenceId: "",
  isPostOnly: false,
};

test("ticket checks: a good order has no faults, a bad one says what would be good", () => {
  const table: readonly (readonly [Partial<TicketDraft>, string, RegExp])[] = [
    [{ qty: "150" }, "qty", /lot 100: 100 or 200$/],
    [{ qty: "" }, "qty", /^needed$/],
    [{ qty: "0" }, "qty", /above 0/],
    [{ qty: "-100" }, "qty", /above 0/],
    [{ qty: "1e3" }, "qty", /such as/],
    [{ qty: "300100" }, "qty", /^at most 300,000$/],
    [{ price: "423.83" }, "price", /tick 0.05: 423.8 or 423.85$/],
    [{ price: "9995.05" }, "price", /^at most 9,995$/],
    [{ orderType: "stop_market_order" }, "triggerPrice", /^needed$/],
    [{ referenceId: "x".repeat(65) }, "referenceId", /at most 64/],
    [{ referenceId: "a\u0000" }, "referenceId", /control/],
  ];
  assert.ok(isFaultless(ticketFaults(DRAFT, TERMS)));
  for (const [change, field, expected] of table) {
    const faults = ticketFaults({ ...DRAFT, ...change }, TERMS);
    const found = Object.entries(faults).filter(([, fault]) => fault !== "");
    assert.deepEqual(
      found.map(([name]) => name),
      [field],
      JSON.stringify(change),
    );
    assert.match(found[0]?.[1] ?? "", expected);
  }
});

test("ticket checks: prices that the type does not take are not looked at", () => {
  const draft = {
    ...DRAFT,
    orderType: "market_order",
    price: "nonsense",
    triggerPrice: "nonsense",
  };
  assert.ok(isFaultless(ticketFaults(draft, TERMS)));
});

test("ticket checks: amounts are exact, steps go to the next multiple", () => {
  assert.equal(amountText("0.1", "0.2"), "0.02");
  assert.equal(amountText("423.83", "1000"), "423830");
  assert.equal(amountText("", "1"), null);
  assert.equal(stepped("150", "100", 1), "200");
  assert.equal(stepped("150", "100", -1), "100");
  assert.equal(stepped("423.85", "0.05", 1), "423.9");
  assert.equal(stepped("100", "100", -1), "100");
  assert.equal(stepped("", "100", 1), "100");
  assert.equal(stepped("x", "100", 1), "x");
});
