import assert from "node:assert/strict";
import { test } from "node:test";
import { previewText } from "./preview-text.ts";

const RESTING: Parameters<typeof previewText>[0] = {
  base_currency: "HKD",
  cancel_reason: "",
  charge: "0",
  charge_base_currency: "HKD",
  execute_price: "0",
  execute_qty: "0",
  on_hold: "423830",
  on_hold_of: "HKD",
  order_status: "new",
  order_type: "limit_order",
  outstand_qty: "1000",
  qty: "1000",
};
const FILLED = { execute_price: "448.2", order_status: "fex", outstand_qty: "0", on_hold: "0" };

test("preview text: what trades, what rests, what it costs", () => {
  const table: readonly (readonly [Partial<typeof RESTING>, string])[] = [
    [{}, "nothing trades at once; 1,000 rest in the book; 423,830 HKD held back"],
    [
      { order_type: "stop_limit_order" },
      "nothing trades at once; 1,000 wait for the trigger; 423,830 HKD held back",
    ],
    [
      { order_type: "at_auction_order" },
      "nothing trades at once; 1,000 wait for the auction; 423,830 HKD held back",
    ],
    [
      { ...FILLED, execute_qty: "1000", charge: "45.1" },
      "all 1,000 trade at once, at 448.2 HKD on average; charges 45.1 HKD",
    ],
    [
      { ...FILLED, order_status: "pex", execute_qty: "300", outstand_qty: "700" },
      "300 of them trade at once, at 448.2 HKD on average; 700 rest in the book",
    ],
    [
      { ...FILLED, order_status: "can", execute_qty: "300", cancel_reason: "no_liquidity" },
      "300 of them trade at once, at 448.2 HKD on average; the rest is cancelled (no liquidity)",
    ],
    [
      { order_status: "can", outstand_qty: "0", on_hold: "0", cancel_reason: "fill_or_kill" },
      "nothing trades at once; the rest is cancelled (fill or kill)",
    ],
  ];
  for (const [change, text] of table) assert.equal(previewText({ ...RESTING, ...change }), text);
});
