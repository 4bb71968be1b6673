// The exchanges' own rules, walked through day by day: what each session takes, auctions, the end of
// day orders, settlement, and a start in the middle of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startInProcess } from "./gateway-in-process.ts";
import {
  SignedClient as Client,
  envelope,
  KEY_1,
  type OrderRow,
  type SignedClient,
} from "./signed-client.ts";
import { type Outcome, StrictMarket } from "./strict-market.ts";

/** A Tuesday. */
const DAY = "2025-08-05";
/** A Wednesday, the eve of Christmas. */
const HALF_DAY = "2025-12-24";

function reasonOf([reason]: Outcome): string {
  return reason;
}

/** Whether the outcome is a closed window that opens again at that local time of the same day. */
function assertClosedUntil([reason, details]: Outcome, time: string, about: string): void {
  assert.equal(reason, "window_closed", about);
  assert.match(details, new RegExp(`${time} [+-]\\d\\d:00 .+ \\(Unix \\d+\\)$`), about);
}

async function cashOf(client: SignedClient, currency: string) {
  const rows = envelope(await client.call("GET", "/account/v1/balance")).data as {
    base_currency: string;
    cash: number;
    unsett_buy_amt: number;
    unsett_sell_amt: number;
  }[];
  const row = rows.find(({ base_currency }) => base_currency === currency);
  assert.ok(row !== undefined);
  return row;
}

async function positionOf(client: SignedClient, productCode: string) {
  const { positions } = envelope(await client.call("GET", "/account/v1/positions")).data as {
    positions: {
      product_code: string;
      uncleared_qty: number;
      prev_price: number;
      qty: number;
      prev_market_value: number;
    }[];
  };
  const found = positions.find(({ product_code }) => product_code === productCode);
  assert.ok(found !== undefined);
  return found;
}

test("market rules: 423.83 is a price of the reference rules and off the strict spread", async (t) => {
  const time = { wallMs: Date.now(), marketMs: Date.parse(`${DAY}T03:17:00Z`) };
  const order = {
    market: "hkex",
    symbol: "00700",
    order_type: "limit_order",
    order_side: "buy",
    price: "423.83",
    qty: "100",
  };
  const reference = await startInProcess(t, time);
  const client = new Client(reference.url, KEY_1);
  assert.match(await client.place(order), /^22/);
  client.close();
  const market = await StrictMarket.open(t, DAY);
  market.at("10:00:00");
  const [reason, details] = await market.tryPlace(market.buyer, order);
  assert.equal(reason, "price_off_spread");
  assert.match(details, /spread 0\.2 at 423\.83/);
});

