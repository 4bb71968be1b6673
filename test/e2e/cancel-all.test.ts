// Cancel-all by REST and by socket, with the gateway in this process.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { startGateway } from "./gateway-in-process.ts";
import {
  type Answer,
  envelope,
  isReplay,
  KEY_1,
  nextTimestampMs,
  type OrderRow,
  SignedClient,
} from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { StrictMarket } from "./strict-market.ts";
import { startTwoAccounts as start } from "./two-accounts.ts";
import { restingOrder as order } from "./wire-orders.ts";

const ALL = "/trade/v1/orders/all";
const ALL_BY_POST = "/trade/v1/orders/cancel/all";

interface Listed {
  readonly order_no: string;
  readonly reference_id: string;
  readonly outcome: string;
  readonly result: { readonly code: number; readonly reason?: string };
}

interface AllData {
  readonly outcome: string;
  readonly matched: number;
  readonly done: number;
  readonly already: number;
  readonly too_late: number;
  readonly failed: number;
  readonly listed: number;
  readonly orders: readonly Listed[];
}

async function placeMany(client: SignedClient, count: number): Promise<void> {
  for (let placed = 0; placed < count; placed += 50) {
    const batches = Array.from({ length: Math.min(10, Math.ceil((count - placed) / 5)) }, () => {
      const orders = Array.from({ length: 5 }, () => order());
      return client.call("POST", "/trade/v1/orders/batch", orders);
    });
    for (const answer of await Promise.all(batches)) assert.equal(envelope(answer).code, 0);
  }
}

function dataOf(answer: Answer): AllData {
  return envelope(answer).data as AllData;
}

function openRows(rows: readonly OrderRow[]): OrderRow[] {
  return rows.filter(({ order_status }) => order_status === "new" || order_status === "pex");
}

test("cancel-all: everything, then nothing is open; others' orders stay", async (t) => {
  const { first, second } = await start(t);
  const numbers = [await first.place(order()), await first.place(order({ reference_id: "mine" }))];
  const others = await second.place(order());
  const answer = await first.call("DELETE", ALL);
  assert.equal(answer.status, 200);
  assert.deepEqual(dataOf(answer), {
    outcome: "done",
    matched: 2,
    done: 2,
    already: 0,
    too_late: 0,
    failed: 0,
    listed: 2,
    orders: numbers.map((order_no, index) => ({
      order_no,
      reference_id: index === 1 ? "mine" : "",
      outcome: "done",
      result: { code: 0 },
    })),
  });
  for (const row of await first.orders()) {
    assert.deepEqual([row.order_status, row["cancel_reason"]], ["can", "requested"]);
  }
  assert.deepEqual(
    openRows(await second.orders()).map(({ order_no }) => order_no),
    [others],
  );
  const again = await first.call("POST", ALL_BY_POST, {});
  assert.equal(dataOf(again).outcome, "nothing_open");
  assert.equal(envelope(again).code, 0);
});

test("cancel-all: a repeated request gets the first answer and cancels no younger order", async (t) => {
  const { first, time } = await start(t);
  const options = { timestamp: String(time.wallMs) };
  const nothing = await first.call("DELETE", ALL, "", options);
  assert.equal(dataOf(nothing).outcome, "nothing_open");
  const young = await first.place(order());
  const repeated = await first.call("DELETE", ALL, "", options);
  assert.deepEqual([repeated.text, isReplay(repeated)], [nothing.text, true]);
  assert.deepEqual(
    openRows(await first.orders()).map(({ order_no }) => order_no),
    [young],
  );
});

test("cancel-all: a preview says what would be and does nothing, by body and by query", async (t) => {
  const { first } = await start(t);
  const sell = await first.place(order({ order_side: "sell", price: 500 }));
  await first.place(order());
  for (const answer of [
    await first.call("DELETE", `${ALL}?preview=1&order_side=sell`),
    await first.call("DELETE", ALL, { preview: 1, order_side: "sell" }),
    await first.call("POST", ALL_BY_POST, { preview: 1, order_side: "sell" }),
  ]) {
    const { outcome, matched, orders } = dataOf(answer);
    assert.deepEqual([outcome, matched, orders[0]?.order_no], ["preview", 1, sell]);
  }
  assert.equal(openRows(await first.orders()).length, 2);
});

