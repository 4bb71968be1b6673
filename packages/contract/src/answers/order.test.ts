import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Amount,
  CancelReason,
  type ClOrdId,
  type ExecId,
  formatDecimal,
  type Order,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import fc from "fast-check";
import { JsonFault, JsonObject, NumberText, parseExact } from "../json-exact.ts";
import {
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  ORDER_TYPE_WORDS,
  TIME_IN_FORCE_WORDS,
} from "../names.ts";
import { anOrder } from "../order-fixture.ts";
import { encodeCancelData, encodeOrder } from "./order.ts";
import { encodeOrderMessage } from "./stream.ts";

const NAMES = { securityDesc: "TENCENT", currency: "HKD" };

/** The order of the reference page's message. */
const CANCELED = anOrder({
  orderId: "22000000022" as OrderId,
  ordType: OrdType.EnhancedLimit,
  phase: "Canceled",
  cancelReason: CancelReason.Requested,
  createdAtMs: 1746775257999 as UnixMs,
  updatedAtMs: 1746775317000 as UnixMs,
  version: 2,
  streamSeq: 8124,
});

const PARTLY_FILLED: Order = {
  ...CANCELED,
  phase: "Open",
  cancelReason: CancelReason.None,
  cumQty: 30_000_000_000n as Qty,
  grossTradeAmt: 12_714_900_000_000n as Amount,
};

const PAGE_FIELDS =
  "market order_type symbol name order_side account_code order_no order_status price qty " +
  "outstand_qty execute_qty execute_amount charge charge_base_currency base_currency " +
  "reference_id portfolio_id reject_reason update_time create_time";

test("order: the push after the reference page's cancel is the page's message", () => {
  const page = readFileSync(
    new URL("../../../../test/golden/order-canceled-message.txt", import.meta.url),
    "utf8",
  ).replace(/\s/g, "");
  const message = encodeOrderMessage(8124, encodeOrder(CANCELED, NAMES, { query: false }));
  const additive = ',"version":2,"time_in_force":"day","cancel_reason":"requested"}}';
  // The page's text itself, but for our seq and what follows its last field.
  assert.equal(message, page.replace(',"data"', ',"seq":8124,"data"').replace("}}", additive));
});

test("order: fields come in the page's order, additive ones after them", () => {
  const execution = {
    execId: "7" as ExecId,
    lastQty: 100_000_000n as Qty,
    lastPx: 42_383_000_000n as Price,
  };
  const pending = { ...PARTLY_FILLED, cancelPending: true };
  const table: readonly (readonly [text: string, more: string])[] = [
    [encodeOrder(CANCELED, NAMES, { query: false }), "version time_in_force cancel_reason"],
    [
      encodeOrder(CANCELED, NAMES, { query: true }),
      "execute_price trigger_price version time_in_force cancel_reason",
    ],
    [encodeOrder(pending, NAMES, { query: false }), "version time_in_force cancel_reason pending"],
    [
      encodeOrder(PARTLY_FILLED, NAMES, { query: false, execution }),
      "version time_in_force cancel_reason exec_id last_qty last_price",
    ],
    [
      encodeCancelData(CANCELED, NAMES, false),
      "execute_price trigger_price version time_in_force cancel_reason cancelled_qty seq already " +
        "reason",
    ],
  ];
  for (const [text, more] of table) {
    assert.equal(Object.keys(JSON.parse(text)).join(" "), `${PAGE_FIELDS} ${more}`);
  }
});

test("order: quantities, amounts and status of an order in the market", () => {
  const order = JSON.parse(encodeOrder(PARTLY_FILLED, NAMES, { query: true }));
  assert.equal(order.order_status, "pex");
  assert.equal(order.qty, 1000);
  assert.equal(order.outstand_qty, 700);
  assert.equal(order.execute_qty, 300);
  assert.equal(order.execute_amount, 127149);
  assert.equal(order.execute_price, 423.83);
});

test("order: a pending cancel keeps status and quantity, and is no reason yet", () => {
  for (const [order, word, outstanding] of [
    [{ ...PARTLY_FILLED, cancelPending: true }, "pex", 700],
    [{ ...CANCELED, phase: "Open", cancelPending: true }, "new", 1000],
    [{ ...CANCELED, phase: "PendingNew", cancelPending: true }, "new", 1000],
  ] as const) {
    const told = JSON.parse(encodeOrder(order, NAMES, { query: false }));
    assert.deepEqual(
      [told.order_status, told.pending, told.outstand_qty, told.cancel_reason],
      [word, "cancel", outstanding, ""],
    );
  }
});