test("market rules: a full day of Hong Kong", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer, seller } = market;
  const buy = { order_side: "buy", price: "430" };

  market.at("08:59:59");
  const [closed, opens] = await market.tryPlace(buyer, buy);
  assert.equal(closed, "market_closed");
  assert.match(opens, /09:00:00 \+08:00/);

  market.at("09:00:00");
  const early = await market.place(buyer, buy);
  const dear = await market.place(buyer, { order_side: "buy", price: "430.2" });
  const cheap = await market.place(buyer, {
    order_side: "buy",
    price: "400",
    time_in_force: "gtc",
  });
  const gone = await market.place(buyer, { order_side: "buy", price: "399.8" });
  const offer = await market.place(seller, { order_side: "sell", price: "429.6", qty: "200" });
  const auctioned = await market.place(seller, {
    order_type: "at_auction_order",
    order_side: "sell",
  });
  const market_order = { order_type: "market_order", order_side: "buy" };
  assert.equal(reasonOf(await market.tryPlace(buyer, market_order)), "order_type_not_in_session");
  const ioc = { ...buy, time_in_force: "ioc" };
  assert.equal(reasonOf(await market.tryPlace(buyer, ioc)), "time_in_force_not_in_session");
  assert.equal(reasonOf(await market.tryAmend(buyer, gone, { price: "399.6" })), "ok");
  market.at("09:14:59");
  assert.equal(reasonOf(await market.tryCancel(buyer, gone)), "ok");

  market.at("09:17:00");
  assertClosedUntil(await market.tryCancel(buyer, early), "09:30:00", "cancel at 09:17");
  assertClosedUntil(
    await market.tryAmend(buyer, early, { price: "431" }),
    "09:30:00",
    "amend at 09:17",
  );
  assert.equal(reasonOf(await market.tryPlace(buyer, buy)), "order_type_not_in_session");
  const late = await market.place(buyer, {
    order_type: "at_auction_limit_order",
    order_side: "buy",
    price: "430",
  });

  // The auction has ended by then, whenever in its last two minutes that was.
  market.at("09:22:00");
  for (const [client, orderNo] of [
    [buyer, early],
    [buyer, dear],
    [seller, offer],
    [seller, auctioned],
  ] as const) {
    const row = await market.order(client, orderNo);
    assert.deepEqual([row.order_status, row.execute_price], ["fex", 430], orderNo);
  }
  assert.equal((await market.order(buyer, late)).order_status, "fex");
  assert.equal((await market.order(buyer, cheap)).order_status, "new");
  assertClosedUntil(await market.tryCancel(buyer, cheap), "09:30:00", "blocking");

  market.at("09:30:00");
  const far = { order_side: "buy", price: "300" };
  assert.equal(reasonOf(await market.tryPlace(buyer, far)), "price_beyond_spreads");
  const stop = { order_side: "buy", order_type: "stop_limit_order", price: "440" };
  const offSpread = { ...stop, trigger_price: "439.9" };
  assert.equal(reasonOf(await market.tryPlace(buyer, offSpread)), "trigger_price_off_spread");
  const outside = { ...stop, trigger_price: "9996" };
  assert.equal(reasonOf(await market.tryPlace(buyer, outside)), "trigger_price_out_of_range");
  const big = { ...buy, qty: "300100" };
  assert.equal(
    reasonOf(await market.tryPlace(seller, { ...big, order_side: "sell" })),
    "too_many_lots",
  );
  const auction_only = { order_type: "at_auction_order", order_side: "buy" };
  assert.equal(reasonOf(await market.tryPlace(buyer, auction_only)), "order_type_not_in_session");
  await market.place(buyer, { order_side: "buy", price: "430" });
  const traded = await market.place(seller, { order_side: "sell", price: "430" });
  assert.equal((await market.order(seller, traded)).order_status, "fex");
  const noon = await market.place(buyer, { order_side: "buy", price: "429.8" });

  market.at("12:00:00");
  assertClosedUntil(await market.tryCancel(buyer, noon), "12:30:00", "lunch");
  assert.equal(reasonOf(await market.tryPlace(buyer, buy)), "market_closed");
  market.at("12:35:00");
  assertClosedUntil(
    await market.tryAmend(buyer, noon, { qty: "200" }),
    "13:00:00",
    "amend at lunch",
  );
  assert.equal(reasonOf(await market.tryCancel(buyer, noon)), "ok");

  market.at("13:00:00");
  const day = await market.place(buyer, { order_side: "buy", price: "429.6" });
  market.at("16:00:00");
  assertClosedUntil(await market.tryCancel(buyer, day), "16:01:00", "reference price fixing");
  market.at("16:01:00");
  const limit = { order_side: "buy", order_type: "at_auction_limit_order", price: "500" };
  assert.equal(reasonOf(await market.tryPlace(buyer, limit)), "price_beyond_auction_limit");
  const closing = await market.place(buyer, auction_only);
  const unmatched = await market.place(buyer, { ...auction_only, qty: "500" });
  await market.place(seller, {
    order_type: "at_auction_limit_order",
    order_side: "sell",
    price: "429",
  });
  market.at("16:09:59");
  const after = await market.tryCancel(buyer, day);
  assertClosedUntil(after, "16:10:00", "random closing or what is left of it");

  market.at("16:10:00");
  const matched = await market.order(buyer, closing);
  assert.equal(matched.order_status, "fex");
  const ends = await Promise.all([day, cheap, unmatched].map((each) => market.order(buyer, each)));
  assert.deepEqual(
    ends.map(({ order_status, cancel_reason }) => [order_status, cancel_reason]),
    [
      ["can", "expired"],
      ["new", ""],
      ["can", "auction_unmatched"],
    ],
  );
  assert.equal(reasonOf(await market.tryCancel(buyer, cheap)), "ok");
  const position = await positionOf(buyer, "00700");
  assert.equal(position.prev_price, matched.execute_price);
  assert.equal(position.prev_market_value, matched.execute_price * position.qty);

  // Two trading days later; a date is settled once it has begun in every market.
  const unsettled = await cashOf(buyer, "HKD");
  assert.ok(unsettled.unsett_buy_amt > 0);
  assert.ok((await cashOf(seller, "HKD")).unsett_sell_amt > 0);
  market.at("12:59:59", "2025-08-07");
  assert.equal((await cashOf(buyer, "HKD")).unsett_buy_amt, unsettled.unsett_buy_amt);
  assert.equal((await positionOf(buyer, "00700")).uncleared_qty, 500);
  market.at("13:00:00", "2025-08-07");
  const settled = await cashOf(buyer, "HKD");
  assert.equal(settled.unsett_buy_amt, 0);
  assert.ok(Math.abs(settled.cash - (unsettled.cash - unsettled.unsett_buy_amt)) < 1e-6);
  assert.equal((await positionOf(buyer, "00700")).uncleared_qty, 0);
});

