/** Subscribers of a real exchange over a network that a test can stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "@countermand/contract";
import type { Depth } from "@countermand/core/exchange";
import {
  InstrumentTable,
  type OrderId,
  REFERENCE_INSTRUMENTS,
  Side,
} from "@countermand/core/model";
import fc from "fast-check";
import { FakeClock } from "../sys/fake-clock.ts";
import { BufferRoom } from "./buffer-room.ts";
import {
  MARKET_BUFFER_BYTES_MAX,
  MARKET_CROWDED_BYTES_MAX,
  MARKET_LOW_WATER_BYTES,
  MESSAGE_WINDOW_MS,
} from "./limits.ts";
import {
  Buy,
  DepthReader,
  EPOCH,
  type Message,
  Sell,
  TestMarket,
  TestPort,
  wireDepth,
} from "./market-fixture.ts";
import { MarketSession } from "./market-session.ts";

const SYMBOL = "00700";
const HEARTBEAT_MS = 30_000;

interface Opened {
  readonly session: MarketSession;
  readonly port: TestPort;
  readonly conflated: { count: number };
}

function open(
  market: TestMarket,
  clock = new FakeClock(),
  port = new TestPort(),
  room = new BufferRoom(),
): Opened {
  const conflated = { count: 0 };
  const session = new MarketSession({
    hub: market.hub,
    port,
    room,
    heartbeatMs: HEARTBEAT_MS,
    clock,
    observer: {
      sent: () => undefined,
      conflated: () => {
        conflated.count += 1;
      },
    },
  });
  port.onWritten = () => session.written();
  session.start();
  return { session, port, conflated };
}

function say(session: MarketSession, message: object): void {
  session.received(Buffer.from(JSON.stringify(message)), false);
}

test("market stream: subscribed, then a snapshot, then what changes, chained by seq", () => {
  const market = new TestMarket();
  market.place(SYMBOL, Buy, 42380, 10);
  market.commit();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 5 });
  market.place(SYMBOL, Sell, 42390, 2);
  const bid = market.place(SYMBOL, Buy, 42380, 1);
  market.commit();
  market.cancel(SYMBOL, bid);
  assert.equal(port.read.length, 3, "nothing is told before it is durable");
  market.commit();
  assert.deepEqual(told(port.messages()), [
    "subscribed",
    "snapshot depth 1 [[423.8,1000,1]] []",
    "delta depth 1>3 [[423.8,1100,2]] [[423.9,200,1]]",
    "delta depth 3>4 [[423.8,1000,1]] []",
  ]);
});

test("market stream: trades and candles chain by seq, and skip what is not theirs", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["trades", "candles:1m"], symbols: [SYMBOL] });
  market.place(SYMBOL, Sell, 42390, 2);
  market.place(SYMBOL, Sell, 42391, 2);
  market.place(SYMBOL, Buy, 42391, 3);
  market.commit();
  const [, trades, candles, trade, candle] = port.read;
  const start = Math.floor(market.nowMs / 60_000) * 60;
  const place = `"symbol":"00700","epoch":${EPOCH}`;
  const time = `"time_ms":${market.nowMs}`;
  assert.equal(
    trades,
    `{"type":"snapshot","channel":"trades",${place},"seq":0,"time_ms":0,"data":{"trades":[]}}`,
  );
  assert.equal(
    candles,
    `{"type":"snapshot","channel":"candles:1m",${place},"seq":0,"time_ms":0,"data":{"candles":[]}}`,
  );
  assert.equal(
    trade,
    `{"type":"trade","channel":"trades",${place},"seq":3,${time},"prev_seq":0,"data":{"trades":[` +
      `{"exec_id":"1000000001","price":423.9,"qty":200,"aggressor_side":"buy",${time}},` +
      `{"exec_id":"1000000002","price":423.91,"qty":100,"aggressor_side":"buy",${time}}]}}`,
  );
  assert.equal(
    candle,
    `{"type":"candle","channel":"candles:1m",${place},"seq":3,${time},"prev_seq":0,"data":{` +
      `"start_time":${start},"open":423.9,"high":423.91,"low":423.9,"close":423.91,"qty":300,` +
      '"amount":127171,"trades":2}}',
  );
  // Who comes later begins with what there was.
  const later = open(market);
  say(later.session, { op: "subscribe", channels: ["trades", "candles:1m"], symbols: [SYMBOL] });
  const [, laterTrades, laterCandles] = later.port.messages();
  assert.deepEqual(
    laterTrades?.data.trades.map(({ exec_id: execId }) => execId),
    ["1000000001", "1000000002"],
  );
  assert.equal(laterCandles?.data.candles.length, 1);
});

test("market stream: a reader of few levels hears nothing of what happens behind them", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 1 });
  const best = market.place(SYMBOL, Buy, 100, 1);
  market.place(SYMBOL, Buy, 99, 5);
  market.commit();
  market.cancel(SYMBOL, best);
  market.commit();
  assert.deepEqual(told(port.messages()).slice(1), [
    "snapshot depth 0 [] []",
    "delta depth 0>2 [[1,100,1]] []",
    "delta depth 2>3 [[1,0,0],[0.99,500,1]] []",
  ]);
});

test("market stream: subscribing again sends a fresh snapshot, also with other levels", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  const subscribe = { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 1 };
  for (const ticks of [100, 99]) market.place(SYMBOL, Buy, ticks, 1);
  market.commit();
  say(session, subscribe);
  say(session, subscribe);
  say(session, { ...subscribe, levels: 50 });
  assert.deepEqual(told(port.messages()), [
    "subscribed",
    "snapshot depth 2 [[1,100,1]] []",
    "subscribed",
    "snapshot depth 2 [[1,100,1]] []",
    "subscribed",
    "snapshot depth 2 [[1,100,1],[0.99,100,1]] []",
  ]);
  assert.deepEqual([session.subscriptionCount, market.hub.feedCount], [1, 1]);
  assert.equal(session.subscriptionCount, 1);
  assert.equal(market.hub.feedCount, 1);
});

test("market stream: unsubscribed means no more messages, and may be said twice", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["depth", "trades"], symbols: [SYMBOL, "AAPL"] });
  say(session, { op: "unsubscribe", channels: ["depth"], symbols: [SYMBOL, "AAPL"] });
  say(session, { op: "unsubscribe", channels: ["depth"], symbols: [SYMBOL] });
  assert.equal(port.messages().at(-1)?.subscriptions, 2);
  market.place(SYMBOL, Buy, 100, 1);
  market.commit();
  assert.deepEqual(port.read, []);
  session.ended();
  assert.equal(market.hub.feedCount, 0);
});

test("market stream: what is not traded any more can be unsubscribed, by who has it", () => {
  const table = new InstrumentTable(REFERENCE_INSTRUMENTS);
  const { session, port } = open(new TestMarket(table));
  const both = { channels: ["depth"], symbols: [SYMBOL, "AAPL"] };
  say(session, { op: "subscribe", ...both });
  table.retire("AAPL");
  say(session, { op: "subscribe", ...both });
  say(session, { op: "unsubscribe", ...both });
  say(session, { op: "unsubscribe", ...both });
  const answers = port.messages().filter(({ type }) => type !== "snapshot");
  assert.deepEqual(
    answers.map(({ type, reason, subscriptions }) => reason ?? `${type} ${subscriptions}`),
    ["subscribed 2", "unknown_symbol", "unsubscribed 0", "unknown_symbol"],
  );
});

test("market stream: a message with a fault does nothing and says why", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL, "XXXX"] });
  say(session, { op: "subscribe", channels: ["depth", "book"], symbols: [SYMBOL] });
  say(session, { op: "status" });
  session.received(Buffer.from("{"), false);
  const reasons = port.messages().map(({ type, reason }) => `${type} ${reason}`);
  assert.deepEqual(reasons, [
    "error unknown_symbol",
    "error unknown_channel",
    "error unknown_op",
    "error malformed_json",
  ]);
  assert.equal(session.subscriptionCount, 0);
});

test("market stream: a binary message is answered and closes", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL] });
  session.received(Buffer.from([1]), true);
  assert.equal(port.messages().at(-1)?.reason, "text_only");
  assert.equal(port.closed, "1003 text_only");
  assert.equal(market.hub.feedCount, 0);
});

test("market stream: a slow reader holds a bounded amount and catches up by a snapshot", () => {
  const market = new TestMarket();
  const { session, port, conflated } = open(market);
  say(session, { op: "subscribe", channels: ["depth", "trades"], symbols: [SYMBOL], levels: 50 });
  const reader = new DepthReader();
  readDepth(reader, port.messages());
  port.isFast = false;
  let largest = 0;
  for (let round = 0; round < 3_000; round += 1) {
    market.place(SYMBOL, Buy, 1 + (round % 50), 1);
    market.place(SYMBOL, Sell, 100 + (round % 50), 1);
    market.commit();
    largest = Math.max(largest, port.bufferedBytes());
  }
  assert.ok(largest <= MARKET_BUFFER_BYTES_MAX + 1_000, `${largest} bytes`);
  assert.equal(conflated.count, 1, "one subscription lost messages, the other had none");
  assert.equal(port.closed, null);

  port.drainAll();
  const messages = port.messages();
  readDepth(reader, messages);
  assert.equal(reader.snapshotCount, 2);
  assert.equal(messages.at(-1)?.type, "snapshot");
  assertUpToDate(reader, market, 50);

  port.isFast = true;
  market.place(SYMBOL, Buy, 60, 1);
  market.commit();
  readDepth(reader, port.messages());
  assert.equal(reader.snapshotCount, 2, "it goes on with changes");
  assertUpToDate(reader, market, 50);
});

test("market stream: readers that do not read hold no more than a bounded amount together", () => {
  const market = new TestMarket();
  const room = new BufferRoom(4 * MARKET_BUFFER_BYTES_MAX);
  const opened = Array.from({ length: 20 }, () => {
    const one = open(market, new FakeClock(), new TestPort(), room);
    say(one.session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 50 });
    one.port.isFast = false;
    return one;
  });
  const reading = open(market, new FakeClock(), new TestPort(), room);
  say(reading.session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 50 });
  for (let round = 0; round < 3_000; round += 1) {
    market.place(SYMBOL, Buy, 1 + (round % 50), 1);
    market.place(SYMBOL, Sell, 100 + (round % 50), 1);
    market.commit();
  }
  const waiting = opened.reduce((sum, { port }) => sum + port.bufferedBytes(), 0);
  assert.equal(room.bytes, waiting);
  const bound = 4 * MARKET_BUFFER_BYTES_MAX + 20 * (MARKET_CROWDED_BYTES_MAX + 1_000);
  assert.ok(waiting <= bound, `${waiting} bytes`);
  const reader = new DepthReader();
  readDepth(reader, reading.port.messages());
  assertUpToDate(reader, market, 50);
  for (const { session } of opened) session.ended();
  assert.equal(room.bytes, 0);
});

test("market stream: what a reader has read, or left unread behind it, takes no room", () => {
  const market = new TestMarket();
  const room = new BufferRoom();
  const { session, port } = open(market, new FakeClock(), new TestPort(), room);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL] });
  port.isFast = false;
  const change = (ticks: number) => {
    market.place(SYMBOL, Buy, ticks, 1);
    market.commit();
  };
  change(100);
  change(101);
  assert.equal(room.bytes, port.bufferedBytes());
  port.drain(1);
  assert.ok(room.bytes > 0 && room.bytes === port.bufferedBytes());
  port.drainAll();
  assert.equal(room.bytes, 0);
  change(102);
  change(103);
  session.ended();
  port.drain(1);
  assert.equal(room.bytes, 0);
});

/** A reader whose network takes nothing: its answer waits, and the snapshot behind it is owed. */
function owed(bytesFactor: number) {
  const market = new TestMarket();
  const clock = new FakeClock();
  const opened = open(market, clock, new TestPort(bytesFactor));
  opened.port.isFast = false;
  say(opened.session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL] });
  return { ...opened, clock };
}
/** More than may wait for a snapshot, less than what stops its messages from being taken. */
const SLOW = 1_000;
/** A single message is more than a reader may leave waiting. */
const STUCK = 1_000_000;

