// Goal: a book is exact or there is none, no trade is lost without a word, and who reads slowly is
// told the present.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "./errors.ts";
import { type MarketEvent, MarketStream, type MarketStreamOptions } from "./market-stream.ts";
import type { SocketListener } from "./socket.ts";

interface Asked {
  readonly op: string;
  readonly channels: readonly string[];
  readonly symbols: readonly string[];
  readonly levels: number;
}

/** A stream whose sockets and timers are the test's. */
class Bench {
  readonly stream: MarketStream;
  readonly asked: Asked[] = [];
  readonly urls: string[] = [];
  readonly probes: AbortSignal[] = [];
  closedWith: number | null = null;
  /** After which the last timer runs. */
  waitMs = 0;
  #listener: SocketListener | null = null;
  #timer: (() => void) | null = null;

  constructor(symbols: readonly string[], options: MarketStreamOptions = {}) {
    const probe = (signal: AbortSignal) => {
      this.probes.push(signal);
      return Promise.reject(new Error("away"));
    };
    const origin = { baseUrl: "http://gateway", probe };
    this.stream = new MarketStream(origin, symbols, {
      ...options,
      after: (ms, run) => {
        this.waitMs = ms;
        this.#timer = run;
        return { cancel: () => {} };
      },
      openSocket: (url, headers, listener) => {
        assert.deepEqual(headers, {});
        this.urls.push(url);
        this.#listener = listener;
        return {
          send: (text) => this.asked.push(JSON.parse(text) as Asked),
          close: (code) => {
            this.closedWith = code;
          },
        };
      },
    });
  }

