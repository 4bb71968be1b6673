// Goal: whoever cancels learns how it ended, and no more of it than is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CountermandClient } from "./client.ts";
import { ApiError, OutcomeUnknownError, WaitTimeoutError } from "./errors.ts";

const NAME = { order_no: "22000000001" };
const PENDING = { ...NAME, order_status: "new", reason: "cancel_pending" };

interface Answer {
  readonly status?: number;
  readonly body: object;
}

/** A client whose gateway gives these answers in turn, the last one for good; and what it did. */
function clientOf(answers: readonly Answer[]) {
  const asked: { path: string; body: unknown; receipt: string | null }[] = [];
  const pauses: number[] = [];
  let nowMs = 0;
  const client = new CountermandClient({
    baseUrl: "http://127.0.0.1:1",
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    now: () => 1_746_774_142_003 + nowMs,
    monotonicMs: () => nowMs,
    delay: (ms) => {
      pauses.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
    fetch: (input, { body, headers } = {}) => {
      const { pathname: path, search } = new URL(String(input));
      const sent = typeof body === "string" ? JSON.parse(body) : search;
      asked.push({ path, body: sent, receipt: new Headers(headers).get("X-Receipt") });
      const { status = 200, body: answer } = answers[asked.length - 1] ?? answers.at(-1) ?? {};
      return Promise.resolve(new Response(JSON.stringify(answer), { status }));
    },
  });
  return { client, asked, pauses };
}

function listed(...orders: readonly object[]): Answer {
  return { body: { code: 0, data: { total_records: orders.length, orders } } };
}

const TAKEN: Answer = { body: { code: 0, data: PENDING } };

test("cancels: a receipt comes with the outcome where it was asked for, and only there", async () => {
  const data = { ...NAME, order_status: "can", reason: "cancelled" };
  const body = { code: 0, data, receipt: "signed" };
  const { client, asked } = clientOf([{ body }, { body: { code: 0, data } }]);
  const outcome = { outcome: "cancelled", order: data };
  const receipted = await client.cancel(NAME, { receipt: true });
  assert.deepEqual(receipted, { ...outcome, receipt: "signed" });
  assert.deepEqual(await client.cancel(NAME), outcome);
  assert.deepEqual(
    asked.map(({ receipt }) => receipt),
    ["ed25519", null],
  );
});

test("cancels: a cancel of all that did not do all is an answer; a refused one is an error", async () => {
  const filter = { symbol: "00700" };
  const counts = { outcome: "not_all", matched: 2, done: 1, failed: 1, orders: [] };
  const failure = { code: 11030220, message: "m", details: "d", reason: "x", retryable: false };
  const partly = clientOf([{ status: 409, body: { ...failure, data: counts } }]);
  assert.deepEqual(await partly.client.cancelAll(filter), counts);
  const refused = clientOf([{ status: 400, body: failure }]);
  await assert.rejects(refused.client.cancelAll(filter), ApiError);
  const other = clientOf([{ status: 409, body: { ...failure, data: NAME } }]);
  await assert.rejects(other.client.cancelAll(filter), ApiError);
  const lost = clientOf([{ body: {} }]).client.withSignal(AbortSignal.abort(new Error("enough")));
  await assert.rejects(lost.cancelAll(filter), /enough/);
});

test("cancels: a preview says so to the gateway, and a cancel of all does not", async () => {
  const data = { outcome: "preview", matched: 1, orders: [] };
  const { client, asked } = clientOf([{ body: { code: 0, data } }]);
  assert.deepEqual(await client.previewCancelAll({ symbol: "00700" }), data);
  await client.cancelAll({ symbol: "00700" });
  assert.deepEqual(
    asked.map(({ path, body }) => [path, body]),
    [
      ["/trade/v1/orders/cancel/all", { symbol: "00700", preview: 1 }],
      ["/trade/v1/orders/cancel/all", { symbol: "00700" }],
    ],
  );
});

test("cancels: whoever confirms gets the order as it ended, and asks ever less often", async () => {
  const ended = { ...NAME, order_status: "fex" };
  const open = listed({ ...NAME, order_status: "new" });
  const { client, asked, pauses } = clientOf([TAKEN, ...Array(7).fill(open), listed(ended)]);
  assert.deepEqual(await client.cancelAndConfirm(NAME), ended);
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1000, 1000, 1000]);
  assert.deepEqual(asked.at(-1)?.body, "?order_no=22000000001&page_size=1");
});