/** Last second that takes a cancel, first and last that do not, when they are taken again. */
const WINDOWS: readonly (readonly [
  day: string,
  before: string,
  from: string,
  to: string,
  opens: string,
])[] = [
  [DAY, "09:14:59", "09:15:00", "09:29:59", "09:30:00"],
  [DAY, "11:59:59", "12:00:00", "12:29:59", "12:30:00"],
  [DAY, "15:59:59", "16:00:00", "16:00:59", "16:01:00"],
  [DAY, "16:05:59", "16:06:00", "16:09:59", "16:10:00"],
  [HALF_DAY, "09:14:59", "09:15:00", "09:29:59", "09:30:00"],
  [HALF_DAY, "11:59:59", "12:00:00", "12:00:59", "12:01:00"],
  [HALF_DAY, "12:05:59", "12:06:00", "12:09:59", "12:10:00"],
];

for (const day of [DAY, HALF_DAY]) {
  test(`market rules: no cancel in the windows of ${day}, to the second`, async (t) => {
    const market = await StrictMarket.open(t, day);
    const windows = WINDOWS.filter(([each]) => each === day);
    market.at("09:00:00");
    const terms = { order_side: "buy", price: "400", time_in_force: "gtc" };
    const resting: string[] = [];
    for (const _ of [...windows, ...windows]) resting.push(await market.place(market.buyer, terms));
    const next = () => resting.shift() ?? "";
    for (const [, before, from, to, opens] of windows) {
      market.at(before);
      assert.equal(reasonOf(await market.tryCancel(market.buyer, next())), "ok", before);
      const [orderNo = ""] = resting;
      for (const time of [from, to]) {
        market.at(time);
        assertClosedUntil(await market.tryCancel(market.buyer, orderNo), opens, time);
      }
      market.at(opens);
      assert.equal(reasonOf(await market.tryCancel(market.buyer, next())), "ok", opens);
    }
  });
}

test("market rules: a half day ends at noon, and its orders with it", async (t) => {
  const market = await StrictMarket.open(t, HALF_DAY);
  market.at("11:00:00");
  const day = await market.place(market.buyer, { order_side: "buy", price: "400" });
  market.at("12:10:00");
  const row = await market.order(market.buyer, day);
  assert.deepEqual([row.order_status, row.cancel_reason], ["can", "expired"]);
  const [reason, details] = await market.tryPlace(market.buyer, {
    order_side: "buy",
    price: "400",
  });
  assert.equal(reason, "market_closed");
  // Christmas and the first weekday after it are closed, and then it is Saturday.
  assert.match(details, /2025-12-29 09:00:00/);
});

