// Goal: the connection's state is what it is shown as, no message is missed or taken twice, and no
// command is lost or named anew.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrderLink } from "./order-link.ts";
import type { SocketListener } from "./socket.ts";

/** A gateway and a clock in the test's hands. */
class Bench {
  readonly sockets: { readonly query: string; readonly listener: SocketListener }[] = [];
  readonly sent: string[] = [];
  readonly seen: string[] = [];
  readonly link: OrderLink;
  isSignedIn = true;
  #nowMs = 0;
  #ids = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  constructor() {
    this.link = new OrderLink(
      {
        openSocket: (path, listener) => {
          this.sockets.push({ query: path.slice(path.indexOf("?") + 1), listener });
          return { send: (text) => this.sent.push(text), close: () => {} };
        },
        after: (ms, run) => {
          const timer = { atMs: this.#nowMs + ms, run };
          this.#timers.add(timer);
          return { cancel: () => this.#timers.delete(timer) };
        },
        monotonicMs: () => this.#nowMs,
        newId: () => {
          this.#ids += 1;
          return `c-${this.#ids}`;
        },
        apiKey: () => "cmk_1",
        isSignedIn: () => Promise.resolve(this.isSignedIn),
      },
      {
        snapshot: (seq, orders) => this.seen.push(`snapshot ${seq} of ${orders.length}`),
        order: (seq) => this.seen.push(`order ${seq}`),
        changed: () => {},
        notice: () => {},
        replied: () => {},
      },
    );
    this.link.start();
  }

  get phase(): string {
    return this.link.view.phase;
  }

  get listener(): SocketListener {
    const last = this.sockets.at(-1);
    assert.ok(last !== undefined);
    return last.listener;
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const [next] = due.sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#nowMs = next.atMs;
      this.#timers.delete(next);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  tell(message: object): void {
    this.listener.received(JSON.stringify(message));
  }

  order(seq: number): void {
    this.tell({ type: "order", seq, data: { order_no: "1", version: seq } });
  }

  beat(seq: number): void {
    this.tell({ type: "heartbeat", data: { timestamp: 1, seq } });
  }

  /** Open, with a snapshot at a position. */
  static live(seq: number): Bench {
    const bench = new Bench();
    bench.listener.opened();
    bench.tell({ type: "snapshot", seq, data: { orders: [] } });
    assert.equal(bench.phase, "live");
    return bench;
  }
}

test("order link: begins with a snapshot, resumes after the last message it took", () => {
  const bench = Bench.live(7);
  assert.match(bench.sockets[0]?.query ?? "", /^snapshot=1&history=1&live=1&commands=1&/);
  bench.order(8);
  bench.listener.closed(1006, "");
  assert.deepEqual([bench.phase, bench.link.view.note], ["lost", "the connection broke"]);
  bench.advance(300);
  assert.match(bench.sockets[1]?.query ?? "", /^after_seq=8&history=1&live=1&commands=1&/);
  bench.listener.opened();
  assert.equal(bench.phase, "catching-up");
  bench.order(9);
  assert.equal(bench.phase, "catching-up", "only a heartbeat proves that nothing is missing");
  bench.beat(10);
  assert.equal(bench.phase, "catching-up");
  bench.order(10);
  bench.beat(10);
  assert.equal(bench.phase, "live");
  assert.match(bench.link.view.note, /^resumed without a gap after /);
  assert.deepEqual(bench.seen, ["snapshot 7 of 0", "order 8", "order 9", "order 10"]);
});

test("order link: the gateway's word that all has come is as good as a heartbeat", () => {
  const bench = Bench.live(7);
  bench.listener.closed(1006, "");
  bench.advance(300);
  bench.listener.opened();
  bench.order(8);
  assert.equal(bench.phase, "catching-up");
  bench.tell({ type: "live", seq: 8 });
  assert.equal(bench.phase, "live");
});

test("order link: what was taken is not taken again, and a gap is never passed over", () => {
  const bench = Bench.live(3);
  bench.order(3);
  bench.order(4);
  bench.order(4);
  assert.deepEqual(bench.seen.slice(1), ["order 4"]);
  bench.order(6);
  assert.deepEqual([bench.phase, bench.link.view.note], ["lost", "messages 5 to 5 are missing"]);
  assert.equal(bench.link.view.seq, 4);
});

test("order link: heartbeats beyond what came mean loss, when nothing moves any more", () => {
  const bench = Bench.live(3);
  bench.beat(5);
  assert.equal(bench.phase, "catching-up");
  bench.order(4);
  bench.beat(5);
  assert.equal(bench.phase, "catching-up");
  bench.beat(5);
  assert.deepEqual([bench.phase, bench.link.view.note], ["lost", "messages up to 5 are missing"]);
});

test("order link: why it was lost is said in words, not in those of the protocol", () => {
  const closes = [
    [1012, "shutting_down", "the gateway stopped"],
    [1013, "slow_reader", "slow reader"],
    [1006, "", "the connection broke"],
    [1011, "", "the gateway closed with 1011"],
  ] as const;
  for (const [code, reason, note] of closes) {
    const bench = new Bench();
    assert.equal(bench.link.isOpen, false);
    bench.listener.opened();
    assert.equal(bench.link.isOpen, true);
    bench.listener.closed(code, reason);
    assert.equal(bench.link.isOpen, false);
    assert.equal(bench.link.view.note, note);
  }
});

test("order link: silence is shown before the connection is given up", () => {
  const bench = Bench.live(3);
  bench.advance(3_499);
  assert.equal(bench.phase, "live");
  bench.advance(1);
  assert.equal(bench.phase, "silent");
  bench.beat(3);
  assert.equal(bench.phase, "live");
  bench.advance(6_000);
  assert.equal(bench.phase, "lost");
  assert.equal(bench.link.view.lossCount, 1);
});

test("order link: a command goes again under its id until it is answered, and not after", async () => {
  const bench = Bench.live(0);
  const reply = bench.link.command("cancel", { order_no: "1" });
  assert.deepEqual(bench.sent, ['{"op":"cancel","id":"c-1","data":{"order_no":"1"}}']);
  bench.listener.closed(1006, "");
  const offline = bench.link.command("cancel", { order_no: "2" });
  assert.equal(bench.sent.length, 1);
  bench.advance(300);
  bench.listener.opened();
  assert.deepEqual(bench.sent.slice(1), [bench.sent[0], bench.sent[0]?.replaceAll("1", "2")]);
  bench.tell({ type: "reply", id: "c-1", code: 0 });
  bench.tell({ type: "reply", id: "c-2", code: 11030204, reason: "too_late_filled" });
  assert.equal((await reply).code, 0);
  assert.equal((await offline).reason, "too_late_filled");
  bench.listener.closed(1006, "");
  bench.advance(300);
  bench.listener.opened();
  assert.equal(bench.sent.length, 3);
});

test("order link: a new order is for now: offline it is not sent, and not much later either", async () => {
  const bench = Bench.live(0);
  const soon = bench.link.command("place", {});
  bench.listener.closed(1006, "");
  assert.equal((await bench.link.command("place", {})).reason, "not_sent");
  bench.advance(300);
  bench.listener.opened();
  assert.deepEqual(bench.sent, [bench.sent[0], bench.sent[0]]);
  bench.tell({ type: "reply", id: "c-1", code: 0 });
  assert.equal((await soon).code, 0);
  const late = bench.link.command("place", {});
  const sentCount = bench.sent.length;
  bench.listener.closed(1006, "");
  bench.advance(12_000);
  bench.listener.opened();
  assert.equal((await late).reason, "outcome_unknown");
  assert.equal(bench.sent.length, sentCount);
});

test("order link: an answer that can no longer be had is said to be unknown", async () => {
  const bench = Bench.live(0);
  const reply = bench.link.command("cancel", {});
  bench.listener.closed(1006, "");
  for (let minute = 0; minute < 10; minute += 1) {
    bench.advance(60_000);
    bench.listener.closed(1006, "");
    await Promise.resolve();
    await Promise.resolve();
  }
  bench.advance(10_000);
  bench.listener.opened();
  assert.equal((await reply).reason, "outcome_unknown");
  assert.equal(bench.sent.length, 1);
});

test("order link: a session that has ended is not tried again", async () => {
  const bench = Bench.live(0);
  bench.isSignedIn = false;
  bench.listener.closed(1006, "");
  bench.advance(300);
  bench.listener.closed(1006, "");
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(bench.phase, "signed-out");
  bench.advance(60_000);
  assert.equal(bench.sockets.length, 2);
});

test("order link: resumes by the history that it was told", () => {
  const bench = Bench.live(9);
  bench.tell({ type: "history", history: "h1" });
  bench.listener.closed(1006, "");
  bench.advance(300);
  assert.match(bench.sockets[1]?.query ?? "", /^after_seq=9@h1&history=1&/);
});

test("order link: what cannot be replayed is shown anew, and that is said", () => {
  const bench = Bench.live(9);
  bench.listener.closed(1006, "");
  bench.advance(300);
  bench.listener.opened();
  bench.tell({ type: "error", reason: "seq_out_of_range" });
  bench.listener.closed(1008, "");
  bench.advance(600);
  assert.match(bench.sockets[2]?.query ?? "", /^snapshot=1&/);
  bench.listener.opened();
  bench.tell({ type: "snapshot", seq: 2, data: { orders: [] } });
  assert.deepEqual([bench.phase, bench.link.view.seq], ["live", 2]);
  assert.match(bench.link.view.note, /cannot be replayed/);
});

test("order link: of a new order nobody knows what became of it is said without a connection", async () => {
  const bench = Bench.live(1);
  const placed = bench.link.command("place", {});
  const cancelled = bench.link.command("cancel", {});
  bench.listener.closed(1006, "");
  for (let tries = 0; tries < 20; tries += 1) {
    bench.advance(1_000);
    if (bench.phase === "connecting" || bench.sockets.length > 1) bench.listener.closed(1006, "");
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.equal((await placed).reason, "outcome_unknown");
  assert.equal(bench.link.pendingCount, 1, "a cancel is kept");
  bench.link.stop();
  assert.equal((await cancelled).reason, "outcome_unknown");
});
