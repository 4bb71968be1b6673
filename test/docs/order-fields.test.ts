// The reference of the order object against the encoder: which fields, in which order, where.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeCancelData,
  encodeOrder,
  type InstrumentNames,
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  ORDER_TYPE_WORDS,
} from "../../packages/contract/src/index.ts";
import { anOrder } from "../../packages/contract/src/order-fixture.ts";
import {
  type Amount,
  CancelReason,
  type ExecId,
  type Execution,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  type UnixDay,
} from "../../packages/core/src/model/index.ts";
import { page, section, tableRows, unticked } from "./pages.ts";

const PAGE = page("docs/reference/order-fields.md");
/** Name and place of every field, in the page's order. */
const FIELDS = tableRows(PAGE)
  .map(([name = "", where = ""]) => [unticked(name), where] as const)
  .filter(([, where]) => ["all", "query", "trade", "cancel"].includes(where));

const NAMES: InstrumentNames = { securityDesc: "TENCENT", currency: "HKD" };
const EXECUTION: Execution = {
  execId: "1000000001" as ExecId,
  lastQty: 10_000_000_000n as Qty,
  lastPx: 42_383_000_000n as Price,
  tradeDate: 20_217 as UnixDay,
  settlDate: 20_219 as UnixDay,
  lastChargeAmt: 0n as Amount,
  cashBalance: 0n as Amount,
};

function fieldsOf(json: string): string[] {
  return Object.keys(JSON.parse(json) as object);
}

/** The documented fields of some places; `pending` only where a cancel is pending. */
function documented(places: readonly string[], isPending: boolean): string[] {
  return FIELDS.filter(([name, where]) => {
    return places.includes(where) && (isPending || name !== "pending");
  }).map(([name]) => name);
}

test("order fields: the page has every field once", () => {
  const names = FIELDS.map(([name]) => name);
  assert.ok(names.length > 0);
  assert.equal(new Set(names).size, names.length);
});

test("order fields: a stream message has those of its kind, in the page's order", () => {
  const plain = encodeOrder(anOrder(), NAMES, { query: false });
  assert.deepEqual(fieldsOf(plain), documented(["all"], false));
  const trade = encodeOrder(anOrder(), NAMES, { query: false, execution: EXECUTION });
  assert.deepEqual(fieldsOf(trade), documented(["all", "trade"], false));
  const pending = encodeOrder(anOrder({ cancelPending: true }), NAMES, { query: false });
  assert.deepEqual(fieldsOf(pending), documented(["all"], true));
});

test("order fields: a query has those of its kind, in the page's order", () => {
  const listed = encodeOrder(anOrder(), NAMES, { query: true });
  assert.deepEqual(fieldsOf(listed), documented(["all", "query"], false));
});

test("order fields: the answer to a cancel has those of its kind, in the page's order", () => {
  const canceled = anOrder({ phase: "Canceled", cancelReason: CancelReason.Requested });
  const answer = encodeCancelData(canceled, NAMES, false);
  assert.deepEqual(fieldsOf(answer), documented(["all", "query", "cancel"], false));
});

const WORDS: readonly (readonly [heading: string, words: readonly string[]])[] = [
  ["market", MARKET_WORDS.words],
  ["order_type", ORDER_TYPE_WORDS.words],
  ["order_side", ORDER_SIDE_WORDS.words],
  ["order_status", ORDER_STATUS_WORDS.words],
  ["cancel_reason", Object.values(CancelReason).filter((word) => word !== CancelReason.None)],
];

for (const [heading, words] of WORDS) {
  test(`order fields: the words of ${heading} are the code's`, () => {
    const listed = tableRows(section(PAGE, `### ${heading}`)).map(([word = ""]) => unticked(word));
    assert.deepEqual(listed, words);
  });
}

test("rest protocol: the instruments are the code's", () => {
  const listed = tableRows(section(page("docs/protocol/rest.md"), "### Instruments"));
  const expected = REFERENCE_INSTRUMENTS.map((each) => [
    `\`${each.symbol}\``,
    each.securityDesc,
    each.markets.join(", "),
    each.currency,
    ...[each.priceTick, each.lotQty, each.priceMax, each.orderQtyMax].map(decimalText),
  ]);
  assert.deepEqual(listed, expected);
});

function decimalText(units: bigint): string {
  const digits = units.toString().padStart(9, "0");
  const text = `${digits.slice(0, -8)}.${digits.slice(-8)}`;
  return text.replace(/\.?0+$/, "");
}