test("cancels: a wait ends in time, and says that it is only the wait", async () => {
  const { client, pauses } = clientOf([TAKEN, listed({ ...NAME, order_status: "new" })]);
  await assert.rejects(client.cancelAndConfirm(NAME, { timeoutMs: 750 }), WaitTimeoutError);
  assert.deepEqual(pauses, [50, 100, 200, 400], "all of it, to the last millisecond");
  const gone = clientOf([TAKEN, listed()]);
  await assert.rejects(gone.client.cancelAndConfirm(NAME), WaitTimeoutError);
});

/** What is left of an answer where a proxy drops the header Prefer. */
const BARE: Answer = { body: { code: 0 } };
const ENDED = {
  ...NAME,
  order_status: "can",
  qty: "100",
  execute_qty: "30.5",
  outstand_qty: "0",
};
const ON_ITS_WAY = { ...ENDED, order_status: "pex", outstand_qty: "69.5", pending: "cancel" };

test("cancels: an answer without the order has the order looked up", async () => {
  const cases = [
    [ENDED, { reason: "already_cancelled", already: true, cancelled_qty: "69.5" }],
    [ON_ITS_WAY, { reason: "cancel_pending", already: false, cancelled_qty: "0" }],
  ] as const;
  for (const [found, more] of cases) {
    for (const name of [NAME, { reference_id: "mine" }]) {
      const { client, asked } = clientOf([BARE, listed(found)]);
      const order = { ...found, ...more };
      assert.deepEqual(await client.cancel(name), { outcome: more.reason, order });
      const { order_no, reference_id } = { order_no: "", reference_id: "", ...name };
      const query = `?order_no=${order_no}&reference_id=${reference_id}&page_size=1`;
      assert.equal(asked.at(-1)?.body, query);
    }
  }
  const signed = clientOf([{ body: { code: 0, receipt: "signed" } }, listed(ENDED)]);
  const receipted = await signed.client.cancel(NAME, { receipt: true });
  assert.ok(receipted.outcome === "already_cancelled" && receipted.receipt === "signed");
  const confirmed = clientOf([BARE, listed(ON_ITS_WAY), listed(ENDED)]);
  assert.deepEqual(await confirmed.client.cancelAndConfirm(NAME), ENDED);
});

test("cancels: an order that ended otherwise before the look-up was too late to cancel", async () => {
  const cases = [
    [{ order_status: "fex", execute_qty: "100" }, "too_late_filled", /filled \(11030204\)/],
    [{ order_status: "rej" }, "rejected_order", /rejected by the venue/],
    [{ order_status: "pex", outstand_qty: "69.5" }, "cancel_rejected", /works on/],
  ] as const;
  for (const [more, reason, words] of cases) {
    const order = { ...ENDED, ...more };
    const { client, asked } = clientOf([BARE, listed(order)]);
    const ended = await client.cancel(NAME);
    assert.ok(ended.outcome === "refused", ended.outcome);
    assert.deepEqual([ended.reason, ended.order, asked.length], [reason, order, 2]);
    const { code, details, retryable } = ended.failure;
    assert.match(`${details} (${code})`, words);
    assert.deepEqual([ended.failure.reason, retryable], [reason, reason === "cancel_rejected"]);
  }
});

test("cancels: where the look-up does not tell, the error says what has to be passed on", async () => {
  const { body } = listed(ENDED) as { readonly body: { readonly data: object } };
  const several = { body: { ...body, data: { ...body.data, total_records: 2 } } };
  const failure = { code: 10010008, message: "m", details: "d", reason: "x", retryable: false };
  for (const answer of [several, listed(), BARE, { status: 403, body: failure }]) {
    const { client } = clientOf([BARE, answer]);
    await assert.rejects(client.cancel({ reference_id: "mine" }), (error) => {
      assert.ok(error instanceof OutcomeUnknownError);
      assert.match(error.message, /has to pass on the header Prefer/);
      return true;
    });
  }
});

test("cancels: a refused cancel of an order that is still open is no end of it", async () => {
  const data = { ...NAME, order_status: "new" };
  const failure = { code: 11030208, message: "m", details: "d", reason: "x", retryable: false };
  const { client } = clientOf([{ status: 409, body: { ...failure, data } }]);
  await assert.rejects(client.cancelAndConfirm(NAME), ApiError);
});
