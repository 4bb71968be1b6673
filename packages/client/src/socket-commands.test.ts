// Goal: a command acts once however often it is sent, and nobody is told what nobody knows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "./calls.ts";
import { cancelOrder } from "./cancels.ts";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { SocketCommands } from "./socket-commands.ts";
import { Transport } from "./transport.ts";

interface Sent {
  readonly op: string;
  readonly id: string;
  readonly data: unknown;
  readonly prefer?: string;
  readonly receipt?: string;
}

/** A socket in the test's hands, under a transport whose time stands still unless it pauses. */
class Bench {
  readonly commands = new SocketCommands();
  readonly sent: Sent[] = [];
  readonly pauses: number[] = [];
  readonly calls: Calls;
  readonly transport: Transport;
  nowMs = 0;

  constructor(callTimeoutMs = 30_000) {
    this.transport = new Transport({
      baseUrl: "http://127.0.0.1:1",
      credentials: { apiKey: "demo-key", secret: "demo-secret" },
      callTimeoutMs,
      now: () => this.nowMs,
      delay: (ms) => {
        this.pauses.push(ms);
        this.nowMs += ms;
        return settled();
      },
      fetch: () => Promise.reject(new Error("this goes over HTTP")),
    }).withCommands(this.commands);
    this.calls = new Calls(this.transport);
  }

  open(): void {
    this.commands.opened((text) => this.sent.push(JSON.parse(text) as Sent));
  }

  reply(at: number, answer: object): void {
    const id = this.sent.at(at)?.id ?? "";
    this.commands.replied({ type: "reply", id, ...answer } as never);
  }

  place(): Promise<unknown> {
    return this.calls.write("POST", "/trade/v1/orders", { symbol: "00700", price: "1.10" });
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function failure(code: number, reason: string, more: object = {}) {
  return { code, message: "m", details: "d", reason, retryable: false, ...more };
}

test("socket commands: an order and its answer, each call under an id of its own", async () => {
  const bench = new Bench();
  bench.open();
  const [first, second] = [bench.place(), bench.place()];
  await settled();
  const [one, other] = bench.sent;
  assert.deepEqual([one?.op, one?.data], ["place", { symbol: "00700", price: "1.10" }]);
  assert.ok(one?.id !== undefined && one.id.length <= 64 && one.id !== other?.id);
  bench.reply(1, { code: 0, data: { order_no: "2" } });
  bench.reply(0, { code: 0, data: { order_no: "1" } });
  assert.deepEqual(await Promise.all([first, second]), [{ order_no: "1" }, { order_no: "2" }]);
});

test("socket commands: what was not answered goes again to the letter, later", async () => {
  const bench = new Bench();
  const placing = bench.place();
  await settled();
  assert.deepEqual(bench.sent, [], "there is no connection yet");
  bench.open();
  bench.commands.lost("cut");
  await settled();
  await settled();
  assert.equal(bench.sent.length, 1);
  bench.open();
  assert.deepEqual(bench.sent[1], bench.sent[0]);
  bench.reply(0, { code: 0, data: { order_no: "1" } });
  assert.deepEqual(await placing, { order_no: "1" });
});

test("socket commands: a cancel that comes too late is an outcome, as over HTTP", async () => {
  const bench = new Bench();
  bench.open();
  const cancelling = cancelOrder(bench.calls, { order_no: "1" }, { receipt: true });
  await settled();
  const { op, prefer, receipt } = bench.sent[0] ?? ({} as Sent);
  assert.deepEqual([op, prefer, receipt], ["cancel", "return=representation", "ed25519"]);
  const order = { order_no: "1", order_status: "fex" };
  bench.reply(0, failure(11030204, "too_late_filled", { data: order }));
  const ended = await cancelling;
  assert.ok(ended.outcome === "refused");
  assert.deepEqual([ended.reason, ended.order], ["too_late_filled", order]);
});

test("socket commands: a refusal has the status that HTTP gives it", async () => {
  const bench = new Bench();
  bench.open();
  for (const [reason, status] of [
    ["price_off_tick", 400],
    ["permission_missing", 403],
    ["command_id_reused", 409],
    ["of a later gateway", 400],
  ] as const) {
    const placing = bench.place();
    await settled();
    bench.reply(-1, failure(11030104, reason));
    await assert.rejects(placing, (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.httpStatus, error.reason], [status, reason]);
      assert.deepEqual(Object.keys(error.failure).includes("type"), false);
      return true;
    });
  }
});