test("market stream: what is unsubscribed before its snapshot gets none", () => {
  const { session, port } = owed(SLOW);
  say(session, { op: "unsubscribe", channels: ["depth"], symbols: [SYMBOL] });
  port.drainAll();
  assert.deepEqual(
    port.messages().map(({ type }) => type),
    ["subscribed", "unsubscribed"],
  );
});

test("market stream: a heartbeat tells no position before its snapshot, nor to who reads nothing", () => {
  const { port, clock } = owed(SLOW);
  clock.advance(HEARTBEAT_MS);
  port.drainAll();
  const [, beat, snapshot] = port.messages();
  assert.deepEqual([beat?.type, beat?.data.subscriptions], ["heartbeat", []]);
  assert.equal(snapshot?.type, "snapshot");
  const stuck = owed(STUCK);
  stuck.clock.advance(HEARTBEAT_MS);
  assert.equal(stuck.port.pingCount, 1);
  stuck.port.drainAll();
  assert.deepEqual(
    stuck.port.messages().map(({ type }) => type),
    ["subscribed", "snapshot"],
  );
});

test("market stream: in a crowd a reader that reads again gets a snapshot", () => {
  const market = new TestMarket();
  const { session, port } = open(market, new FakeClock(), new TestPort(), new BufferRoom(0));
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 50 });
  port.isFast = false;
  for (let round = 0; round < 500; round += 1) {
    market.place(SYMBOL, Buy, 1 + (round % 50), 1);
    market.commit();
  }
  assert.ok(port.bufferedBytes() <= MARKET_CROWDED_BYTES_MAX + 1_000);
  port.drainAll();
  const reader = new DepthReader();
  readDepth(reader, port.messages());
  assertUpToDate(reader, market, 50);
});