  get listener(): SocketListener {
    assert.ok(this.#listener !== null);
    return this.#listener;
  }

  /** Open, with all that was asked for. */
  static async open(symbols: readonly string[], options?: MarketStreamOptions): Promise<Bench> {
    const bench = new Bench(symbols, options);
    await settled();
    bench.listener.opened();
    return bench;
  }

  async cutAndBack(): Promise<void> {
    this.listener.closed(1006, "");
    await this.runTimer();
    this.listener.opened();
  }

  async runTimer(): Promise<void> {
    this.#timer?.();
    await settled();
  }

  tell(message: object): void {
    this.listener.received(JSON.stringify({ epoch: 1, time_ms: 0, ...message }));
  }

  book(symbol: string, seq: number, bids: readonly unknown[] = [[10, 100, 1]]): void {
    const data = { levels: 10, bids, asks: [] };
    this.tell({ type: "snapshot", channel: "depth", symbol, seq, data });
  }

  change(symbol: string, seq: number, prev_seq: number, bids: readonly unknown[]): void {
    const data = { bids, asks: [] };
    this.tell({ type: "delta", channel: "depth", symbol, seq, prev_seq, data });
  }

  trades(seq: number, execIds: readonly number[], prev_seq?: number): void {
    const trades = execIds.map((id) => ({ exec_id: String(id), price: 10, qty: 1 }));
    const type = prev_seq === undefined ? "snapshot" : "trade";
    this.tell({ type, channel: "trades", symbol: "A", seq, prev_seq, data: { trades } });
  }

  /** What has been told so far and was not read. */
  async told(): Promise<MarketEvent[]> {
    const events: MarketEvent[] = [];
    this.stream.close();
    for await (const event of this.stream) events.push(event);
    return events;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function execIds(event: MarketEvent | undefined): readonly string[] {
  return event?.type === "trades" ? event.trades.map(({ exec_id }) => exec_id) : [];
}

test("market stream: asks for every channel of every symbol, and keeps their books", async () => {
  const bench = await Bench.open(["A", "B", "A"], { levels: 5, heartbeatSeconds: 2 });
  assert.deepEqual(bench.urls, ["ws://gateway/ws/market/v1?heartbeat=2"]);
  const [asked] = bench.asked;
  assert.deepEqual(asked, {
    op: "subscribe",
    channels: ["depth", "trades"],
    symbols: ["A", "B"],
    levels: 5,
  });
  bench.book("A", 4);
  bench.change("A", 7, 4, [
    [10, 0, 0],
    [9.5, 300, 2],
  ]);
  assert.deepEqual(bench.stream.book("A")?.bids, [["9.5", "300", 2]]);
  assert.equal(bench.stream.book("B"), null);
  assert.equal(bench.stream.state, "live");
  bench.stream.close();
  assert.equal(bench.closedWith, 1000);
  assert.equal(bench.stream.book("A"), null);
});

test("market stream: a gap leaves no book, and that symbol begins anew", async () => {
  const bench = await Bench.open(["A", "B"]);
  bench.book("A", 4);
  bench.book("B", 4);
  bench.change("A", 8, 7, []);
  assert.equal(bench.stream.book("A"), null);
  assert.equal(bench.stream.book("B")?.seq, 4);
  assert.deepEqual(bench.asked.at(-1), {
    op: "subscribe",
    channels: ["depth"],
    symbols: ["A"],
    levels: 10,
  });
  bench.change("A", 9, 8, []);
  assert.equal(bench.asked.length, 2, "what comes before the snapshot is old");
  bench.book("A", 9);
  bench.change("A", 10, 9, []);
  assert.equal(bench.stream.book("A")?.seq, 10);
  bench.stream.close();
});

test("market stream: a heartbeat beyond what came is a gap, one at it is none", async () => {
  const bench = await Bench.open(["A"], { channels: ["depth"] });
  const beat = (seq: number) => {
    const subscriptions = [{ channel: "depth", symbol: "A", seq }];
    bench.tell({ type: "heartbeat", data: { timestamp: 1, epoch: 1, subscriptions } });
  };
  beat(3);
  bench.book("A", 4);
  beat(4);
  assert.equal(bench.stream.book("A")?.seq, 4);
  beat(5);
  assert.equal(bench.stream.book("A"), null);
  assert.equal(bench.asked.length, 2);
  bench.stream.close();
});

test("market stream: a slow reader gets the last book of each symbol, once", async () => {
  const bench = await Bench.open(["A", "B"]);
  bench.book("A", 1);
  bench.book("B", 1);
  for (let seq = 2; seq <= 500; seq += 1) bench.change("A", seq, seq - 1, [[seq, 1, 1]]);
  const told = await bench.told();
  assert.deepEqual(
    told.map((event) => (event.type === "book" ? [event.symbol, event.book.seq] : event.type)),
    ["connected", ["A", 500], ["B", 1]],
  );
});

test("market stream: an outage takes books back, and what was true of the connection", async () => {
  const bench = await Bench.open(["A"]);
  bench.book("A", 4);
  bench.trades(4, [1, 2]);
  bench.tell({ type: "notice", reason: "shutting_down" });
  for (let count = 0; count < 20; count += 1) await bench.cutAndBack();
  assert.equal(bench.stream.book("A"), null);
  const told = await bench.told();
  assert.deepEqual(
    told.map(({ type }) => type),
    ["trades", "notice", "disconnected", "connected"],
  );
});

test("market stream: after an outage only trades that are new are told", async () => {
  const bench = await Bench.open(["A"]);
  const reader = bench.stream[Symbol.asyncIterator]();
  const next = async (): Promise<MarketEvent | undefined> => {
    for (;;) {
      const { value } = await reader.next();
      if (value?.type === "trades") return value;
    }
  };
  bench.trades(4, [1, 2]);
  const first = await next();
  assert.deepEqual([execIds(first), first?.type === "trades" && first.isReset], [["1", "2"], true]);
  bench.trades(5, [3], 4);
  assert.deepEqual(execIds(await next()), ["3"]);
  await bench.cutAndBack();
  bench.trades(9, [2, 3, 4, 5]);
  const news = await next();
  assert.deepEqual([execIds(news), news?.type === "trades" && news.isReset], [["4", "5"], false]);
  await bench.cutAndBack();
  bench.trades(9, [2, 3, 4, 5]);
  await bench.cutAndBack();
  bench.trades(90, [70, 71]);
  const lost = await next();
  assert.deepEqual([execIds(lost), lost?.type === "trades" && lost.isReset], [["70", "71"], true]);
  bench.stream.close();
});

test("market stream: what is told before its snapshot is of no connection but the last", async () => {
  const bench = await Bench.open(["A"]);
  bench.trades(4, [1]);
  await bench.cutAndBack();
  bench.trades(5, [2], 4);
  const told = (await bench.told()).filter(({ type }) => type === "trades");
  assert.deepEqual(told.map(execIds), [["1"]]);
});

test("market stream: that trades are lost is told until it is read, also where none are left", async () => {
  const bench = await Bench.open(["A"]);
  bench.trades(4, [1, 2]);
  bench.trades(5, [3], 4);
  const reader = bench.stream[Symbol.asyncIterator]();
  await reader.next();
  const { value: first } = await reader.next();
  assert.deepEqual(
    [first && execIds(first), first],
    [["1", "2", "3"], { ...first, isReset: true }],
  );
  await bench.cutAndBack();
  bench.trades(0, []);
  const last = (await bench.told()).at(-1);
  assert.ok(last?.type === "trades" && last.isReset && last.trades.length === 0);
});

test("market stream: a gap is told as well", async () => {
  const bench = await Bench.open(["A"]);
  bench.book("A", 4);
  bench.change("A", 8, 7, []);
  assert.deepEqual((await bench.told()).at(-1), { type: "stale", symbol: "A" });
});

test("market stream: an error that passes ends nothing", async () => {
  const bench = await Bench.open(["A"]);
  const failure = { code: 11030899, message: "m", details: "", retryable: true };
  bench.tell({ type: "error", ...failure, reason: "slow_reader" });
  assert.deepEqual([bench.stream.state, bench.stream.error], ["waiting", null]);
  bench.stream.close();
});

test("market stream: the first failure behind one that worked is a first one again", async () => {
  const works: readonly ((bench: Bench) => void)[] = [
    (bench) => bench.book("A", 4),
    (bench) => bench.tell({ type: "heartbeat", data: { subscriptions: [] } }),
  ];
  for (const work of works) {
    const bench = await Bench.open(["A"]);
    for (let count = 0; count < 8; count += 1) await bench.cutAndBack();
    work(bench);
    bench.listener.closed(1006, "");
    assert.ok(bench.waitMs <= 100, String(bench.waitMs));
    bench.stream.close();
  }
});

test("market stream: trades wait for a slow reader, up to a bound, and a loss is told", async () => {
  const bench = await Bench.open(["A"]);
  const reader = bench.stream[Symbol.asyncIterator]();
  bench.trades(1, [1]);
  await reader.next();
  await reader.next();
  for (let seq = 2; seq <= 1_001; seq += 1) bench.trades(seq, [seq], seq - 1);
  const { value: all } = await reader.next();
  assert.ok(all?.type === "trades");
  assert.deepEqual([all.trades.length, all.isReset], [1_000, false]);
  for (let seq = 1_002; seq <= 2_002; seq += 1) bench.trades(seq, [seq], seq - 1);
  const { value: some } = await reader.next();
  assert.ok(some?.type === "trades");
  assert.deepEqual([execIds(some)[0], some.trades.length, some.isReset], ["1003", 1_000, true]);
  bench.stream.close();
});

test("market stream: of a candle the last state waits, beside those before", async () => {
  const bench = await Bench.open(["A"], { channels: ["candles:5m"] });
  const candle = (start_time: number, close: number) => ({ start_time, close });
  const at = { channel: "candles:5m", symbol: "A" };
  bench.tell({
    ...at,
    type: "snapshot",
    seq: 1,
    data: { candles: [candle(0, 1), candle(300, 2)] },
  });
  bench.tell({ ...at, type: "candle", seq: 2, prev_seq: 1, data: candle(300, 3) });
  bench.tell({ ...at, type: "candle", seq: 3, prev_seq: 2, data: candle(600, 4) });
  const [, candles] = await bench.told();
  assert.ok(candles?.type === "candles");
  assert.deepEqual([candles.interval, candles.isReset], ["5m", true]);
  const closes = candles.candles.map(({ start_time, close }) => [start_time, close]);
  assert.deepEqual(closes, [
    [0, "1"],
    [300, "3"],
    [600, "4"],
  ]);
});

test("market stream: a symbol that is not listed ends it, with the gateway's words", async () => {
  const bench = await Bench.open(["A"]);
  const failure = { code: 11030103, message: "m", details: "d", retryable: false };
  bench.tell({ type: "error", ...failure, reason: "unknown_symbol" });
  assert.equal(bench.stream.state, "closed");
  const { error } = bench.stream;
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.httpStatus, error.reason], [400, "unknown_symbol"]);
  const reader = bench.stream[Symbol.asyncIterator]();
  await reader.next();
  await assert.rejects(reader.next(), error);
});

test("market stream: where nobody answers it says so, and tries again", async () => {
  const bench = new Bench(["A"]);
  const reader = bench.stream[Symbol.asyncIterator]();
  await settled();
  bench.listener.closed(1006, "");
  const { value } = await reader.next();
  assert.deepEqual(value?.type === "disconnected" && value.reason, "away");
  await bench.runTimer();
  assert.equal(bench.urls.length, 2);
  await reader.return?.();
  assert.equal(bench.stream.state, "closed");
});

test("market stream: what no gateway takes is refused at once", () => {
  assert.throws(() => new Bench([]), RangeError);
  assert.throws(() => new Bench(["A"], { channels: [] }), RangeError);
  const symbols = Array.from({ length: 101 }, (_, index) => `S${index}`);
  assert.throws(() => new Bench(symbols), RangeError);
  new Bench(symbols.slice(1)).stream.close();
  assert.throws(() => new Bench(["A"], { heartbeatSeconds: 31 }), RangeError);
});

test("market stream: half a message is no book, and what was asked for begins anew", async () => {
  const depth = { channel: "depth", symbol: "A", seq: 5, prev_seq: 4 };
  const spoiled = [
    { type: "heartbeat" },
    { ...depth, type: "delta", data: null },
    { ...depth, type: "delta", data: { bids: [["no price", "1", 1]], asks: [] } },
    { ...depth, type: "snapshot", channel: "trades", data: {} },
    { ...depth, type: "snapshot", data: { bids: [] } },
  ];
  for (const message of spoiled) {
    const bench = await Bench.open(["A"]);
    bench.book("A", 4);
    bench.tell(message);
    assert.deepEqual([bench.stream.state, bench.stream.book("A")], ["waiting", null]);
    await bench.runTimer();
    assert.equal(bench.urls.length, 2, JSON.stringify(message));
    bench.stream.close();
  }
});

test("market stream: closed, it ends what it asks about a refused handshake", async () => {
  const bench = new Bench(["A"]);
  await settled();
  bench.listener.closed(1006, "");
  assert.equal(bench.probes[0]?.aborted, false);
  bench.stream.close();
  assert.equal(bench.probes[0]?.aborted, true);
});