test("socket commands: a reply that tells no outcome is not taken for a refusal", async () => {
  const bench = new Bench();
  bench.open();
  const placing = bench.place();
  await settled();
  for (const reply of [{}, failure(10010001, "outcome_unknown")]) {
    bench.reply(-1, reply);
    await settled();
    await settled();
  }
  assert.equal(bench.pauses.length, 2);
  assert.deepEqual(bench.sent[2], bench.sent[0]);
  bench.reply(-1, { code: 0, data: { order_no: "1" } });
  assert.deepEqual(await placing, { order_no: "1" });
});

test("socket commands: a receipt comes with its reply, which is no repeated answer", async () => {
  const bench = new Bench();
  bench.open();
  for (const more of [{ receipt: "signed" }, {}]) {
    const cancel = { method: "POST", path: "/trade/v1/orders/cancel", body: "{}" };
    const calling = bench.transport.call({ ...cancel, signed: true, changes: true, receipt: true });
    await settled();
    const data = { order_no: "1" };
    bench.reply(-1, { code: 0, data, ...more });
    assert.deepEqual(await calling, { data, replayed: false, ...more });
  }
});

test("socket commands: a budget that is spent is waited for, as long as it says", async () => {
  const bench = new Bench();
  bench.open();
  const placing = bench.place();
  await settled();
  bench.reply(0, failure(10010029, "rate_limited", { retryable: true, retry_after: 2 }));
  await settled();
  await settled();
  assert.deepEqual(bench.pauses, [2_000]);
  bench.reply(1, { code: 0, data: { order_no: "1" } });
  await placing;
});

test("socket commands: who stops waiting knows whether anything may have been done", async () => {
  const bench = new Bench();
  const stop = new AbortController();
  const calls = new Calls(bench.transport.withSignal(stop.signal));
  const unsent = calls.write("POST", "/trade/v1/orders", {});
  await settled();
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(unsent, reason);
  bench.open();
  const again = new AbortController();
  const sent = new Calls(bench.transport.withSignal(again.signal)).write(
    "POST",
    "/trade/v1/orders",
    {},
  );
  await settled();
  again.abort(reason);
  await assert.rejects(sent, OutcomeUnknownError);
});

test("socket commands: nothing is sent again when the gateway may have forgotten it", async () => {
  const bench = new Bench(Number.POSITIVE_INFINITY);
  const rejected = assert.rejects(bench.place(), OutcomeUnknownError);
  for (let count = 0; bench.nowMs < 9 * 60_000 && count < 10_000; count += 1) {
    bench.open();
    await settled();
    bench.commands.lost("cut");
    await settled();
    if (bench.pauses.length > 0) bench.nowMs += 1_000;
  }
  await rejected;
  const count = bench.sent.length;
  bench.open();
  assert.equal(bench.sent.length, count);
});

test("socket commands: what ends one attempt ends no other under the same id", async () => {
  const commands = new SocketCommands();
  const sent: string[] = [];
  const command = { id: "1", text: "{}" };
  const [first, second] = [new AbortController(), new AbortController()];
  const opened = () => commands.opened((text) => sent.push(text));
  opened();
  const lost = commands.attempt(command, first.signal);
  commands.lost("cut");
  assert.equal((await lost).type, "unknown");
  opened();
  const again = commands.attempt(command, second.signal);
  first.abort();
  commands.replied({ type: "reply", id: "1", code: 0, data: null } as never);
  second.abort();
  assert.equal((await again).type, "success");
  assert.equal((await commands.attempt(command, second.signal)).type, "unsent");
  assert.deepEqual(sent, ["{}", "{}"]);
});

test("socket commands: over a stream that has ended nothing is sent", async () => {
  const closed = { type: "unsent", cause: undefined, remedy: "its stream was closed" } as const;
  const bench = new Bench();
  const waiting = bench.place();
  await settled();
  bench.commands.ended(closed);
  await assert.rejects(waiting, ConnectionError);
  await assert.rejects(bench.place(), /was not sent, because its stream was closed/);
  const cut = new Bench();
  cut.open();
  const sent = cut.place();
  await settled();
  cut.commands.ended(closed);
  await assert.rejects(sent, OutcomeUnknownError);
  assert.equal(cut.sent.length, 1);
});

test("socket commands: what is no command goes over HTTP", async () => {
  const bench = new Bench(1);
  bench.open();
  await assert.rejects(bench.calls.write("POST", "/trade/v1/dead-man", {}), OutcomeUnknownError);
  await assert.rejects(bench.calls.read("/trade/v1/orders", {}), ConnectionError);
  await assert.rejects(bench.calls.ask("/trade/v1/orders/cancel/all", {}), ConnectionError);
  assert.deepEqual(bench.sent, []);
});