test("market stream: snapshots are sent at the reader's pace, however many are owed", () => {
  const symbols = Array.from({ length: 100 }, (_, index) => `S${index}`);
  const market = marketOf(symbols);
  for (const symbol of symbols) {
    for (let level = 1; level <= 50; level += 1) {
      market.place(symbol, Buy, 1000 + level, 1);
      market.place(symbol, Sell, 2000 + level, 1);
    }
  }
  market.commit();
  const { session, port } = open(market);
  port.isFast = false;
  say(session, { op: "subscribe", channels: ["depth"], symbols, levels: 50 });
  const snapshotBytesMax = 4_000;
  while (port.read.length < 1 + symbols.length) {
    assert.ok(port.bufferedBytes() > 0, "a reader that reads is sent the next");
    assert.ok(port.bufferedBytes() <= MARKET_LOW_WATER_BYTES + snapshotBytesMax);
    port.drain(1);
  }
  const told = port.messages().slice(1);
  assert.deepEqual(
    told.map(({ type, symbol }) => `${type} ${symbol}`),
    symbols.map((symbol) => `snapshot ${symbol}`),
  );
});

test("market stream: while a client does not read, it is not read from", () => {
  const market = new TestMarket();
  const { session, port } = open(market);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels: 50 });
  port.isFast = false;
  while (port.bufferedBytes() <= MARKET_BUFFER_BYTES_MAX) {
    market.place(SYMBOL, Buy, 100, 1);
    market.commit();
  }
  say(session, { op: "unsubscribe", channels: ["depth"], symbols: [SYMBOL] });
  assert.ok(port.isPaused);
  assert.equal(session.subscriptionCount, 1);
  port.drainAll();
  assert.ok(!port.isPaused);
  assert.equal(session.subscriptionCount, 0);
});

