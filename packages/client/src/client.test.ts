import assert from "node:assert/strict";
import { test } from "node:test";
import { CountermandClient } from "./client.ts";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";

const BASE_URL = "http://127.0.0.1:1";

/** A client whose gateway answers as the function says. */
function client(answer: (url: URL) => { readonly status: number; readonly body: object }) {
  return new CountermandClient({
    baseUrl: BASE_URL,
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    fetch: (input) => {
      const { status, body } = answer(new URL(String(input)));
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    },
  });
}

test("client: an address that no gateway can have is refused at once", () => {
  const wrong = [
    "localhost:8080",
    "ws://127.0.0.1:8080",
    "127.0.0.1",
    "http://key:secret@127.0.0.1",
    "http://127.0.0.1:8080/?x=1",
  ];
  for (const baseUrl of wrong) {
    assert.throws(
      () => new CountermandClient({ baseUrl }),
      /not the address of a gateway, such as/,
    );
  }
  assert.ok(new CountermandClient({ baseUrl: "https://orders.example/countermand/" }));
});

test("client: a cancel that is confirmed says of an unknown order what the gateway said", async () => {
  const failure = { code: 11030202, message: "m", details: "d", retryable: false };
  const unknown = client(() => ({ status: 404, body: { ...failure, reason: "unknown_order" } }));
  await assert.rejects(unknown.cancelAndConfirm({ order_no: "22000000001" }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.httpStatus, error.reason], [404, "unknown_order"]);
    return true;
  });
  const data = { order_no: "22000000001", order_status: "fex" };
  const filled = client(() => ({ status: 409, body: { ...failure, reason: "x", data } }));
  const final = await filled.cancelAndConfirm({ order_no: "22000000001" });
  assert.equal(final.order_status, "fex");
});

test("client: a cancel that did not get to a gateway is no refused cancel", async () => {
  const failure = { message: "m", details: "d", retryable: false };
  const elsewhere = client(() => ({
    status: 404,
    body: { ...failure, code: 11030059, reason: "unknown_path" },
  }));
  await assert.rejects(elsewhere.cancel({ order_no: "22000000001" }), ApiError);
  const here = client(() => ({
    status: 404,
    body: { ...failure, code: 11030202, reason: "unknown_order" },
  }));
  const { outcome } = await here.cancel({ order_no: "22000000001" });
  assert.equal(outcome, "refused");
});

test("client: a cancel answered without the order is no refusal, and says what to look at", async () => {
  const bare = client(() => ({ status: 200, body: { code: 0 } }));
  const order = { order_no: "22000000001" };
  const cancels = [
    () => bare.cancel(order),
    () => bare.cancelAll(),
    () => bare.cancelAndConfirm(order),
  ];
  for (const cancel of cancels) {
    await assert.rejects(cancel, (error) => {
      assert.ok(error instanceof OutcomeUnknownError);
      assert.match(error.message, /code 0, but nothing beside it: look at what stands before/);
      return true;
    });
  }
  await assert.rejects(bare.orders(), ConnectionError);
});

const ORDER = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: "400",
  qty: "100",
} as const;

test("client: an order that was to be shown is whole, or it is said that it was placed", async () => {
  const whole = { order_no: "22000000001", order_status: "new", qty: "100" };
  const found = { code: 0, data: { total_records: 1, orders: [whole] } };
  const failure = { code: 11030061, message: "m", details: "d", reason: "x", retryable: false };
  const bare = (looked: { readonly status: number; readonly body: object }) =>
    client(({ search }) => {
      const placed = { code: 0, data: { order_no: whole.order_no } };
      return search === "" ? { status: 200, body: placed } : looked;
    });
  const shown = bare({ status: 200, body: found });
  assert.deepEqual(await shown.placeAndShow(ORDER), whole);
  assert.deepEqual(await shown.amend({ order_no: whole.order_no, qty: "100" }), whole);
  await assert.rejects(bare({ status: 403, body: failure }).placeAndShow(ORDER), (error) => {
    assert.ok(error instanceof OutcomeUnknownError);
    assert.match(error.message, /order 22000000001: an answer of code 0, .* header Prefer; m: d/);
    return true;
  });
});