test("market rules: a day of the United States", async (t) => {
  const market = await StrictMarket.open(t, DAY, "-04:00");
  const apple = { market: "usex", symbol: "AAPL", order_side: "buy", price: "200.01" };
  market.at("09:29:59");
  assert.equal(reasonOf(await market.tryPlace(market.buyer, apple)), "market_closed");
  market.at("09:30:00");
  const day = await market.place(market.buyer, apple);
  const fine = { ...apple, price: "200.001" };
  assert.equal(reasonOf(await market.tryPlace(market.buyer, fine)), "price_off_spread");
  const auction = { ...apple, order_type: "at_auction_limit_order" };
  assert.equal(reasonOf(await market.tryPlace(market.buyer, auction)), "order_type_unavailable");
  const nasdaq = { ...apple, market: "nasdaq", order_side: "sell" };
  await market.place(market.seller, nasdaq);
  const kept = await market.place(market.buyer, { ...apple, time_in_force: "gtc" });
  const rest = await market.place(market.buyer, apple);
  market.at("16:00:00");
  const rows = await Promise.all([day, kept, rest].map((each) => market.order(market.buyer, each)));
  assert.deepEqual(
    rows.map(({ order_status, cancel_reason }) => `${order_status} ${cancel_reason}`),
    ["fex ", "new ", "can expired"],
  );
  // Cancels are always taken there.
  assert.equal(reasonOf(await market.tryCancel(market.buyer, kept)), "ok");
  assert.ok((await cashOf(market.buyer, "USD")).unsett_buy_amt > 0);
  market.at("04:00:00", "2025-08-06");
  assert.equal((await cashOf(market.buyer, "USD")).unsett_buy_amt, 0);
});

test("market rules: what was missed while it was down happens once, at the next start", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  market.at("09:05:00");
  const bid = await market.place(market.buyer, { order_side: "buy", price: "430" });
  const ask = await market.place(market.seller, { order_side: "sell", price: "430" });
  const kept = await market.place(market.buyer, {
    order_side: "buy",
    price: "429",
    time_in_force: "gtc",
  });
  const day = await market.place(market.buyer, { order_side: "buy", price: "428.8" });
  await market.stop();
  market.at("10:00:00", "2025-09-16");
  await market.start();
  const rows = await Promise.all([
    market.order(market.buyer, bid),
    market.order(market.seller, ask),
    market.order(market.buyer, kept),
    market.order(market.buyer, day),
  ]);
  assert.deepEqual(
    rows.map(({ order_status, cancel_reason, version }) => [order_status, cancel_reason, version]),
    [
      ["fex", "", 2],
      ["fex", "", 2],
      ["new", "", 1],
      ["can", "expired", 2],
    ],
  );
  assert.equal((await positionOf(market.buyer, "00700")).prev_price, 430);
  assert.equal((await cashOf(market.buyer, "HKD")).unsett_buy_amt, 0);
  const before = await market.gateway.stateHash();
  await market.stop();
  await market.start();
  assert.deepEqual(await market.gateway.stateHash(), before, "nothing is done twice");
});

test("market rules: whatever is asked first behind a boundary sees what it brought", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  market.at("09:05:00");
  for (const path of ["/trade/v1/executions", "/account/v1/transactions"]) {
    const before = await listedCount(market.buyer, path);
    await market.place(market.buyer, { order_side: "buy", price: "430" });
    await market.place(market.seller, { order_side: "sell", price: "430" });
    market.at("09:30:00");
    assert.ok((await listedCount(market.buyer, path)) > before, path);
    market.at("09:05:00", "2025-08-06");
  }
});

test("market rules: a day order that the venue has not taken ends with its day", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  market.at("15:00:00");
  const fault = { fault: "delayed_order", delay_ms: 60_000 };
  assert.equal(envelope(await market.buyer.call("POST", "/sandbox/v1/faults", fault)).code, 0);
  const orderNo = await market.place(market.buyer, { order_side: "buy", price: "430" });
  market.at("10:00:00", "2025-08-06");
  const [row] = await market.buyer.orders(`order_no=${orderNo}`);
  const { order_status, reject_reason } = row as OrderRow & { reject_reason: string };
  assert.deepEqual(
    [order_status, reject_reason],
    ["rej", "the day ended before the venue took the order"],
  );
});

test("market rules: a day with a stop at each boundary is the day without", async (t) => {
  const stops = [
    "09:20:00",
    "09:30:00",
    "12:00:00",
    "13:00:00",
    "16:01:00",
    "16:08:00",
    "16:30:00",
  ];
  const days = await Promise.all(
    [false, true].map(async (stopsThere) => {
      const market = await StrictMarket.open(t, DAY);
      market.at("09:05:00");
      for (const [client, side, price, more] of [
        [market.buyer, "buy", "430", {}],
        [market.seller, "sell", "429.8", {}],
        [market.buyer, "buy", "429", { time_in_force: "gtc" }],
        [market.buyer, "buy", "428", {}],
      ] as const) {
        await market.place(client, { order_side: side, price, ...more });
      }
      for (const time of stops) {
        if (stopsThere) await market.stop();
        market.at(time);
        if (stopsThere) await market.start();
        if (time === "16:01:00") {
          const closing = { order_type: "at_auction_order", order_side: "sell" };
          await market.place(market.seller, closing);
        }
      }
      return [...(await market.buyer.orders()), ...(await market.seller.orders())];
    }),
  );
  const [without = [], withStops = []] = days;
  assert.ok(
    without.length === 5 && without.some(({ cancel_reason }) => cancel_reason === "expired"),
  );
  // Times tell that every boundary happened at its own moment.
  assert.deepEqual(withStops, without);
});