test("market stream: a client that sends too much is read from again in the next second", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  const max = LIMITS.marketMessagesPerSecondMax.value;
  const sayMany = (times: number) => {
    for (let count = 0; count < times; count += 1) say(session, { op: "x" });
  };
  sayMany(2 * max + 2);
  for (let second = 0; second < 2; second += 1) {
    assert.equal(port.messages().length, max);
    assert.ok(port.isPaused);
    clock.advance(MESSAGE_WINDOW_MS);
  }
  assert.equal(port.messages().length, 2);
  assert.ok(!port.isPaused);
  sayMany(max);
  assert.ok(port.isPaused);
  session.ended();
  assert.equal(clock.timerCount, 0);
});

test("market stream: a connection has so many subscriptions and no more", () => {
  const symbols = Array.from({ length: 35 }, (_, index) => `S${index}`);
  const market = marketOf(symbols);
  const { session, port } = open(market);
  const channels = ["depth", "trades", "candles:1m", "candles:5m", "candles:1h", "candles:1d"];
  say(session, { op: "subscribe", channels, symbols: symbols.slice(0, 33) });
  assert.equal(session.subscriptionCount, 198);
  // Two of the four are subscribed already, so that these two fit.
  say(session, { op: "subscribe", channels: ["depth", "trades"], symbols: ["S32", "S33"] });
  assert.equal(session.subscriptionCount, 200);
  say(session, { op: "subscribe", channels: ["depth"], symbols: ["S34"] });
  assert.equal(port.messages().at(-1)?.reason, "too_many_subscriptions");
  assert.equal(session.subscriptionCount, 200);
});

