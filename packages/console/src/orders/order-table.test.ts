// Goal: after any changes the table shows what a filter and a sort of all orders would show.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decimalUnits, type OrderUpdate } from "@countermand/client";
import fc from "fast-check";
import { FIRST_QUERY, OrderTable, type SortColumn, type TableQuery } from "./order-table.ts";
import { isOpen, statusText } from "./order-words.ts";

function orderOf(change: Partial<OrderUpdate>): OrderUpdate {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    name: "TENCENT",
    order_side: "buy",
    account_code: "80114138",
    order_no: "22000000001",
    order_status: "new",
    price: "423.8",
    qty: "100",
    outstand_qty: "100",
    execute_qty: "0",
    execute_amount: "0",
    charge: "0",
    charge_base_currency: "HKD",
    base_currency: "HKD",
    reference_id: "",
    portfolio_id: "",
    reject_reason: "",
    update_time: 1,
    create_time: 1,
    version: 1,
    time_in_force: "day",
    cancel_reason: "",
    ...change,
  };
}

const SORTS: readonly SortColumn[] = ["order_no", "symbol", "order_status", "price", "update_time"];

const query: fc.Arbitrary<TableQuery> = fc.record({
  scope: fc.constantFrom("open", "closed", "all"),
  filter: fc.constantFrom("", "AAPL", "buy 00700", "filled", "nothing such"),
  sort: fc.constantFrom(...SORTS),
  isDescending: fc.boolean(),
});

const change = fc.record({
  n: fc.integer({ min: 1, max: 12 }),
  price: fc.constantFrom("9", "10", "423.8", "0.05"),
  status: fc.constantFrom("new", "pex", "fex", "can"),
  time: fc.integer({ min: 1, max: 5 }),
});

test("order table: a change at a time shows what sorting all of them shows", () => {
  fc.assert(
    fc.property(query, fc.array(fc.oneof(change, query), { maxLength: 60 }), (first, steps) => {
      const table = new OrderTable();
      const all = new Map<string, OrderUpdate>();
      let asked = first;
      table.ask(asked);
      for (const [seq, step] of steps.entries()) {
        if ("scope" in step) {
          asked = step;
          table.ask(step);
        } else {
          const order_no = String(22_000_000_000 + step.n);
          const version = (all.get(order_no)?.version ?? 0) + 1;
          const symbol = step.n % 2 === 0 ? "AAPL" : "00700";
          const rest = { price: step.price, order_status: step.status, update_time: step.time };
          const order = orderOf({ order_no, symbol, version, ...rest });
          all.set(order_no, order);
          table.take(seq + 1, order);
        }
        assert.deepEqual(
          table.shown.map(({ order }) => order),
          naive([...all.values()], asked),
        );
        assert.equal(table.openCount, [...all.values()].filter(isOpen).length);
      }
    }),
  );
});

function naive(orders: readonly OrderUpdate[], asked: TableQuery): readonly OrderUpdate[] {
  const words = asked.filter.toLowerCase().split(" ");
  const shown = orders.filter((order) => {
    if (asked.scope !== "all" && isOpen(order) !== (asked.scope === "open")) return false;
    const { order_no, symbol, name, order_side, market } = order;
    const text = `${order_no} ${symbol} ${name} ${order_side} ${market} ${statusText(order)}`;
    return words.every((word) => text.toLowerCase().includes(word));
  });
  const key = (order: OrderUpdate): string | number | bigint => {
    if (asked.sort === "order_status") return statusText(order);
    return asked.sort === "price" ? decimalUnits(order.price) : order[asked.sort];
  };
  const sign = asked.isDescending ? -1 : 1;
  return shown.sort((a, b) => {
    if (key(a) !== key(b)) return key(a) < key(b) ? -sign : sign;
    return a.order_no < b.order_no ? -sign : sign;
  });
}

test("order table: an older version changes nothing; a story keeps what was told", () => {
  const table = new OrderTable();
  table.take(1, orderOf({ version: 1 }));
  table.take(2, orderOf({ version: 2, order_status: "pex" }));
  table.take(1, orderOf({ version: 1 }));
  table.learn([orderOf({ version: 2 })]);
  const row = table.get("22000000001");
  assert.equal(row?.order.order_status, "pex");
  assert.deepEqual(
    row?.story.map(({ seq }) => seq),
    [1, 2],
  );
});

test("order table: a snapshot forgets what was thought open and is not", () => {
  const table = new OrderTable();
  table.ask({ ...FIRST_QUERY, scope: "all" });
  table.load(3, [orderOf({ order_no: "1" }), orderOf({ order_no: "2" })]);
  table.take(4, orderOf({ order_no: "3", order_status: "fex" }));
  table.load(9, [orderOf({ order_no: "2", version: 2 })]);
  assert.deepEqual(
    table.shown.map(({ order }) => `${order.order_no} v${order.version}`),
    ["3 v1", "2 v2"],
  );
  assert.equal(table.openCount, 1);
});