test("market rules: an at-auction buy never pays more than was held back for it", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer, seller } = market;
  market.at("09:00:00");
  // Nothing has a price yet but this bid.
  await market.place(seller, { order_side: "buy", price: "100" });
  const modest = await market.place(buyer, { order_type: "at_auction_order", order_side: "buy" });
  await market.place(buyer, { order_side: "buy", price: "200", qty: "300" });
  await market.place(seller, { order_side: "sell", price: "190", qty: "300" });
  market.at("09:30:00");
  const row = await market.order(buyer, modest);
  assert.deepEqual([row.order_status, row.cancel_reason], ["can", "auction_unmatched"]);
  assert.equal((await cashOf(buyer, "HKD")).unsett_buy_amt > 0, true);
});

test("market rules: the desk's checks come first, then the market's in their order", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer } = market;
  const buy = { order_side: "buy", price: "430" };
  market.at("08:00:00");
  const rows: readonly (readonly [terms: object, reason: string])[] = [
    [{ ...buy, price: "423.83", qty: "150" }, "odd_lot_out_of_range"],
    [{ ...buy, price: "423.83", qty: "100000000" }, "insufficient_cash"],
    [{ ...buy, price: "423.83" }, "market_closed"],
  ];
  for (const [terms, reason] of rows) {
    assert.equal(reasonOf(await market.tryPlace(buyer, terms)), reason);
  }
  market.at("10:00:00");
  const tight = { order_side: "sell", price: "423.83", qty: "300100" };
  const later: readonly (readonly [terms: object, reason: string])[] = [
    [{ ...tight, order_type: "at_auction_limit_order" }, "order_type_not_in_session"],
    [tight, "price_off_spread"],
    [{ ...tight, price: "423.8" }, "too_many_lots"],
  ];
  for (const [terms, reason] of later) {
    assert.equal(reasonOf(await market.tryPlace(market.seller, terms)), reason);
  }
  const question = { market: "hkex", symbol: "00700", order_side: "buy", price: "0.01", ratio: 1 };
  const estimate = await buyer.call("POST", "/trade/v1/orders/quantity", question);
  assert.deepEqual(envelope(estimate).data, { qty: 300_000 }, "no more than an order may have");
  const open = await market.place(buyer, buy);
  market.at("12:00:00");
  const amends: readonly (readonly [terms: object, reason: string])[] = [
    [{ price: "430" }, "nothing_to_amend"],
    [{ price: "423.8305" }, "price_off_tick"],
    [{ price: "423.83" }, "window_closed"],
  ];
  for (const [terms, reason] of amends) {
    assert.equal(reasonOf(await market.tryAmend(buyer, open, terms)), reason);
  }
});

test("market rules: a data directory keeps the rules and the seed it was begun with", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  await market.stop();
  const bytes = market.journalBytes();
  await assert.rejects(market.start({ COUNTERMAND_MARKET_RULES: "reference" }), {
    code: "RULES_MISMATCH",
    message: /^COUNTERMAND_MARKET_RULES is reference, but .+ was begun with strict: set that/,
  });
  await assert.rejects(market.start({ COUNTERMAND_MARKET_SEED: "2" }), {
    code: "RULES_MISMATCH",
    message: /^COUNTERMAND_MARKET_SEED is 2, but .+ was begun with 1: set that/,
  });
  assert.deepEqual(market.journalBytes(), bytes, "a refused start touches nothing");
  await market.start();
});

async function listedCount(client: SignedClient, path: string): Promise<number> {
  const { code, data } = envelope(await client.call("GET", path));
  assert.equal(code, 0);
  return (data as { total_records: number }).total_records;
}