test("market stream: a heartbeat has the latest position of every subscription", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  say(session, { op: "subscribe", channels: ["depth", "trades"], symbols: [SYMBOL] });
  market.place(SYMBOL, Buy, 100, 1);
  market.commit();
  port.messages();
  clock.advance(HEARTBEAT_MS);
  const [beat] = port.messages();
  assert.equal(beat?.type, "heartbeat");
  assert.deepEqual(beat.data, {
    timestamp: clock.wallMs(),
    epoch: EPOCH,
    subscriptions: [
      { channel: "depth", symbol: SYMBOL, seq: 1 },
      { channel: "trades", symbol: SYMBOL, seq: 0 },
    ],
  });
  assert.equal(port.pingCount, 1);
});

test("market stream: who answered before and is silent for two heartbeats is cut", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  const listener = open(market, clock);
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL] });
  clock.advance(2 * HEARTBEAT_MS);
  assert.ok(!port.isTerminated);
  clock.advance(HEARTBEAT_MS);
  assert.ok(port.isTerminated);
  assert.ok(!listener.port.isTerminated, "who never answered may just not be able to");
  assert.equal(market.hub.feedCount, 0);
});

test("market stream: who reads slowly what waits is not silent, though no pong comes by", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  port.isFast = false;
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL] });
  for (let period = 0; period < 5; period += 1) {
    clock.advance(HEARTBEAT_MS);
    port.drain(1);
  }
  assert.ok(!port.isTerminated);
  clock.advance(3 * HEARTBEAT_MS);
  assert.ok(port.isTerminated, "who reads no more is");
});

test("market stream: heartbeats missed in a pause are left out, and a pause is no silence", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  session.alive();
  // The process stands still: nothing is heard and nothing is sent.
  clock.pass(3.5 * HEARTBEAT_MS);
  clock.advance(0);
  assert.deepEqual([port.pingCount, port.isTerminated], [1, false]);
  clock.advance(HEARTBEAT_MS / 2 - 1);
  assert.equal(port.pingCount, 1);
  clock.advance(1);
  assert.equal(port.pingCount, 2, "at a whole period after the handshake");
});

test("market stream: a server that stops says so", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  session.shutDown();
  const [notice] = port.messages();
  assert.deepEqual([notice?.type, notice?.reason], ["notice", "shutting_down"]);
  assert.equal(port.closed, "1012 shutting_down");
  clock.advance(HEARTBEAT_MS);
  assert.ok(port.isTerminated);
  session.ended();
  assert.equal(clock.timerCount, 0);
});

test("market stream: behind its end nothing is taken, and no time runs", () => {
  const market = new TestMarket();
  const clock = new FakeClock();
  const { session, port } = open(market, clock);
  session.shutDown();
  port.messages();
  say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL] });
  assert.deepEqual([port.messages(), market.hub.feedCount], [[], 0]);
  session.ended();
  assert.equal(clock.timerCount, 0);
  const stuck = owed(STUCK);
  say(stuck.session, { op: "unsubscribe", channels: ["depth"], symbols: [SYMBOL] });
  assert.equal(stuck.port.isPaused, true);
  stuck.session.shutDown();
  assert.equal(stuck.port.isPaused, false, "the answer to the close is read");
});