test("cancel-all: refused filters cancel nothing", async (t) => {
  const { first } = await start(t);
  await first.place(order());
  const cases: readonly (readonly [object | string, string])[] = [
    [{ symbol: "0700" }, "unknown_symbol"],
    [{ order_side: "both" }, "invalid_cancel_filter"],
    [{ older: 3 }, "unknown_field"],
    ["[]", "malformed_body"],
    ["{", "malformed_json"],
  ];
  for (const [body, reason] of cases) {
    const answer = await first.call("DELETE", ALL, body);
    assert.deepEqual([answer.status, envelope(answer).reason], [400, reason]);
  }
  const both = await first.call("DELETE", `${ALL}?preview=0`, {});
  assert.equal(envelope(both).reason, "body_and_query");
  const preview = await first.call("DELETE", `${ALL}?preview=1&symbol=0700`);
  assert.equal(envelope(preview).reason, "unknown_symbol");
  assert.equal(openRows(await first.orders()).length, 1);
});

test("cancel-all: more than an answer lists; asked twice at once; counted and pushed whole", async (t) => {
  const { first, time, url } = await start(t);
  const count = 1_200;
  await placeMany(first, count);
  const stream = await StreamClient.open(url, KEY_1, "commands=1");
  const options = { timestamp: String(time.wallMs) };
  const [one, two] = await Promise.all([
    first.call("DELETE", ALL, "{}", options),
    first.call("DELETE", ALL, "{}", options),
  ]);
  assert.equal(one.text, two.text);
  assert.deepEqual([isReplay(one), isReplay(two)].sort(), [false, true]);
  const { orders, ...rest } = dataOf(one);
  assert.deepEqual(rest, {
    outcome: "done",
    matched: count,
    done: count,
    already: 0,
    too_late: 0,
    failed: 0,
    listed: 1_000,
  });
  assert.equal(new Set(orders.map(({ order_no }) => order_no)).size, 1_000);
  const latest = 2 * count;
  await stream.seen("the last cancel", ({ message }) => message.seq === latest);
  const pushed = stream.received.filter(({ message }) => message.data?.order_status === "can");
  assert.equal(pushed.length, count);
  stream.close();
});

test("cancel-all: by socket, with an id that names it", async (t) => {
  const { first, url } = await start(t);
  const keep = await first.place(order({ portfolio_id: "keep" }));
  await first.place(order({ portfolio_id: "go" }));
  const stream = await StreamClient.open(url, KEY_1, "commands=1");
  const command = { op: "cancel_all", id: "all-1", data: { portfolio_id: "go" } };
  stream.send(JSON.stringify(command));
  const isReply = ({ message }: { readonly message: { readonly type: string } }) =>
    message.type === "reply";
  const reply = await stream.seen("a reply", isReply);
  assert.equal((reply.message.data as unknown as AllData).done, 1);
  await first.place(order({ portfolio_id: "go" }));
  stream.send(JSON.stringify(command));
  await stream.seen("both replies", () => stream.received.filter(isReply).length === 2);
  const replies = stream.received.filter(isReply).map(({ text }) => text);
  assert.equal(replies[0], replies[1]);
  assert.equal(openRows(await first.orders()).length, 2);
  assert.ok(openRows(await first.orders()).some(({ order_no }) => order_no === keep));
  stream.close();
});