test("client: whatever ends a wait for a cancel that was taken, it is no failure of the cancel", async () => {
  const pending = { order_no: "22000000001", order_status: "new", reason: "cancel_pending" };
  const taken = { status: 200, body: { code: 0, data: pending } };
  const failure = { code: 10010008, message: "m", details: "d", retryable: false };
  const revoked = client(({ pathname }) => {
    const isCancel = pathname.endsWith("/cancel");
    return isCancel ? taken : { status: 401, body: { ...failure, reason: "signature_invalid" } };
  });
  const stop = new AbortController();
  const aborted = client(() => {
    stop.abort(new Error("enough"));
    return taken;
  }).withSignal(stop.signal);
  for (const each of [revoked, aborted]) {
    const confirmed = each.cancelAndConfirm({ order_no: "22000000001" });
    await assert.rejects(confirmed, OutcomeUnknownError);
  }
});

/** Orders of an account by number, newest first, in pages. */
function pagesOf(orderNos: Set<number>) {
  return client(({ searchParams }) => {
    const [page, size] = [searchParams.get("page_index"), searchParams.get("page_size")].map(
      Number,
    );
    const all = [...orderNos].sort((a, b) => b - a).map((number) => ({ order_no: String(number) }));
    const end = (page ?? 1) * (size ?? 1);
    const orders = all.slice(end - (size ?? 1), end);
    return { status: 200, body: { code: 0, data: { total_records: all.length, orders } } };
  });
}

test("client: whoever cancels while listing meets every order once", async () => {
  const open = new Set(Array.from({ length: 9 }, (_, index) => 22_000_000_001 + index));
  const wanted = [...open].reverse().map(String);
  const met: string[] = [];
  for await (const { order_no } of pagesOf(open).allOrders({ page_size: 2 })) {
    met.push(order_no);
    open.delete(Number(order_no));
  }
  assert.deepEqual(met, wanted);
});

test("client: an order that is placed while others are listed repeats none", async () => {
  const open = new Set(Array.from({ length: 5 }, (_, index) => 22_000_000_001 + index));
  const wanted = [...open].reverse().map(String);
  const met: string[] = [];
  for await (const { order_no } of pagesOf(open).allOrders({ page_size: 2 })) {
    met.push(order_no);
    if (met.length <= 3) open.add(22_000_000_100 + met.length);
  }
  assert.deepEqual(met, wanted);
});

test("client: a list that says that it has more than it gives ends", async () => {
  const asked: string[] = [];
  const orders = Array.from({ length: 100 }, (_, index) => ({ order_no: String(500 - index) }));
  const executions = orders.map(({ order_no }) => ({ exec_id: order_no }));
  const liar = client(({ searchParams }) => {
    const page = searchParams.get("page_index") ?? "1";
    asked.push(page);
    const data = page === "1" ? { orders, executions } : { orders: [], executions: [] };
    return { status: 200, body: { code: 0, data: { total_records: 1_000, ...data } } };
  });
  let count = 0;
  for await (const _ of liar.allOrders({})) count += 1;
  for await (const _ of liar.allExecutions({ symbol: "00700" })) count += 1;
  assert.deepEqual([count, asked], [200, ["1", "2", "1", "2"]]);
});

test("client: fills and lines that come while older ones are listed repeat none", async () => {
  const ids = Array.from({ length: 250 }, (_, index) => 1_000_000_001 + index);
  const growing = client(({ pathname, searchParams }) => {
    const isFills = pathname === "/trade/v1/executions";
    const page = Number(searchParams.get(isFills ? "page_index" : "page"));
    const newest = [...ids].reverse().slice(100 * (page - 1), 100 * page);
    const data = {
      total_records: ids.length,
      executions: newest.map((id) => ({ exec_id: String(id) })),
      transactions: newest.map((id) => ({ id: String(id) })),
    };
    for (let count = 0; count < 40; count += 1) ids.push(1_000_000_001 + ids.length);
    return { status: 200, body: { code: 0, data } };
  });
  const wanted = [...ids].reverse().map(String);
  const fills: string[] = [];
  for await (const { exec_id } of growing.allExecutions({ symbol: "00700" })) fills.push(exec_id);
  assert.deepEqual(fills, wanted);
  const before = [...ids].reverse().map(String);
  const lines: string[] = [];
  for await (const { id } of growing.allTransactions()) lines.push(id);
  assert.deepEqual(lines, before);
});