type Step =
  | { readonly do: "place"; readonly side: Side; readonly ticks: number; readonly lots: number }
  | { readonly do: "cancel"; readonly index: number }
  | { readonly do: "commit" }
  | { readonly do: "join"; readonly levels: number }
  | { readonly do: "drain"; readonly index: number; readonly count: number }
  | { readonly do: "stall"; readonly index: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("place" as const),
      side: fc.constantFrom(Side.Buy, Side.Sell),
      ticks: fc.integer({ min: 1, max: 12 }),
      lots: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cancel" as const), index: fc.nat(60) }) },
  { weight: 4, arbitrary: fc.constant({ do: "commit" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("join" as const), levels: fc.constantFrom(1, 5, 10) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("drain" as const),
      index: fc.nat(5),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stall" as const), index: fc.nat(5) }) },
);

test("market stream: every reader holds the book of every seq it reads, at any pace", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 200 }), (steps) => {
      const market = new TestMarket();
      const books = new Map<number, Depth>([[0, market.exchange.depth(SYMBOL, 50)]]);
      const orders: OrderId[] = [];
      const readers: { port: TestPort; reader: DepthReader; levels: number }[] = [];
      const check = (): void => {
        for (const { port, reader, levels } of readers) {
          for (const message of port.messages()) {
            readDepth(reader, [message]);
            if (message.channel !== "depth") continue;
            const book = books.get(message.seq);
            assert.ok(book !== undefined, "a seq that was told is one of the market's");
            assert.deepEqual({ bids: reader.bids, asks: reader.asks }, wireDepth(book, levels));
          }
        }
      };
      let seq = 0;
      const commit = (): void => {
        market.commit();
        check();
      };
      const changed = (): void => {
        // One command a seq: what is staged here is counted as the hub will.
        seq += 1;
        books.set(seq, market.exchange.depth(SYMBOL, 50));
      };
      for (const each of steps) {
        if (each.do === "place") {
          orders.push(market.place(SYMBOL, each.side, each.ticks, each.lots));
          changed();
        } else if (each.do === "cancel") {
          const orderId = orders[each.index % Math.max(1, orders.length)];
          const before = market.exchange.openOrderCount;
          if (orderId !== undefined) market.cancel(SYMBOL, orderId);
          if (market.exchange.openOrderCount < before) changed();
        } else if (each.do === "commit") {
          commit();
        } else if (each.do === "join") {
          // Two messages that wait are too much for this network.
          const { session, port } = open(market, new FakeClock(), new TestPort(1_500));
          port.isFast = false;
          readers.push({ port, reader: new DepthReader(), levels: each.levels });
          const { levels } = each;
          say(session, { op: "subscribe", channels: ["depth"], symbols: [SYMBOL], levels });
        } else {
          const port = readers[each.index % Math.max(1, readers.length)]?.port;
          if (port === undefined) continue;
          if (each.do === "drain") port.drain(each.count);
          else port.isFast = !port.isFast;
        }
        check();
      }
      commit();
      for (const { port } of readers) port.drainAll();
      check();
      for (const { reader, levels } of readers) assertUpToDate(reader, market, levels);
    }),
    { numRuns: 100 },
  );
});

/** A market of instruments that are alike but for their symbols. */
function marketOf(symbols: readonly string[]): TestMarket {
  const [first] = REFERENCE_INSTRUMENTS;
  assert.ok(first !== undefined);
  return new TestMarket(symbols.map((symbol) => ({ ...first, symbol })));
}

function readDepth(reader: DepthReader, messages: readonly Message[]): void {
  for (const message of messages) if (message.channel === "depth") reader.take(message);
}

function assertUpToDate(reader: DepthReader, market: TestMarket, levels: number): void {
  const expected = wireDepth(market.exchange.depth(SYMBOL, 50), levels);
  assert.deepEqual({ bids: reader.bids, asks: reader.asks }, expected);
}

function told(messages: readonly Message[]): string[] {
  return messages.map(({ type, channel, seq, prev_seq: prevSeq, data }) => {
    if (type === "subscribed") return type;
    const place = type === "snapshot" ? seq : `${prevSeq}>${seq}`;
    return `${type} ${channel} ${place} ${JSON.stringify(data.bids)} ${JSON.stringify(data.asks)}`;
  });
}