test("cancel-all: any filter cancels exactly the orders that match it", async (t) => {
  const { first, time } = await start(t);
  const MARKETS = { hkex: "00700", usex: "AAPL", crypto: "BTC-USDT" } as const;
  const anyFilter = fc.record(
    {
      market: fc.constantFrom("hkex", "usex", "nasdaq", "crypto"),
      symbol: fc.constantFrom("00700", "AAPL", "BTC-USDT"),
      order_side: fc.constantFrom("buy", "sell"),
      portfolio_id: fc.constantFrom("p", "q"),
      order_type: fc.constantFrom("limit_order", "stop_limit_order"),
      older_than: fc.constantFrom(0, 60, 120),
      reference_id_prefix: fc.constantFrom("a", "ab", "b"),
    },
    { requiredKeys: [] },
  );
  const anyOrder = fc.record({
    market: fc.constantFrom("hkex", "usex", "nasdaq", "crypto"),
    order_side: fc.constantFrom("buy", "sell"),
    order_type: fc.constantFrom("limit_order", "stop_limit_order"),
    portfolio_id: fc.constantFrom("", "p", "q"),
    reference_id: fc.constantFrom("", "a", "abc", "b"),
    isOld: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyOrder, { maxLength: 8 }), anyFilter, async (orders, filter) => {
      const placedAt = new Map<string, { readonly filter: object; readonly isOld: boolean }>();
      for (const isOld of [true, false]) {
        for (const each of orders.filter((one) => one.isOld === isOld)) {
          const { isOld: _, ...terms } = each;
          const symbol = MARKETS[each.market === "nasdaq" ? "usex" : each.market];
          const isSell = each.order_side === "sell";
          const price = isSell ? 900 : 1;
          const stop = each.order_type === "stop_limit_order";
          const trigger = stop ? { trigger_price: isSell ? 1 : 900 } : {};
          const qty = each.market === "hkex" ? 100 : 1;
          const terms2 = { ...terms, symbol, price, qty, ...trigger };
          placedAt.set(await first.place(terms2), { filter: terms2, isOld });
        }
        if (isOld) time.marketMs += 60_000;
      }
      const { older_than, reference_id_prefix, ...same } = filter;
      const expected = [...placedAt].filter(([, placed]) => {
        const row = placed.filter as Record<string, unknown>;
        return (
          Object.entries(same).every(([name, value]) => row[name] === value) &&
          String(row["reference_id"]).startsWith(reference_id_prefix ?? "") &&
          (older_than ?? 0) <= (placed.isOld ? 60 : 0)
        );
      });
      const expectedNumbers = expected.map(([number]) => number).sort();
      const preview = await first.call("DELETE", ALL, { ...filter, preview: 1 });
      const answer = await first.call("DELETE", ALL, filter);
      for (const listed of [dataOf(preview).orders, dataOf(answer).orders]) {
        assert.deepEqual(listed.map(({ order_no }) => order_no).sort(), expectedNumbers);
      }
      const left = openRows(await first.orders("order_status=new")).map(({ order_no }) => order_no);
      const kept = [...placedAt.keys()].filter((number) => !expectedNumbers.includes(number));
      assert.deepEqual(left.sort(), kept.sort());
      await first.call("DELETE", ALL);
    }),
    { numRuns: 20 },
  );
});

test("cancel-all: what was answered is the same after a restart", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  const now = Date.now();
  const time = { wallMs: now, marketMs: now };
  const settings = { COUNTERMAND_DATA_DIR: folder };
  const options = { timestamp: String(now) };
  const before = await startGateway(time, settings);
  const client = new SignedClient(before.url, KEY_1);
  await client.place(order());
  const answer = await client.call("DELETE", ALL, "", options);
  client.close();
  const { hash } = await before.stateHash();
  await before.stop();
  const after = await startGateway(time, settings);
  t.after(async () => {
    await after.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  assert.equal((await after.stateHash()).hash, hash);
  const again = new SignedClient(after.url, KEY_1);
  const repeated = await again.call("DELETE", ALL, "", options);
  again.close();
  assert.deepEqual([repeated.text, isReplay(repeated)], [answer.text, true]);
});

test("cancel-all: what its market forbids works on, and is told from nothing open", async (t) => {
  const market = await StrictMarket.open(t, "2025-08-05");
  market.at("10:00:00");
  const client = market.buyer;
  const share = { market: "hkex", symbol: "00700", price: 400, qty: 100 };
  await client.place(order(share));
  market.at("12:10:00");
  const options = { timestamp: String(nextTimestampMs()) };
  const refused = await client.call("DELETE", ALL, "{}", options);
  assert.deepEqual([refused.status, envelope(refused).reason], [409, "nothing_cancelled"]);
  const { outcome, failed, done, orders } = dataOf(refused);
  assert.deepEqual([outcome, failed, done], ["nothing_worked", 1, 0]);
  assert.equal(orders[0]?.result.reason, "window_closed");
  const preview = dataOf(await client.call("DELETE", `${ALL}?preview=1`));
  assert.deepEqual([preview.failed, preview.done], [1, 0]);
  const free = { market: "crypto", symbol: "BTC-USDT", price: 1, qty: 1 };
  const coin = await client.place(order(free));
  const partly = await client.call("DELETE", ALL);
  assert.deepEqual([partly.status, envelope(partly).reason], [409, "not_all_cancelled"]);
  assert.deepEqual(
    dataOf(partly).orders.map(({ outcome, order_no }) => [outcome, order_no === coin]),
    [
      ["failed", false],
      ["done", true],
    ],
  );
  market.at("12:40:00");
  const retried = await client.call("DELETE", ALL, "{}", options);
  assert.deepEqual([retried.status, isReplay(retried)], [200, false], "a fresh try");
});