test("order: what a cancel answers in full", () => {
  const partly: Order = { ...PARTLY_FILLED, phase: "Canceled" };
  const table: readonly (readonly [Order, boolean, readonly unknown[]])[] = [
    [CANCELED, false, [1000, 8124, false, "cancelled"]],
    [CANCELED, true, [1000, 8124, true, "already_cancelled"]],
    [partly, false, [700, 8124, false, "cancelled"]],
    [{ ...PARTLY_FILLED, cancelPending: true }, false, [0, 8124, false, "cancel_pending"]],
    [{ ...PARTLY_FILLED, cancelPending: true }, true, [0, 8124, true, "cancel_pending"]],
  ];
  for (const [order, already, expected] of table) {
    const answer = JSON.parse(encodeCancelData(order, NAMES, already));
    assert.deepEqual([answer.cancelled_qty, answer.seq, answer.already, answer.reason], expected);
  }
});

test("order: time in force and the reason of a cancel in words", () => {
  const words = Object.values(TimeInForce).map((timeInForce) => {
    const text = encodeOrder({ ...CANCELED, timeInForce }, NAMES, { query: false });
    return JSON.parse(text).time_in_force;
  });
  assert.deepEqual(words, ["day", "gtc", "ioc", "fok"]);
  for (const cancelReason of Object.values(CancelReason)) {
    const text = encodeOrder({ ...CANCELED, cancelReason }, NAMES, { query: false });
    assert.equal(JSON.parse(text).cancel_reason, cancelReason);
  }
});

test("order: the reference page of order fields lists what is written, in its order", () => {
  const execution = {
    execId: "1000000001" as ExecId,
    lastQty: 100_000_000n as Qty,
    lastPx: 42_383_000_000n as Price,
  };
  const order = { ...PARTLY_FILLED, cancelPending: true };
  const trade = encodeOrder(order, NAMES, { query: true, execution });
  const cancel = encodeCancelData(order, NAMES, false);
  const written = new Set([trade, cancel].flatMap((text) => Object.keys(JSON.parse(text))));
  assert.deepEqual(documented("| Field | Where"), [...written]);
});

test("order: the reference page of order fields lists every word", () => {
  assert.deepEqual(documented("### market"), MARKET_WORDS.words);
  assert.deepEqual(documented("### order_type"), ORDER_TYPE_WORDS.words);
  assert.deepEqual(documented("### order_side"), ORDER_SIDE_WORDS.words);
  assert.deepEqual(documented("### time_in_force"), TIME_IN_FORCE_WORDS.words);
  assert.deepEqual(documented("### order_status"), ORDER_STATUS_WORDS.words);
  const reasons = Object.values(CancelReason).filter((word) => word !== CancelReason.None);
  assert.deepEqual(documented("### cancel_reason"), reasons);
});

/** The first cells of the table that follows a text on the page. */
function documented(after: string): string[] {
  const page = readFileSync(
    new URL("../../../../docs/reference/order-fields.md", import.meta.url),
    "utf8",
  );
  assert.ok(page.includes(after), after);
  const rows = page.slice(page.indexOf(after)).split("\n| `").slice(1);
  const end = rows.findIndex((row) => row.includes("\n\n"));
  const table = end === -1 ? rows : rows.slice(0, end + 1);
  return table.map((row) => row.slice(0, row.indexOf("`")));
}

test("order: any figures and texts are written exactly", () => {
  const units = fc.bigInt({ min: 0n, max: 10n ** 26n });
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(units, units, text, text, (price, qty, clOrdId, securityDesc) => {
      const order = {
        ...CANCELED,
        price: price as Price,
        orderQty: qty as Qty,
        clOrdId: clOrdId as ClOrdId,
      };
      const json = encodeOrder(order, { ...NAMES, securityDesc }, { query: false });
      const read = parseExact(json);
      assert.ok(!(read instanceof JsonFault) && read instanceof JsonObject);
      assert.deepEqual(read.get("price"), new NumberText(formatDecimal(price)));
      assert.deepEqual(read.get("qty"), new NumberText(formatDecimal(qty)));
      assert.equal(read.get("reference_id"), clOrdId);
      assert.equal(read.get("name"), securityDesc);
    }),
  );
});
